/** @throws TypeError unless the value is `undefined` or an AbortSignal. */
export function abortSignal(value: AbortSignal | undefined): AbortSignal | undefined {
  if (value === undefined) return undefined;
  if (typeof value?.aborted === 'boolean' && typeof value.addEventListener === 'function') return value;
  throw new TypeError('signal must be an AbortSignal');
}

/**
 * Waits for other people's code until a signal is aborted. Does not begin it if the signal is aborted already.
 * @throws the signal's reason, or whatever the code throws.
 */
export async function untilAborted<T>(begin: () => T | PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await begin();
  if (signal.aborted) throw signal.reason;
  let abort!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([begin(), aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
