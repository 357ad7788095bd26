/**
 * Waits for other people's code, but not for ever. The timer does not keep the process alive and is cleared when the code
 * answers.
 * @param limitMs longest wait, in milliseconds.
 * @param timedOut makes the error to reject with when the time is up.
 * @throws what `timedOut` makes, or whatever the promise rejects with.
 */
export async function withTimeLimit<T>(promise: PromiseLike<T>, limitMs: number, timedOut: () => Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timedOut()), limitMs);
    (timer as { unref?: () => unknown }).unref?.(); // a number in browsers
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
