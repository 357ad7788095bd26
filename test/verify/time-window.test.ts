import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { checkTimeWindow, timeWindow } from '../../src/verify/time-window.js';
import { refusalOf } from '../support/refusal-of.js';

const MAX_UINT64 = 2n ** 64n - 1n;

const outcome = (createdNs: bigint, nowMs: number, policy: { maxAgeMs: number; maxFutureSkewMs: number }) => {
  try {
    checkTimeWindow(timeWindow(createdNs, policy), nowMs, policy);
    return 'good';
  } catch (error) {
    return (error as { reason: string }).reason;
  }
};

describe('timeWindow', () => {
  it('rounds to the milliseconds at which the token is good', () => {
    const policy = { maxAgeMs: 10, maxFutureSkewMs: 2 };
    expect(timeWindow(5_000_000n, policy)).toEqual({ notBeforeMs: 3, notAfterMs: 15 });
    expect(timeWindow(5_000_001n, policy)).toEqual({ notBeforeMs: 4, notAfterMs: 15 });
    expect(timeWindow(5_999_999n, policy)).toEqual({ notBeforeMs: 4, notAfterMs: 15 });
    expect(timeWindow(6_000_000n, policy)).toEqual({ notBeforeMs: 4, notAfterMs: 16 });
  });

  it('rounds towards later before the epoch too', () => {
    const policy = { maxAgeMs: 10, maxFutureSkewMs: 2 };
    expect(timeWindow(0n, policy)).toEqual({ notBeforeMs: -2, notAfterMs: 10 });
    expect(timeWindow(1n, policy)).toEqual({ notBeforeMs: -1, notAfterMs: 10 });
    expect(timeWindow(1_999_999n, policy).notBeforeMs + 0).toBe(0);
    expect(timeWindow(2_000_000n, policy).notBeforeMs).toBe(0);
    expect(timeWindow(2_000_001n, policy).notBeforeMs).toBe(1);
  });

  it.each([2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 63n + 1n, MAX_UINT64])(
    'is exact at %d nanoseconds',
    (createdNs) => {
      const { notBeforeMs, notAfterMs } = timeWindow(createdNs, { maxAgeMs: 7, maxFutureSkewMs: 3 });
      expect(BigInt(notAfterMs)).toBe(createdNs / 1_000_000n + 7n);
      expect(BigInt(notBeforeMs)).toBe((createdNs + 999_999n) / 1_000_000n - 3n);
    },
  );

  it('answers as the rule of PROTOCOL.md section 4 in nanoseconds does', () => {
    const created = fc.oneof(fc.bigInt({ min: 0n, max: 30_000_000n }), fc.bigInt({ min: 0n, max: MAX_UINT64 }));
    const around = fc.bigInt({ min: -20n, max: 20n });
    fc.assert(
      fc.property(
        created,
        around,
        fc.integer({ min: 1, max: 9 }),
        fc.nat(9),
        (createdNs, ms, maxAgeMs, maxFutureSkewMs) => {
          const nowMs = createdNs / 1_000_000n + ms;
          const nowNs = nowMs * 1_000_000n;
          const future = createdNs > nowNs + BigInt(maxFutureSkewMs) * 1_000_000n;
          const expired = nowNs - createdNs > BigInt(maxAgeMs) * 1_000_000n;
          const expected = future ? 'TOKEN_FROM_FUTURE' : expired ? 'TOKEN_EXPIRED' : 'good';
          expect(outcome(createdNs, Number(nowMs), { maxAgeMs, maxFutureSkewMs })).toBe(expected);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('checkTimeWindow', () => {
  const policy = { maxAgeMs: 100, maxFutureSkewMs: 5 };
  const window = timeWindow(1_000_000_000n, policy);

  it('accepts both ends', () => {
    expect(() => checkTimeWindow(window, 995, policy)).not.toThrow();
    expect(() => checkTimeWindow(window, 1_100, policy)).not.toThrow();
  });

  it('reports the limit to the caller and the times to the operator', () => {
    const cause = { notBeforeMs: 995, notAfterMs: 1_100 };
    const early = refusalOf(() => checkTimeWindow(window, 994, policy));
    expect(early).toMatchObject({ reason: 'TOKEN_FROM_FUTURE', cause: { nowMs: 994, ...cause } });
    expect(early.info).toEqual({ max_future_skew_ms: '5' });
    const late = refusalOf(() => checkTimeWindow(window, 1_101, policy));
    expect(late).toMatchObject({ reason: 'TOKEN_EXPIRED', cause: { nowMs: 1_101, ...cause } });
    expect(late.info).toEqual({ max_age_ms: '100' });
  });

  it('refuses when the time is no number', () => {
    expect(refusalOf(() => checkTimeWindow(window, NaN, policy)).reason).toBe('TOKEN_EXPIRED');
  });
});
