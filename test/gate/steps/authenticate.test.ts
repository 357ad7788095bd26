import { describe, expect, it } from 'vitest';

import type { IncomingCall } from '../../../src/gate/call/call.js';
import { createGate } from '../../../src/gate/create-gate.js';
import type { GateOptions } from '../../../src/gate/options.js';
import { refusalDetails } from '../../../src/status-details.js';
import { mintToken, type MintTokenOptions } from '../../../src/testing/mint-token.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { countingCurve } from '../../support/counting-curve.js';
import { bearer, NOW_MS, planToken } from '../../support/token-workshop.js';

const clock = settableClock();
const token = (options: MintTokenOptions = {}) => `Bearer ${mintToken({ now: clock.now, ...options })}`;

function callFrom(peer: string, forwardedFor: string[] = []): IncomingCall {
  return {
    method: '/a.S/M',
    peer,
    metadata: undefined,
    header: (key) => (key === 'x-forwarded-for' ? forwardedFor : []),
  };
}

function door(options: GateOptions) {
  const curve = countingCurve();
  const gate = createGate({ now: clock.now, curve, ...options });
  const answer = (peer: string, authorization: string, forwardedFor?: string[]) => {
    const decision = gate.decide(callFrom(peer, forwardedFor), authorization);
    if (decision instanceof Promise) throw new Error('not expected');
    return decision.admitted ? 'admitted' : refusalDetails(decision.status.details)?.reason;
  };
  return { curve, answer };
}

const FORGER = '203.0.113.66:1';
const NEIGHBOUR = '203.0.113.67:1';

describe('failedTokenLimit', () => {
  it.each(['INVALID_AUTH_DATA_SIGNATURE', 'WALLET_MISMATCH'] as const)('is spent by %s', (refusedFor) => {
    const { curve, answer } = door({ failedTokenLimit: { failures: 2 } });
    expect([1, 2].map(() => answer(FORGER, token({ refusedFor })))).toEqual([refusedFor, refusedFor]);
    const before = { ...curve.calls };
    expect(answer(FORGER, token({ refusedFor }))).toBe('RATE_LIMITED');
    expect(answer(FORGER, token())).toBe('RATE_LIMITED');
    expect(curve.calls).toEqual(before);
    expect(answer(NEIGHBOUR, token())).toBe('admitted');
  });

  it.each(['TOKEN_EXPIRED', 'TOKEN_FROM_FUTURE', 'INVALID_WALLET_ADDRESS', 'UNSIGNED_IDENTITY_KEY'] as const)(
    'is not spent by %s, which is cheap',
    (refusedFor) => {
      const { answer } = door({ failedTokenLimit: { failures: 1 } });
      for (let i = 0; i < 3; i++) expect(answer(FORGER, token({ refusedFor }))).toBe(refusedFor);
      expect(answer(FORGER, token())).toBe('admitted');
    },
  );

  it('is spent by a wallet signature that no key can have made, but not by one of the wrong shape', () => {
    const { answer } = door({ now: () => new Date(NOW_MS), failedTokenLimit: { failures: 1 } });
    const { walletSignature } = planToken();
    const misshapen = bearer({ walletSignature: { ...walletSignature, recovery: 4 } });
    for (let i = 0; i < 3; i++) expect(answer(FORGER, misshapen)).toBe('INVALID_WALLET_SIGNATURE');
    const impossible = bearer({ walletSignature: { ...walletSignature, bytes: new Uint8Array(64) } });
    expect(answer(FORGER, impossible)).toBe('INVALID_WALLET_SIGNATURE');
    expect(answer(FORGER, impossible)).toBe('RATE_LIMITED');
  });

  it('does not hold up a cached token', () => {
    const { answer } = door({ failedTokenLimit: { failures: 1 } });
    expect(answer(FORGER, token())).toBe('admitted');
    answer(FORGER, token({ refusedFor: 'WALLET_MISMATCH' }));
    expect(answer(FORGER, token())).toBe('admitted');
    expect(answer(FORGER, token({ wallet: testWallets.bob }))).toBe('RATE_LIMITED');
  });

  it('comes back with time', () => {
    const { answer } = door({ failedTokenLimit: { failures: 1, windowMs: 60_000 } });
    answer(FORGER, token({ refusedFor: 'WALLET_MISMATCH' }));
    expect(answer(FORGER, token())).toBe('RATE_LIMITED');
    clock.advance(60_000);
    expect(answer(FORGER, token())).toBe('admitted');
  });

  it('is charged to the address behind a trusted proxy', () => {
    const { answer } = door({ failedTokenLimit: { failures: 1 }, trustedProxies: ['10.0.0.1'] });
    answer('10.0.0.1:5', token({ refusedFor: 'WALLET_MISMATCH' }), ['203.0.113.66']);
    expect(answer('10.0.0.1:5', token(), ['203.0.113.66'])).toBe('RATE_LIMITED');
    expect(answer('10.0.0.1:5', token(), ['203.0.113.67'])).toBe('admitted');
  });

  it('does not apply to peers without an address', () => {
    const { answer } = door({ failedTokenLimit: { failures: 1 } });
    for (let i = 0; i < 3; i++)
      expect(answer('unknown', token({ refusedFor: 'WALLET_MISMATCH' }))).toBe('WALLET_MISMATCH');
  });

  it('is off unless set', () => {
    const { answer } = door({});
    for (let i = 0; i < 50; i++) {
      expect(answer(FORGER, token({ refusedFor: 'INVALID_WALLET_SIGNATURE' }))).toBe('INVALID_WALLET_SIGNATURE');
    }
  });
});
