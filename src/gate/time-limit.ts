import { refusal } from '../errors.js';

/**
 * Waits for other people's code, but not for ever. The timer does not keep the process alive and goes when the code answers.
 * @throws AuthError AUTH_UNAVAILABLE when the time is up; else whatever the promise rejects with.
 */
export async function withTimeLimit<T>(promise: PromiseLike<T>, limitMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(refusal('AUTH_UNAVAILABLE', { cause: `no answer within ${limitMs} ms` }));
    }, limitMs);
    timer.unref?.();
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
