import type { Address } from '../../crypto/address.js';

/** One login under way: what can end it, and how far it has come. */
export class Attempt {
  readonly #controller = new AbortController();
  readonly #unlink: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The account that it is for, once that is known. */
  account: Address | undefined;
  /** Whether the wallet has been asked for the signature. */
  isSigning = false;

  /** @param signal ends it with its own reason. */
  constructor(account: Address | undefined, signal: AbortSignal | undefined) {
    this.account = account;
    const end = () => this.end(signal?.reason);
    if (signal?.aborted) end();
    signal?.addEventListener('abort', end);
    this.#unlink = () => signal?.removeEventListener('abort', end);
  }

  /** Aborted once the login has to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Gives the next part of it so much time, in milliseconds; what was left of the time before is forgotten. */
  limit(ms: number, timedOut: () => Error): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(timedOut()), ms);
  }

  /** @throws the reason why it has to end, if it has to. */
  check(): void {
    if (this.signal.aborted) throw this.signal.reason;
  }

  settle(): void {
    clearTimeout(this.#timer);
    this.#unlink();
  }
}
