/**
 * The request messages of a call that may be made again. All tries read from one source: what a try is still waiting for when
 * it fails, the next one gets.
 */
export class RequestMessages<T> {
  readonly #source: AsyncIterator<T>;
  /** What was sent, where that is one message; `undefined` where the caller streams. */
  readonly #kept: IteratorResult<T>[] | undefined;
  #pending: Promise<IteratorResult<T>> | undefined = undefined;
  #isConsumed = false;
  #currentTry = 0;

  /** @param streams whether the caller streams its messages; those are not kept once they went out. */
  constructor(messages: AsyncIterable<T>, streams: boolean) {
    this.#source = messages[Symbol.asyncIterator]();
    this.#kept = streams ? undefined : [];
  }

  /** Whether everything that was sent can be sent again. */
  get repeatable(): boolean {
    return !this.#isConsumed;
  }

  /** The messages for the next try. The one before gets no more. */
  forNextTry(): AsyncIterable<T> {
    const number = ++this.#currentTry;
    let position = 0;
    const next = async (): Promise<IteratorResult<T>> => {
      if (number !== this.#currentTry || position === Infinity) return { done: true, value: undefined };
      const kept = this.#kept?.[position++];
      if (kept !== undefined) return kept;
      this.#pending ??= this.#source.next();
      const result = await this.#pending;
      if (number !== this.#currentTry) return { done: true, value: undefined };
      this.#pending = undefined;
      if (this.#kept !== undefined) this.#kept.push(result);
      else if (result.done !== true) this.#isConsumed = true;
      return result;
    };
    // a try that ends early ends nothing: the caller's messages are ended with the call, by its transport
    const leave = () => void (position = Infinity);
    const iterator = {
      next,
      return: async (): Promise<IteratorResult<T>> => (leave(), { done: true, value: undefined }),
      throw: async (thrown: unknown): Promise<IteratorResult<T>> => {
        leave();
        throw thrown;
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }

  /** The call is over: nothing is read any more. */
  async end(): Promise<void> {
    this.#currentTry++;
    await this.#source.return?.();
  }
}
