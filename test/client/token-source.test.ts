import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isFresh, renewalTimeMs } from '../../src/client/token-source.js';

const life = (lifeMs: number, jitter = 0) => ({ createdMs: 1_000_000, expiresMs: 1_000_000 + lifeMs, jitter });

describe('renewalTimeMs', () => {
  it.each([
    ['an hour', 3_600_000, 360_000],
    ['five minutes', 300_000, 30_000],
    ['two minutes', 120_000, 30_000],
    ['half a minute', 30_000, 15_000],
    ['a second', 1_000, 500],
  ])('is, for a life of %s without jitter, %i ms of life less %i ms', (_, lifeMs, marginMs) => {
    expect(renewalTimeMs(life(lifeMs))).toBe(life(lifeMs).expiresMs - marginMs);
  });

  it('is up to a quarter of the margin earlier with jitter', () => {
    expect(renewalTimeMs(life(3_600_000, 1))).toBe(life(3_600_000).expiresMs - 450_000);
    expect(renewalTimeMs(life(3_600_000, 0.5))).toBe(life(3_600_000).expiresMs - 405_000);
  });

  it('leaves at least half of the life, and is never later than 10 % or, where that is more, 30 s before the end', () => {
    const lifeMs = fc.integer({ min: 60_000, max: 31_622_400_000 });
    fc.assert(
      fc.property(lifeMs, fc.double({ min: 0, max: 1, noNaN: true }), (ms, jitter) => {
        const used = renewalTimeMs(life(ms, jitter)) - 1_000_000;
        expect(used).toBeGreaterThanOrEqual(ms / 2);
        expect(ms - used).toBeGreaterThanOrEqual(Math.max(ms / 10, 30_000) - 0.001);
      }),
    );
  });
});

describe('isFresh', () => {
  const hour = life(3_600_000);

  it('ends at the time of renewal', () => {
    expect(isFresh(hour, 1_000_000)).toBe(true);
    expect(isFresh(hour, renewalTimeMs(hour) - 1)).toBe(true);
    expect(isFresh(hour, renewalTimeMs(hour))).toBe(false);
  });

  it('allows the clock to be a minute behind the token and no more', () => {
    expect(isFresh(hour, hour.createdMs - 60_000)).toBe(true);
    expect(isFresh(hour, hour.createdMs - 60_001)).toBe(false);
  });
});
