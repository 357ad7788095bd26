import { refusal } from '../errors.js';
import { nsToMs } from '../token/times.js';

const NS_PER_MS = 1_000_000n;

/** The policy of a time window, in milliseconds. */
export interface TimePolicy {
  readonly maxAgeMs: number;
  readonly maxFutureSkewMs: number;
}

/** The whole milliseconds at which a token is good, both ends included. */
export interface TimeWindow {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** The times at which both are good. */
export function overlap(one: TimeWindow, other: TimeWindow | undefined): TimeWindow {
  if (other === undefined) return one;
  return {
    notBeforeMs: Math.max(one.notBeforeMs, other.notBeforeMs),
    notAfterMs: Math.min(one.notAfterMs, other.notAfterMs),
  };
}

/**
 * When a token is good, as far as its own times tell. Nanoseconds are divided in bigint here, once; because clocks tick in milliseconds, and so do both limits,
 * comparing whole milliseconds afterwards has the same result to the nanosecond.
 * @param createdNs not negative.
 * @param expiresNs the last nanosecond at which it is good, by its own word.
 */
export function timeWindow(
  createdNs: bigint,
  { maxAgeMs, maxFutureSkewMs }: TimePolicy,
  expiresNs?: bigint,
): TimeWindow {
  const wholeMs = createdNs / NS_PER_MS;
  const createdMs = Number(wholeMs); // at most 2^64 / 10^6, so all sums below are exact
  const roundedUpMs = wholeMs * NS_PER_MS === createdNs ? createdMs : createdMs + 1;
  const notBeforeMs = roundedUpMs - maxFutureSkewMs;
  if (expiresNs === undefined) return { notBeforeMs, notAfterMs: createdMs + maxAgeMs };
  return { notBeforeMs, notAfterMs: Math.min(createdMs + maxAgeMs, nsToMs(expiresNs)) };
}

/** @throws AuthError TOKEN_FROM_FUTURE or TOKEN_EXPIRED, with the limit for the caller and the times for the operator. */
export function checkTimeWindow(window: TimeWindow, nowMs: number, policy: TimePolicy): void {
  const { notBeforeMs, notAfterMs } = window;
  if (nowMs >= notBeforeMs && nowMs <= notAfterMs) return;
  const cause = { nowMs, notBeforeMs, notAfterMs };
  if (nowMs < notBeforeMs) {
    throw refusal('TOKEN_FROM_FUTURE', { info: { max_future_skew_ms: String(policy.maxFutureSkewMs) }, cause });
  }
  throw refusal('TOKEN_EXPIRED', { info: { max_age_ms: String(policy.maxAgeMs) }, cause });
}
