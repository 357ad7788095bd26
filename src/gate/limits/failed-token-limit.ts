import { LRUCache } from 'lru-cache';

import { refusal, type AuthReason } from '../../errors.js';
import { integer, knownOptions } from '../../options.js';

/** How many forged tokens a caller may cost the node. */
export interface FailedTokenLimitOptions {
  /** Failed signature checks that an address has to itself. 1 to 1 000 000. Default 20. */
  failures?: number | undefined;
  /** Time in which a spent allowance is whole again, in milliseconds. 1 to 86 400 000 (a day). Default 60 000 (one minute). */
  windowMs?: number | undefined;
  /** How many addresses to keep books on; the one that was quiet longest makes room. 1 to 10 000 000. Default 10 000. */
  maxAddresses?: number | undefined;
}

/** Keeps books on who failed how often: a token bucket for each address. */
export interface FailedTokenLimit {
  /** @throws AuthError RATE_LIMITED if the address has nothing left, with the time until it has. */
  check(address: string, nowMs: number): void;
  /** Takes one failure from the allowance of an address. */
  charge(address: string, nowMs: number): void;
  /** How many addresses there are books on. */
  readonly size: number;
}

/** The refusals that cost the node curve operations. */
const DEAR: readonly AuthReason[] = ['INVALID_AUTH_DATA_SIGNATURE', 'INVALID_WALLET_SIGNATURE', 'WALLET_MISMATCH'];

/** Whether a refusal is one that an allowance is charged for. */
export function isDear(reason: AuthReason): boolean {
  return DEAR.includes(reason);
}

/**
 * Makes an allowance.
 * @throws TypeError if an option is wrong.
 */
export function createFailedTokenLimit(options: FailedTokenLimitOptions): FailedTokenLimit {
  knownOptions(options, ['failures', 'windowMs', 'maxAddresses']);
  const failures = integer('failedTokenLimit.failures', options.failures, 20, 1, 1_000_000);
  const windowMs = integer('failedTokenLimit.windowMs', options.windowMs, 60_000, 1, 86_400_000);
  const max = integer('failedTokenLimit.maxAddresses', options.maxAddresses, 10_000, 1, 10_000_000);
  const spent = new LRUCache<string, { failures: number; atMs: number }>({ max });

  /** What an address has spent by now: it gets back all of its allowance in one window, evenly. */
  function spentBy(address: string, nowMs: number): number {
    const entry = spent.get(address);
    if (entry === undefined) return 0;
    const elapsedMs = Math.max(nowMs - entry.atMs, 0); // a clock that was put back gives nothing back
    return Math.max(entry.failures - (elapsedMs * failures) / windowMs, 0);
  }

  return Object.freeze({
    get size() {
      return spent.size;
    },
    check(address: string, nowMs: number): void {
      const excess = spentBy(address, nowMs) + 1 - failures;
      if (excess <= 0) return;
      const retryAfterMs = Math.ceil((excess * windowMs) / failures);
      throw refusal('RATE_LIMITED', { info: { retry_after_ms: String(retryAfterMs) }, cause: { address } });
    },
    charge(address: string, nowMs: number): void {
      spent.set(address, { failures: spentBy(address, nowMs) + 1, atMs: nowMs });
    },
  });
}
