import { describe, expect, it } from 'vitest';

import { createGate } from '../../../src/gate/create-gate.js';
import type { GateOptions } from '../../../src/gate/options.js';
import { refusalDetails } from '../../../src/status-details.js';
import { mintToken, type MintTokenOptions } from '../../../src/testing/mint-token.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { countingCurve } from '../../support/counting-curve.js';

const clock = settableClock();
const token = (options: MintTokenOptions = {}) => `Bearer ${mintToken({ now: clock.now, ...options })}`;

function gateOf(options: GateOptions) {
  const curve = countingCurve();
  const gate = createGate({ now: clock.now, timers: clock.timers, curve, ...options });
  const answer = (authorization: string, peer = '203.0.113.66:1') => {
    const decision = gate.decide({ method: '/a.S/M', peer, metadata: undefined, header: () => [] }, authorization);
    if (decision instanceof Promise) throw new Error('not expected');
    return decision.admitted ? 'admitted' : refusalDetails(decision.status.details)?.reason;
  };
  return { answer, curve };
}

const counting = { failedTokenLimit: { failures: 2, windowMs: 60_000, countUncached: true } };

/** Good tokens of three wallets, which cost their owner nothing. */
const tokens = Object.values(testWallets).map((wallet) => token({ wallet }));

describe('failedTokenLimit with countUncached', () => {
  it('counts good tokens that are not cached: fresh wallets of one address do not reach the curve without end', () => {
    const { answer, curve } = gateOf(counting);
    expect(tokens.map((each) => answer(each))).toEqual(['admitted', 'admitted', 'RATE_LIMITED']);
    const before = { ...curve.calls };
    expect(answer(token({ wallet: testWallets.carol }))).toBe('RATE_LIMITED');
    expect(curve.calls).toEqual(before);
    expect(answer(tokens[2] ?? '', '203.0.113.67:1')).toBe('admitted');
  });

  it('does not count cached tokens, nor hold them up', () => {
    const { answer } = gateOf(counting);
    for (let i = 0; i < 5; i++) expect(answer(tokens[0] ?? '')).toBe('admitted');
    expect(answer(tokens[1] ?? '')).toBe('admitted');
    expect(answer(tokens[2] ?? '')).toBe('RATE_LIMITED');
    expect(answer(tokens[0] ?? '')).toBe('admitted');
  });

  it('counts a forged token once', () => {
    const { answer } = gateOf(counting);
    const forged = token({ refusedFor: 'WALLET_MISMATCH' });
    expect([1, 2, 3].map(() => answer(forged))).toEqual(['WALLET_MISMATCH', 'WALLET_MISMATCH', 'RATE_LIMITED']);
  });

  it('does not count tokens that are refused before the curve', () => {
    const { answer } = gateOf(counting);
    for (let i = 0; i < 5; i++) expect(answer(token({ refusedFor: 'TOKEN_EXPIRED' }))).toBe('TOKEN_EXPIRED');
    expect(answer(tokens[0] ?? '')).toBe('admitted');
  });

  it('comes back with time', () => {
    const { answer } = gateOf(counting);
    for (const each of tokens) answer(each);
    expect(answer(tokens[2] ?? '')).toBe('RATE_LIMITED');
    clock.advance(30_000);
    expect(answer(tokens[2] ?? '')).toBe('admitted');
  });
});

describe('countUncached', () => {
  it('is off by default, because callers behind one NAT share an address', () => {
    const { answer } = gateOf({ failedTokenLimit: { failures: 1 } });
    expect(tokens.map((each) => answer(each))).toEqual(['admitted', 'admitted', 'admitted']);
  });

  it.each([0, 1, 'true', null, {}])('must be a boolean, not %j', (countUncached) => {
    expect(() => gateOf({ failedTokenLimit: { countUncached: countUncached as never } })).toThrow(
      new TypeError('failedTokenLimit.countUncached must be true or false'),
    );
  });
});
