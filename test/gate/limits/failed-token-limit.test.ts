import { describe, expect, it } from 'vitest';

import { AuthError } from '../../../src/errors.js';
import { createFailedTokenLimit, type FailedTokenLimitOptions } from '../../../src/gate/limits/failed-token-limit.js';

const HOME = '203.0.113.7';

/** A limit whose clock is set with each call. */
function limitOf(options: FailedTokenLimitOptions) {
  let nowMs = 0;
  const limit = createFailedTokenLimit(options, () => nowMs);
  return {
    check: (address: string, atMs: number) => ((nowMs = atMs), limit.check(address)),
    count: (address: string, atMs: number) => ((nowMs = atMs), limit.count(address)),
    size: () => limit.size,
  };
}

/** How long an address has to wait, in milliseconds; 0 if it may go on. */
function wait(limit: ReturnType<typeof limitOf>, address: string, atMs: number): number {
  try {
    limit.check(address, atMs);
    return 0;
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    expect(error).toMatchObject({ reason: 'RATE_LIMITED', cause: { address } });
    return Number(error.info['retry_after_ms']);
  }
}

describe('a limit of failed tokens', () => {
  it('lasts for its number of failures and comes back evenly', () => {
    const limit = limitOf({ failures: 4, windowMs: 1_000 });
    for (let i = 0; i < 4; i++) {
      expect(wait(limit, HOME, 0)).toBe(0);
      limit.count(HOME, 0);
    }
    expect(wait(limit, HOME, 0)).toBe(250);
    expect(wait(limit, HOME, 249)).toBe(1);
    expect(wait(limit, HOME, 250)).toBe(0);
    limit.count(HOME, 250);
    expect(wait(limit, HOME, 250)).toBe(250);
    expect(wait(limit, HOME, 1_000)).toBe(0);
  });

  it('is whole again after a window and never more than whole', () => {
    const limit = limitOf({ failures: 2, windowMs: 1_000 });
    limit.count(HOME, 0);
    limit.count(HOME, 0);
    for (const nowMs of [1_000_000, 1_000_000]) limit.count(HOME, nowMs);
    expect(wait(limit, HOME, 1_000_000)).toBe(500);
  });

  it('gives nothing back when the clock is put back', () => {
    const limit = limitOf({ failures: 1, windowMs: 1_000 });
    limit.count(HOME, 5_000);
    expect(wait(limit, HOME, 0)).toBe(1_000);
  });

  it('is each address\u2019s own', () => {
    const limit = limitOf({ failures: 1 });
    limit.count(HOME, 0);
    expect(wait(limit, HOME, 0)).toBe(60_000);
    expect(wait(limit, '203.0.113.8', 0)).toBe(0);
  });

  it('tracks a bounded number of addresses', () => {
    const limit = limitOf({ maxAddresses: 3 });
    for (let i = 0; i < 10; i++) limit.count(`203.0.113.${i}`, 0);
    expect(limit.size()).toBe(3);
  });

  it('does not track addresses that never fail', () => {
    const limit = limitOf({});
    limit.check(HOME, 0);
    expect(limit.size()).toBe(0);
  });

  it.each(['failures', 'windowMs', 'maxAddresses'])('checks %s, by name', (name) => {
    for (const value of [0, -1, 1.5, NaN, Infinity, null, '5']) {
      expect(() => limitOf({ [name]: value })).toThrow(new RegExp(`^failedTokenLimit\\.${name} must be`));
    }
    expect(() => limitOf({ [name]: 1 })).not.toThrow();
  });

  it('refuses unknown options', () => {
    expect(() => limitOf({ failuers: 1 } as never)).toThrow(TypeError);
  });
});
