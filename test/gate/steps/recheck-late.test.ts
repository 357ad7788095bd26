import { describe, expect, it } from 'vitest';

import type { GateOptions } from '../../../src/gate/options.js';
import { refusalDetails } from '../../../src/status-details.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { testGate } from '../../support/test-gate.js';
import { tokens } from '../../support/tokens.js';

const HOUR_MS = 3_600_000;
const GRACE_MS = 30_000;

/** A unary call that was admitted, a clock, and what becomes of its request. */
async function admitted(options: GateOptions = {}) {
  let offsetMs = 0;
  const start = settableClock().now().getTime();
  const looks = { count: 0 };
  const { admit } = testGate({
    now: () => new Date(start + offsetMs),
    isRevoked: () => (looks.count++, false),
    ...options,
  });
  const { checkMessage } = await admit(tokens.good);
  looks.count = 0;
  return {
    looks,
    /** Sends the request so long after the call was admitted. */
    async sendAfter(ms: number) {
      offsetMs = ms;
      const status = await checkMessage?.({});
      return status === undefined ? 'admitted' : refusalDetails(status.details)?.reason;
    },
  };
}

describe('the caller of a unary call', () => {
  it.each([
    [0, 0],
    [4_999, 0],
    [5_000, 1],
    [60_000, 1],
    [-1, 1],
    [-60_000, 1],
  ])('whose request comes %i ms after its admission is looked at again %i times', async (ms, count) => {
    const { looks, sendAfter } = await admitted();
    expect(await sendAfter(ms)).toBe('admitted');
    expect(looks.count).toBe(count);
  });

  it.each([
    ['while-renewed', HOUR_MS + GRACE_MS],
    ['until-expiry', HOUR_MS],
  ] as const)('may send its request late as long as its token is good for a method that is %s', async (stream, ms) => {
    const { sendAfter } = await admitted({ rules: { '*': { stream } } });
    expect(await sendAfter(ms)).toBe('admitted');
    expect(await sendAfter(ms + 1)).toBe('TOKEN_EXPIRED');
  });

  it('is looked at where the method is at-open and its token has ended', async () => {
    const { looks, sendAfter } = await admitted({ rules: { '*': { stream: 'at-open' } } });
    expect(await sendAfter(100 * HOUR_MS)).toBe('admitted');
    expect(looks.count).toBe(1);
  });

  it('is not looked at where the method is public', async () => {
    const { looks, sendAfter } = await admitted({ rules: { '*': { auth: 'public', authorizeMessage: () => true } } });
    expect(await sendAfter(100 * HOUR_MS)).toBe('admitted');
    expect(looks.count).toBe(0);
  });

  it('is not looked at where there is nothing that may change', async () => {
    const { sendAfter } = await admitted({ isRevoked: undefined });
    expect(await sendAfter(5_000)).toBe('admitted');
  });
});
