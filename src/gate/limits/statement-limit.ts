import { refusal, type AuthError } from '../../errors.js';
import { createTokenBuckets } from './token-buckets.js';

/** Statements of wallets that an address may bring at once: each costs one curve operation at most. */
const STATEMENTS = 20;
/** Time in which a used-up limit is whole again, in milliseconds. */
const WINDOW_MS = 60_000;
/** Addresses that are tracked; the least recently seen makes room. */
const MAX_ADDRESSES = 10_000;

/** Counts one statement of an address. @returns the refusal, with the time until there is room, if none is left. */
export type StatementLimit = (network: string) => AuthError | undefined;

/**
 * Makes the limit of calls that bring a statement of a wallet, by address: good or bad, as whoever has a good one can repeat it.
 * @param nowMs the node's clock, milliseconds since the Unix epoch.
 */
export function createStatementLimit(nowMs: () => number): StatementLimit {
  const buckets = createTokenBuckets({ points: STATEMENTS, windowMs: WINDOW_MS, blockMs: 0 }, MAX_ADDRESSES);
  return (network) => {
    const waitMs = buckets.take(network, 1, nowMs());
    if (waitMs === 0) return undefined;
    return refusal('RATE_LIMITED', { info: { retry_after_ms: String(waitMs) }, cause: { limit: 'statements' } });
  };
}
