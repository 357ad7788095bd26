/** From here on a key's timestamp is nanoseconds, below it milliseconds. */
const FIRST_NS = 10n ** 15n;

const NS_PER_MS = 1_000_000n;

/** The last millisecond that an ISO 8601 time of four-digit years can name: the end of the year 9999. */
export const LAST_MS = 253_402_300_799_999;

/** When a wallet signed a certificate, in milliseconds since the Unix epoch; `undefined` if the signed time is 0. */
export function keyTimeMs(timestamp: bigint): number | undefined {
  if (timestamp === 0n) return undefined;
  return timestamp >= FIRST_NS ? nsToMs(timestamp) : Number(timestamp);
}

/** Nanoseconds as whole milliseconds, cut down. At most 2^64 / 10^6, so the number is exact. */
export function nsToMs(ns: bigint): number {
  return Number(ns / NS_PER_MS);
}

/** Whether a statement can name the times of a key: it has a time, and none of them is after the year 9999. */
export function hasNamedTimes({
  timestamp,
  notAfterNs,
}: {
  timestamp: bigint;
  notAfterNs?: bigint | undefined;
}): boolean {
  const madeMs = keyTimeMs(timestamp);
  return madeMs !== undefined && madeMs <= LAST_MS && (notAfterNs === undefined || nsToMs(notAfterNs) <= LAST_MS);
}
