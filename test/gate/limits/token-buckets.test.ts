import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createTokenBuckets } from '../../../src/gate/limits/token-buckets.js';

const START = Date.UTC(2025, 0);
const small = { points: 10, windowMs: 1_000, blockMs: 0 };

describe('a token bucket', () => {
  it('starts full and fills evenly', () => {
    const buckets = createTokenBuckets(small, 100);
    expect(buckets.take('a', 10, START)).toBe(0);
    expect(buckets.take('a', 1, START)).toBe(100);
    expect(buckets.take('a', 3, START)).toBe(300);
    expect(buckets.take('a', 1, START + 99)).toBe(1);
    expect(buckets.take('a', 1, START + 100)).toBe(0);
    expect(buckets.take('a', 1, START + 100)).toBe(100);
    expect(buckets.take('a', 9, START + 1_000)).toBe(0);
  });

  it('takes nothing when it refuses', () => {
    const buckets = createTokenBuckets(small, 100);
    expect(buckets.take('a', 6, START)).toBe(0);
    for (let i = 0; i < 5; i++) expect(buckets.take('a', 5, START)).toBe(100);
    expect(buckets.take('a', 4, START)).toBe(0);
  });

  it('never holds more than its size', () => {
    const buckets = createTokenBuckets(small, 100);
    expect(buckets.take('a', 1, START)).toBe(0);
    expect(buckets.take('a', 10, START + 1_000_000)).toBe(0);
    expect(buckets.take('a', 1, START + 1_000_000)).toBe(100);
  });

  it('is each key\u2019s own', () => {
    const buckets = createTokenBuckets(small, 100);
    expect(buckets.take('a', 10, START)).toBe(0);
    expect(buckets.take('b', 10, START)).toBe(0);
  });

  it('blocks a caller who asks for too much while it fills, once', () => {
    const buckets = createTokenBuckets({ ...small, blockMs: 5_000 }, 100);
    expect(buckets.take('a', 9, START)).toBe(0);
    expect(buckets.take('a', 2, START)).toBe(5_000);
    expect(buckets.take('a', 1, START + 1_000)).toBe(4_000);
    expect(buckets.take('a', 1, START + 4_999)).toBe(1);
    expect(buckets.take('a', 10, START + 5_000)).toBe(0);
    expect(buckets.take('a', 1, START + 5_000)).toBe(5_000);
  });

  it('says how long a block lasts without taking', () => {
    const buckets = createTokenBuckets({ ...small, blockMs: 5_000 }, 100);
    expect(buckets.take('a', 11, START)).toBe(5_000);
    expect(buckets.waitMs('a', 1, START + 1_000)).toBe(4_000);
    expect(buckets.waitMs('a', 1, START + 5_000)).toBe(0);
    expect(buckets.take('a', 10, START + 5_000)).toBe(0);
  });

  it('makes a caller that is blocked for a short time wait for its points all the same', () => {
    const buckets = createTokenBuckets({ ...small, blockMs: 50 }, 100);
    expect(buckets.take('a', 10, START)).toBe(0);
    expect(buckets.take('a', 5, START)).toBe(500);
    expect(buckets.take('a', 5, START + 500)).toBe(0);
  });

  it('blocks nobody for longer when the clock is put back', () => {
    const buckets = createTokenBuckets({ ...small, blockMs: 5_000 }, 100);
    buckets.take('a', 11, START + 1e9);
    expect(buckets.take('a', 1, START)).toBe(5_000);
    expect(buckets.take('a', 1, START + 5_000)).toBe(0);
  });

  it('refuses nobody for longer when the clock is put back', () => {
    const buckets = createTokenBuckets(small, 100);
    expect(buckets.take('a', 10, START + 1e9)).toBe(0);
    expect(buckets.take('a', 1, START)).toBe(100);
    expect(buckets.take('a', 10, START + 1_000)).toBe(0);
  });

  it('tracks a bounded number of keys', () => {
    const buckets = createTokenBuckets(small, 3);
    for (let i = 0; i < 10; i++) buckets.take(`${i}`, 1, START);
    expect(buckets.size).toBe(3);
  });

  it('gives back no point by rounding, and takes none', () => {
    const buckets = createTokenBuckets({ points: 7, windowMs: 60_001, blockMs: 0 }, 100);
    for (let i = 0; i < 7; i++) expect(buckets.take('a', 1, START)).toBe(0);
    expect(buckets.take('a', 1, START)).toBe(8_572);
  });

  it('gives what was promised when the wait is over, and not much earlier', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 2_000 })));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), steps, (size, taken) => {
        const buckets = createTokenBuckets({ points: size, windowMs: 10_000, blockMs: 0 }, 10);
        let nowMs = START;
        let level = size;
        for (const [points, restMs] of taken) {
          if (points > size) continue;
          const waitMs = buckets.take('a', points, nowMs);
          const missingMs = ((points - level) * 10_000) / size;
          expect(Math.abs(waitMs - Math.max(0, missingMs))).toBeLessThanOrEqual(1.01);
          if (waitMs === 0) level -= points;
          else expect(buckets.take('a', points, nowMs + waitMs)).toBe(0);
          if (waitMs > 0) level = Math.min(size, level + (waitMs * size) / 10_000) - points;
          nowMs += waitMs + restMs;
          level = Math.min(size, level + (restMs * size) / 10_000);
        }
      }),
    );
  });
});
