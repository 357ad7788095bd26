/** Tells a listener something. What it throws or rejects with is dropped: a listener cannot stop what it listens to. */
export function notify<T>(listener: (value: T) => unknown, value: T): void {
  try {
    const answer = listener(value);
    if (answer !== undefined) Promise.resolve(answer).catch(() => undefined);
  } catch {
    // dropped
  }
}
