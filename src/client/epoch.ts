const MAX_UINT64 = 2n ** 64n - 1n;
const NS_PER_MS = 1_000_000n;

/** @throws RangeError if the time is before 1970, which a token cannot say. */
export function epochMs(ms: number): bigint {
  if (ms >= 0) return BigInt(ms);
  throw new RangeError('the clock shows a time before 1970');
}

/** @throws RangeError if the time is before 1970 or after 2554, where nanoseconds leave 64 bits. */
export function epochNs(ms: number): bigint {
  const ns = epochMs(ms) * NS_PER_MS;
  if (ns <= MAX_UINT64) return ns;
  throw new RangeError('the clock shows a time after 2554');
}
