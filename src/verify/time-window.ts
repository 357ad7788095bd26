import { refusal } from '../errors.js';

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

/**
 * When a token is good. All nanosecond arithmetic is done in bigint here, once; because clocks tick in milliseconds,
 * comparing whole milliseconds afterwards has the same result to the nanosecond.
 */
export function timeWindow(createdNs: bigint, { maxAgeMs, maxFutureSkewMs }: TimePolicy): TimeWindow {
  const notBeforeNs = createdNs - BigInt(maxFutureSkewMs) * NS_PER_MS;
  const notAfterNs = createdNs + BigInt(maxAgeMs) * NS_PER_MS;
  return { notBeforeMs: Number(ceilMs(notBeforeNs)), notAfterMs: Number(notAfterNs / NS_PER_MS) };
}

/** Rounds towards later; bigint division itself rounds towards zero. */
function ceilMs(ns: bigint): bigint {
  return ns > 0n ? (ns + NS_PER_MS - 1n) / NS_PER_MS : ns / NS_PER_MS;
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
