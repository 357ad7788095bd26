// Other people's code, called so that it can harm nobody.

/** Runs something whose answer and whose failure concern nobody. */
export function quietly(run: () => unknown): void {
  try {
    dropPromise(run());
  } catch {
    // as promised
  }
}

/**
 * Lets go of an answer that may be a promise: a hook that has to answer at once may have been written `async`, and a
 * rejection that nobody waits for ends the process.
 */
export function dropPromise(answer: unknown): void {
  if (answer instanceof Promise) answer.catch(() => undefined);
}
