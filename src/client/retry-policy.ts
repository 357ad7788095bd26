import type { AuthReason } from '../errors.js';
import { decimal, type RefusalDetails } from '../status-details.js';

const OK = 0;
const RESOURCE_EXHAUSTED = 8;
const UNAUTHENTICATED = 16;

/** How often one call is repeated in all, unless more waits for rate limits are allowed. */
const MAX_REPEATS = 3;

/** The refusals that a new token mends. */
const MENDABLE: readonly AuthReason[] = ['TOKEN_EXPIRED', 'TOKEN_FROM_FUTURE', 'CHALLENGE_REQUIRED'];

/** The refusals after which the token is of no use. One with an old challenge is replaced for the new one. */
const TOKEN_REFUSED: readonly AuthReason[] = ['TOKEN_EXPIRED', 'TOKEN_FROM_FUTURE', 'CERTIFICATE_EXPIRED'];

/** How a call ended. */
export interface CallEnd {
  /** gRPC status code. */
  readonly code: number;
  /** What the node's gate said about it; nothing if it did not end the call. */
  readonly details: RefusalDetails | undefined;
}

/** Which refusals of a call are worth another try. */
export interface RetrySettings {
  /** Whether a token that is too old or too new for the node, or has an old challenge, is replaced, once for each of the three. */
  readonly token: boolean;
  /** How often and how long a rate limit is waited for; `undefined`: not at all. */
  readonly rateLimited: { readonly maxRetries: number; readonly maxDelayMs: number } | undefined;
}

/** Another try. */
export interface Retry {
  /** How long to wait before it, in milliseconds. */
  readonly delayMs: number;
}

/** What a token source learns from the end of a call, whether it is repeated or not. */
export interface Lesson {
  /** The node's clock, if the refusal carries it, in milliseconds since the Unix epoch. */
  readonly serverTimeMs: number | undefined;
  /** Why the node will refuse the token again, if it will. */
  readonly refusedFor: AuthReason | undefined;
  /** The challenge that the token lacks, in hex. */
  readonly challenge: string | undefined;
}

/** Reads a refusal for the token source. */
export function lessonOf({ code, details }: CallEnd): Lesson {
  const { reason, info } = details ?? {};
  const refusedFor = code === UNAUTHENTICATED ? reason : undefined;
  return {
    serverTimeMs: code === OK ? undefined : decimal(info?.['server_time_ms']),
    refusedFor: refusedFor !== undefined && TOKEN_REFUSED.includes(refusedFor) ? refusedFor : undefined,
    challenge: refusedFor === 'CHALLENGE_REQUIRED' ? info?.['challenge'] : undefined,
  };
}

/** Decides, for one call, whether a refusal is answered by another try. Counts them. */
export class CallRetries {
  readonly #settings: RetrySettings;
  readonly #deadlineMs: number;
  readonly #repeats = new Map<AuthReason, number>();
  #left: number;

  /** @param deadlineMs when the call must be over, in milliseconds since the Unix epoch; `Infinity` for never. */
  constructor(settings: RetrySettings, deadlineMs: number) {
    const { token, rateLimited } = settings;
    this.#settings = settings;
    this.#deadlineMs = deadlineMs;
    this.#left = token || rateLimited ? Math.max(MAX_REPEATS, rateLimited?.maxRetries ?? 0) : 0;
  }

  /** Whether there may be another try at all. */
  get open(): boolean {
    return this.#left > 0;
  }

  /** A message was delivered or the node admitted the call: nothing is repeated from now on. */
  stop(): void {
    this.#left = 0;
  }

  /**
   * Looks at how a call ended.
   * @param nowMs the clock that the deadline goes by.
   * @returns what to do before the next try; `undefined` if the caller gets the refusal. A wait that would end after the
   * deadline is not begun: the caller learns at once what the node said, not later that the time is up.
   */
  after({ code, details }: CallEnd, nowMs: number): Retry | undefined {
    if (details === undefined || !this.open) return undefined;
    const { reason } = details;
    const repeats = this.#repeats.get(reason) ?? 0;
    const retry = this.#retryAfter(code, details, repeats, nowMs);
    if (retry === undefined) return undefined;
    this.#repeats.set(reason, repeats + 1);
    this.#left--;
    return retry;
  }

  #retryAfter(code: number, details: RefusalDetails, repeats: number, nowMs: number): Retry | undefined {
    const { token, rateLimited } = this.#settings;
    const { reason, retryAfterMs: delayMs } = details;
    if (code === UNAUTHENTICATED && MENDABLE.includes(reason)) return token && repeats < 1 ? { delayMs: 0 } : undefined;
    if (code !== RESOURCE_EXHAUSTED || reason !== 'RATE_LIMITED') return undefined;
    if (rateLimited === undefined || repeats >= rateLimited.maxRetries) return undefined;
    if (delayMs === undefined || delayMs > rateLimited.maxDelayMs || nowMs + delayMs >= this.#deadlineMs)
      return undefined;
    return { delayMs };
  }
}
