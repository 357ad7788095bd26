import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createGate } from '../../../src/gate/create-gate.js';
import { createTokenBuckets } from '../../../src/gate/limits/token-buckets.js';
import type { GateOptions } from '../../../src/gate/options.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { settableClock } from '../../../src/testing/settable-clock.js';

const clock = settableClock();
const authorization = `Bearer ${mintToken({ now: clock.now })}`;

/** A gate, and how many of some calls it admits, from an address that has priority or from one that has not. */
function gateOf(options: GateOptions = {}) {
  const limits = { classes: { default: { points: 4, windowMs: 60_000 } }, priorityFactor: 2 };
  const gate = createGate({ now: clock.now, limits, access: { priority: ['203.0.113.1'] }, ...options });
  return (calls: number, address: '203.0.113.1' | '203.0.113.2') =>
    Array.from({ length: calls }, () =>
      gate.decide({ method: '/a.S/M', peer: `${address}:1`, metadata: undefined, header: () => [] }, authorization),
    ).filter((decision) => !(decision instanceof Promise) && decision.admitted).length;
}
const PRIORITY = '203.0.113.1';
const REGULAR = '203.0.113.2';

describe('priority and normal bucket of one caller are one bucket with two sizes', () => {
  it('a caller that becomes priority keeps what it used', () => {
    const admitted = gateOf();
    expect(admitted(10, REGULAR)).toBe(4);
    expect(admitted(10, PRIORITY)).toBe(4);
    expect(admitted(10, REGULAR)).toBe(0);
    expect(admitted(10, PRIORITY)).toBe(0);
  });

  it('a caller that loses priority has used what it used, and waits a window at most', () => {
    const admitted = gateOf();
    expect(admitted(10, PRIORITY)).toBe(8);
    expect(admitted(10, REGULAR)).toBe(0);
    clock.advance(29_999);
    expect(admitted(10, REGULAR)).toBe(0);
    clock.advance(30_001);
    expect(admitted(10, REGULAR)).toBe(4);
  });

  it('going to and fro gives nothing', () => {
    const admitted = gateOf();
    let calls = 0;
    for (let i = 0; i < 20; i++) calls += admitted(1, REGULAR) + admitted(1, PRIORITY);
    expect(calls).toBe(8);
  });
});

describe('a token bucket with two sizes', () => {
  it('admits in any window at most twice its larger size, whatever the order', () => {
    const take = fc.record({ restMs: fc.integer({ min: 0, max: 400 }), points: fc.integer({ min: 1, max: 10 }), wide: fc.boolean() }); // prettier-ignore
    fc.assert(
      fc.property(fc.array(take, { maxLength: 60 }), (takes) => {
        const buckets = createTokenBuckets({ points: 10, windowMs: 1_000, blockMs: 0 }, 10);
        let nowMs = 0;
        const admitted: [number, number][] = [];
        for (const { restMs, points, wide } of takes) {
          nowMs += restMs;
          const waitMs = buckets.take('a', points, nowMs, wide ? 30 : 10);
          expect(waitMs).toBeLessThanOrEqual(1_000);
          if (waitMs === 0) admitted.push([nowMs, points]);
        }
        for (const [from] of admitted) {
          const inWindow = admitted.filter(([atMs]) => atMs >= from && atMs <= from + 1_000);
          expect(inWindow.reduce((sum, [, points]) => sum + points, 0)).toBeLessThanOrEqual(60);
        }
      }),
    );
  });

  it('is a bucket of one size if it has only one', () => {
    const size = fc.constantFrom(7, 21);
    const take = fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 7 }));
    fc.assert(
      fc.property(size, fc.array(take), (points, takes) => {
        const one = createTokenBuckets({ points, windowMs: 1_000, blockMs: 0 }, 10);
        const two = createTokenBuckets({ points: 7, windowMs: 1_000, blockMs: 0 }, 10);
        let nowMs = 0;
        for (const [restMs, cost] of takes) {
          nowMs += restMs;
          expect(two.take('a', cost, nowMs, points)).toBe(one.take('a', cost, nowMs));
        }
      }),
    );
  });
});
