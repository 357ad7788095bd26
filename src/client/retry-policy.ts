import type { AuthReason } from '../errors.js';
import { decimal, type RefusalDetails } from '../status-details.js';

const RESOURCE_EXHAUSTED = 8;
const UNAUTHENTICATED = 16;

/** How a call ended. */
export interface CallEnd {
  /** gRPC status code. */
  readonly code: number;
  /** What the node's gate said about it; nothing if it did not end the call. */
  readonly details: RefusalDetails | undefined;
}

/** Which refusals of a call are worth another try. */
export interface RetrySettings {
  /** Whether a token that is too old or too new for the node is replaced, once. */
  readonly token: boolean;
  /** How often and how long a rate limit is waited for; `undefined`: not at all. */
  readonly rateLimited: { readonly maxRetries: number; readonly maxDelayMs: number } | undefined;
}

/** What makes another try worth while. */
export interface Retry {
  /** Whether the token must be replaced first. */
  readonly newToken: boolean;
  /** The node's clock, if the refusal carries it, in milliseconds since the Unix epoch. */
  readonly serverTimeMs: number | undefined;
  /** How long to wait before it. */
  readonly delayMs: number;
}

/** The refusals that a new token mends. */
const MENDABLE: readonly AuthReason[] = ['TOKEN_EXPIRED', 'TOKEN_FROM_FUTURE'];

/** Decides, for one call, whether a refusal is answered by another try. Keeps count. */
export class CallRetries {
  readonly #maxDelayMs: number;
  readonly #deadlineMs: number;
  #tokensLeft: number;
  #waitsLeft: number;

  /** @param deadlineMs when the call must be over, in milliseconds since the Unix epoch; `Infinity` for never. */
  constructor({ token, rateLimited }: RetrySettings, deadlineMs: number) {
    this.#tokensLeft = token ? 1 : 0;
    this.#waitsLeft = rateLimited?.maxRetries ?? 0;
    this.#maxDelayMs = rateLimited?.maxDelayMs ?? 0;
    this.#deadlineMs = deadlineMs;
  }

  /** The node has answered: nothing is repeated from now on. */
  stop(): void {
    this.#tokensLeft = 0;
    this.#waitsLeft = 0;
  }

  /**
   * Looks at how a call ended.
   * @param nowMs the clock that the deadline goes by.
   * @returns what to do before the next try; `undefined` if the caller gets the refusal. A wait that would end after the
   * deadline is not begun: the caller learns at once what the node said, not later that the time is up.
   */
  after({ code, details }: CallEnd, nowMs: number): Retry | undefined {
    if (this.#tokensLeft > 0 && code === UNAUTHENTICATED) {
      if (!details || !MENDABLE.includes(details.reason)) return undefined;
      this.#tokensLeft--;
      return { newToken: true, serverTimeMs: decimal(details.info['server_time_ms']), delayMs: 0 };
    }
    if (this.#waitsLeft > 0 && code === RESOURCE_EXHAUSTED) {
      const { reason, retryAfterMs: delayMs } = details ?? {};
      if (reason !== 'RATE_LIMITED' || delayMs === undefined) return undefined;
      if (delayMs > this.#maxDelayMs || nowMs + delayMs >= this.#deadlineMs) return undefined;
      this.#waitsLeft--;
      return { newToken: false, serverTimeMs: undefined, delayMs };
    }
    return undefined;
  }
}
