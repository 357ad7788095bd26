/**
 * What ends a wait. One thing is waited for at a time: a stream may have any number of messages, and a promise that lives as
 * long as it would keep something of each of them.
 */
export class Stopper {
  #error: Error | undefined = undefined;
  #reject: ((error: Error) => void) | undefined = undefined;
  /** Called once, when it is stopped. It does not throw. */
  onStop: (() => void) | undefined = undefined;

  /** What it was stopped with. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Ends the wait under way and all later ones. Only the first error counts. */
  stop(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#reject?.(error);
    this.onStop?.();
  }

  /** Waits for a promise, or for the stop. What the promise comes to after that is dropped. */
  race<T>(promise: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#error === undefined) this.#reject = reject;
      else reject(this.#error);
      promise.then(resolve, reject);
    });
  }
}
