import { describe, expect, it } from 'vitest';

import { AuthError } from '../../../src/errors.js';
import { createFailedTokenLimit } from '../../../src/gate/limits/failed-token-limit.js';

const HOME = '203.0.113.7';

/** How long an address has to wait, in milliseconds; 0 if it may go on. */
function wait(allowance: ReturnType<typeof createFailedTokenLimit>, address: string, nowMs: number): number {
  try {
    allowance.check(address, nowMs);
    return 0;
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    expect(error).toMatchObject({ reason: 'RATE_LIMITED', cause: { address } });
    return Number(error.info['retry_after_ms']);
  }
}

describe('a failure allowance', () => {
  it('lasts for its number of failures and comes back evenly', () => {
    const allowance = createFailedTokenLimit({ failures: 4, windowMs: 1_000 });
    for (let i = 0; i < 4; i++) {
      expect(wait(allowance, HOME, 0)).toBe(0);
      allowance.charge(HOME, 0);
    }
    expect(wait(allowance, HOME, 0)).toBe(250);
    expect(wait(allowance, HOME, 249)).toBe(1);
    expect(wait(allowance, HOME, 250)).toBe(0);
    allowance.charge(HOME, 250);
    expect(wait(allowance, HOME, 250)).toBe(250);
    expect(wait(allowance, HOME, 1_000)).toBe(0);
  });

  it('is whole again after a window and never more than whole', () => {
    const allowance = createFailedTokenLimit({ failures: 2, windowMs: 1_000 });
    allowance.charge(HOME, 0);
    allowance.charge(HOME, 0);
    for (const nowMs of [1_000_000, 1_000_000]) allowance.charge(HOME, nowMs);
    expect(wait(allowance, HOME, 1_000_000)).toBe(500);
  });

  it('gives nothing back when the clock is put back', () => {
    const allowance = createFailedTokenLimit({ failures: 1, windowMs: 1_000 });
    allowance.charge(HOME, 5_000);
    expect(wait(allowance, HOME, 0)).toBe(1_000);
  });

  it('is each address\u2019s own', () => {
    const allowance = createFailedTokenLimit({ failures: 1 });
    allowance.charge(HOME, 0);
    expect(wait(allowance, HOME, 0)).toBe(60_000);
    expect(wait(allowance, '203.0.113.8', 0)).toBe(0);
  });

  it('keeps books on a bounded number of addresses', () => {
    const allowance = createFailedTokenLimit({ maxAddresses: 3 });
    for (let i = 0; i < 10; i++) allowance.charge(`203.0.113.${i}`, 0);
    expect(allowance.size).toBe(3);
  });

  it('keeps no books on addresses that never fail', () => {
    const allowance = createFailedTokenLimit({});
    allowance.check(HOME, 0);
    expect(allowance.size).toBe(0);
  });

  it.each(['failures', 'windowMs', 'maxAddresses'])('checks %s, by name', (name) => {
    for (const value of [0, -1, 1.5, NaN, Infinity, null, '5']) {
      expect(() => createFailedTokenLimit({ [name]: value })).toThrow(
        new RegExp(`^failedTokenLimit\\.${name} must be`),
      );
    }
    expect(() => createFailedTokenLimit({ [name]: 1 })).not.toThrow();
  });

  it('refuses unknown options', () => {
    expect(() => createFailedTokenLimit({ failuers: 1 } as never)).toThrow(TypeError);
  });
});
