import { refusal } from '../../errors.js';
import { integer, knownOptions } from '../../options.js';
import { createTokenBuckets } from './token-buckets.js';

/** How many forged tokens a caller may cost the node. */
export interface FailedTokenLimitOptions {
  /** Failed signature checks that an address may cause at once. 1 to 1 000 000. Default 20. */
  failures?: number | undefined;
  /** Time in which a used-up limit is whole again, in milliseconds. 1 to 86 400 000 (a day). Default 60 000 (one minute). */
  windowMs?: number | undefined;
  /**
   * Whether every token that is not cached counts, good or forged. Wallets cost nothing, so a limit by wallet does not bound what
   * one caller makes a node verify; this does, by address. Default `false`, because callers behind one NAT share an address, and
   * their first calls within `windowMs` would have to share `failures`.
   */
  countUncached?: boolean | undefined;
  /** How many addresses are tracked; the least recently seen makes room. 1 to 10 000 000. Default 10 000. */
  maxAddresses?: number | undefined;
}

/** Counts failed tokens by address: a token bucket for each. */
export interface FailedTokenLimit {
  /** @throws AuthError RATE_LIMITED if the address has nothing left, with the time until it has. */
  check(address: string): void;
  /** Counts one failure, or one token that is not cached. */
  count(address: string): void;
  /** Whether to count every token that is not cached, when it reaches the curve, instead of failures. */
  readonly countUncached: boolean;
  /** How many addresses are tracked now. */
  readonly size: number;
}

/**
 * Makes the limit.
 * @param nowMs the node's clock, milliseconds since the Unix epoch.
 * @throws TypeError if an option is wrong.
 */
export function createFailedTokenLimit(options: FailedTokenLimitOptions, nowMs: () => number): FailedTokenLimit {
  knownOptions(options, ['failures', 'windowMs', 'countUncached', 'maxAddresses']);
  const points = integer('failedTokenLimit.failures', options.failures, 20, 1, 1_000_000);
  const windowMs = integer('failedTokenLimit.windowMs', options.windowMs, 60_000, 1, 86_400_000);
  const max = integer('failedTokenLimit.maxAddresses', options.maxAddresses, 10_000, 1, 10_000_000);
  const { countUncached = false } = options;
  if (typeof countUncached !== 'boolean') throw new TypeError('failedTokenLimit.countUncached must be true or false');
  const buckets = createTokenBuckets({ points, windowMs, blockMs: 0 }, max);
  return Object.freeze({
    countUncached,
    get size() {
      return buckets.size;
    },
    check(address: string): void {
      const waitMs = buckets.waitMs(address, 1, nowMs());
      if (waitMs === 0) return;
      throw refusal('RATE_LIMITED', { info: { retry_after_ms: String(waitMs) }, cause: { address } });
    },
    count(address: string): void {
      buckets.take(address, 1, nowMs());
    },
  });
}
