import type { Metadata } from '@grpc/grpc-js';

/** How long headers are held back at most, in milliseconds. */
const HOLD_MS = 100;

/**
 * The headers of a call that may be made again. A node may send some before it refuses, as connect-node does; then they are
 * not those of the answer. So they are held back until more is known, but not for long, and the caller gets headers once.
 */
export class HeldHeaders {
  readonly #deliver: (headers: Metadata) => void;
  #headers: Metadata | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #delivered = false;

  /** @param deliver passes headers on to the caller. */
  constructor(deliver: (headers: Metadata) => void) {
    this.#deliver = deliver;
  }

  /** Keeps headers until `release` or `drop`, or for a tenth of a second. */
  hold(headers: Metadata): void {
    this.#headers = headers;
    this.#timer = setTimeout(() => this.release(), HOLD_MS).unref();
  }

  /** Passes on what is held, unless the caller has got headers already. */
  release(headers = this.#headers): void {
    this.drop();
    if (headers === undefined || this.#delivered) return;
    this.#delivered = true;
    this.#deliver(headers);
  }

  /** The call is made again: what is held is not of the answer. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#headers = undefined;
  }
}
