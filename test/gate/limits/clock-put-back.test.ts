import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { AuthError } from '../../../src/errors.js';
import type { Caller } from '../../../src/gate/call/caller.js';
import { createFailedTokenLimit } from '../../../src/gate/limits/failed-token-limit.js';
import { createLimits } from '../../../src/gate/limits/limits.js';
import { createTokenBuckets } from '../../../src/gate/limits/token-buckets.js';

const TRUE = Date.UTC(2025, 0);
const AHEAD = TRUE + 3_600_000;
const HOME = '203.0.113.7';
const OTHER = '203.0.113.8';

describe('failures booked while the clock was ahead do not outlive the correction', () => {
  function limit() {
    let nowMs = AHEAD;
    const failures = createFailedTokenLimit({ failures: 4, windowMs: 1_000 }, () => nowMs);
    const waitMs = (address: string, atMs: number) => {
      nowMs = atMs;
      try {
        failures.check(address);
        return 0;
      } catch (error) {
        return Number((error as AuthError).info['retry_after_ms']);
      }
    };
    const count = (times: number) => Array.from({ length: times }).forEach(() => failures.count(HOME));
    return { waitMs, count };
  }

  it('one failure is still one failure, not all that the address may cause', () => {
    const { waitMs, count } = limit();
    count(1);
    expect(waitMs(HOME, TRUE)).toBe(0);
    count(2);
    expect(waitMs(HOME, TRUE)).toBe(0);
    count(1);
    expect(waitMs(HOME, TRUE)).toBe(250);
  });

  it('they go in the time that they would have taken, whenever the address comes back', () => {
    const { waitMs, count } = limit();
    count(4);
    expect(waitMs(OTHER, TRUE)).toBe(0); // the clock has been put back
    expect(waitMs(OTHER, TRUE + 500)).toBe(0);
    expect(waitMs(HOME, TRUE + 500)).toBe(0);
    count(2);
    expect(waitMs(HOME, TRUE + 500)).toBe(250);
    expect(waitMs(HOME, TRUE + 1_000)).toBe(0);
  });

  it('nothing is given back for it', () => {
    const { waitMs, count } = limit();
    count(4);
    for (let i = 0; i < 10; i++) expect(waitMs(HOME, TRUE - i * 60_000)).toBe(250);
  });
});

describe('points taken while the clock was ahead do not outlive the correction', () => {
  it('a caller who took one point has the others, and blocks end in time', () => {
    let nowMs = AHEAD;
    const classes = { default: { points: 4, windowMs: 1_000, blockMs: 10_000 } };
    const limits = createLimits({ classes }, () => nowMs);
    const caller = { network: HOME, wallet: '0xA', deviceId: '0xA/1' } as unknown as Caller;
    const take = (cost: number) => limits.limitFor(caller, 'default').take(caller, cost, false, 0);
    expect(take(1)).toBeUndefined();
    nowMs = TRUE;
    expect(take(3)).toBeUndefined();
    expect(take(1)).toMatchObject({ info: { retry_after_ms: '10000' } });
    nowMs = TRUE + 4_000;
    expect(take(1)).toMatchObject({ info: { retry_after_ms: '6000' } });
    nowMs = TRUE - 60_000;
    expect(take(1)).toMatchObject({ info: { retry_after_ms: '6000' } });
    nowMs = TRUE - 54_000;
    expect(take(4)).toBeUndefined();
  });

  it('and no sequence of corrections makes anybody wait longer than a window, or frees what was taken', () => {
    const clock = fc.oneof(fc.integer({ min: -5_000_000, max: 5_000_000 }), fc.integer({ min: -50, max: 500 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(clock, fc.integer({ min: 1, max: 10 })), { maxLength: 40 }), (steps) => {
        const buckets = createTokenBuckets({ points: 10, windowMs: 1_000, blockMs: 0 }, 10);
        let nowMs = TRUE;
        let used = 0;
        for (const [stepMs, points] of steps) {
          nowMs += stepMs;
          used = Math.max(0, used - Math.max(0, stepMs) / 100);
          const waitMs = buckets.take('a', points, nowMs);
          expect(waitMs).toBeLessThanOrEqual(1_000);
          if (waitMs === 0) used += points;
          expect(used).toBeLessThanOrEqual(10.000_02);
          expect(waitMs === 0 || used + points > 9.999_98).toBe(true);
        }
      }),
    );
  });
});
