import type { Stopper } from './stopper.js';

/** What happens on the way of messages. */
export interface Passage<T> {
  /** Called with each message before it goes on. What it throws, the iteration fails with. */
  readonly onMessage?: (message: T) => void | Promise<void>;
  /** Called when the source has ended well. What it throws, the iteration fails with. */
  readonly onDone?: () => void;
  /** What the iteration is to fail with where the source did. */
  readonly errorOf?: (thrown: unknown) => unknown;
  /** Called when the iteration fails because it was stopped. */
  readonly onStopped?: () => void;
}

/** Messages that can be stopped at any time, while the source is waited for too. */
export function stoppable<T>(source: AsyncIterable<T>, stopper: Stopper, passage: Passage<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => new StoppableIterator(source[Symbol.asyncIterator](), stopper, passage) };
}

class StoppableIterator<T> implements AsyncIterator<T> {
  readonly #source: AsyncIterator<T>;
  readonly #stopper: Stopper;
  readonly #passage: Passage<T>;

  constructor(source: AsyncIterator<T>, stopper: Stopper, passage: Passage<T>) {
    this.#source = source;
    this.#stopper = stopper;
    this.#passage = passage;
  }

  async next(): Promise<IteratorResult<T>> {
    const { onMessage, onDone, errorOf, onStopped } = this.#passage;
    const stopper = this.#stopper;
    if (stopper.error === undefined) {
      try {
        const result = await stopper.race(this.#source.next());
        const check = result.done === true ? onDone?.() : onMessage?.(result.value);
        if (check !== undefined) await stopper.race(check);
        if (stopper.error === undefined) return result;
      } catch (thrown) {
        if (stopper.error === undefined) throw errorOf === undefined ? thrown : errorOf(thrown);
      }
    }
    onStopped?.();
    throw stopper.error;
  }

  async return(): Promise<IteratorResult<T>> {
    await this.#source.return?.();
    return { done: true, value: undefined };
  }

  async throw(thrown: unknown): Promise<IteratorResult<T>> {
    if (this.#source.throw) return this.#source.throw(thrown);
    throw thrown;
  }
}
