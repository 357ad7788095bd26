import { describe, expect, it } from 'vitest';

import { refusal, type AuthReason } from '../../../src/errors.js';
import type { GateOptions } from '../../../src/gate/options.js';
import type { CallContext } from '../../../src/gate/steps/pipeline.js';
import { limitFailures, type TokenStages } from '../../../src/gate/steps/token-stages.js';
import { PendingToken } from '../../../src/verify/pending-token.js';
import { countingCurve } from '../../support/counting-curve.js';
import { testGate } from '../../support/test-gate.js';
import { bearer, NOW_MS, planToken } from '../../support/token-workshop.js';
import { bearerToken, tokens } from '../../support/tokens.js';

const brokenCurve = countingCurve({
  verify() {
    throw new Error('broken');
  },
});
const pending: PendingToken = Object.create(PendingToken.prototype);
const forger = { peer: '203.0.113.66:1' };
const neighbour = { peer: '203.0.113.67:1' };
const behindProxy = (address: string) => ({ peer: '10.0.0.1:5', forwardedFor: [address] });

describe('failedTokenLimit', () => {
  it.each(['INVALID_AUTH_DATA_SIGNATURE', 'WALLET_MISMATCH'] as const)('is spent by %s', (refusedFor) => {
    const curve = countingCurve();
    const { reasonOf } = testGate({ curve, failedTokenLimit: { failures: 2 } });
    expect([1, 2].map(() => reasonOf(bearerToken({ refusedFor }), forger))).toEqual([refusedFor, refusedFor]);
    const before = { ...curve.calls };
    expect(reasonOf(bearerToken({ refusedFor }), forger)).toBe('RATE_LIMITED');
    expect(reasonOf(tokens.good, forger)).toBe('RATE_LIMITED');
    expect(curve.calls).toEqual(before);
    expect(reasonOf(tokens.good, neighbour)).toBe('admitted');
  });

  it.each(['TOKEN_EXPIRED', 'TOKEN_FROM_FUTURE', 'INVALID_WALLET_ADDRESS', 'UNSIGNED_IDENTITY_KEY'] as const)(
    'is not spent by %s, which is cheap',
    (refusedFor) => {
      const { reasonOf } = testGate({ failedTokenLimit: { failures: 1 } });
      for (let i = 0; i < 3; i++) expect(reasonOf(bearerToken({ refusedFor }), forger)).toBe(refusedFor);
      expect(reasonOf(tokens.good, forger)).toBe('admitted');
    },
  );

  it('is spent by a wallet signature that no key can have made, but not by one of the wrong shape', () => {
    const { reasonOf } = testGate({ now: () => new Date(NOW_MS), failedTokenLimit: { failures: 1 } });
    const { walletSignature } = planToken();
    const misshapen = bearer({ walletSignature: { ...walletSignature, recovery: 4 } });
    for (let i = 0; i < 3; i++) expect(reasonOf(misshapen, forger)).toBe('INVALID_WALLET_SIGNATURE');
    const impossible = bearer({ walletSignature: { ...walletSignature, bytes: new Uint8Array(64) } });
    expect(reasonOf(impossible, forger)).toBe('INVALID_WALLET_SIGNATURE');
    expect(reasonOf(impossible, forger)).toBe('RATE_LIMITED');
  });

  it.each<[string, GateOptions, AuthReason]>([
    ['a good token of a revoked device', { isRevoked: () => true }, 'DEVICE_REVOKED'],
    ['a curve that fails', { curve: brokenCurve }, 'INTERNAL'],
  ])('is not spent by %s', (_, options, reason) => {
    const { reasonOf } = testGate({ failedTokenLimit: { failures: 1 }, ...options });
    for (const token of [tokens.good, tokens.bobs]) expect(reasonOf(token, forger)).toBe(reason);
  });

  it('does not hold up a cached token', () => {
    const { reasonOf } = testGate({ failedTokenLimit: { failures: 1 } });
    expect(reasonOf(tokens.good, forger)).toBe('admitted');
    reasonOf(tokens.wrongWallet, forger);
    expect(reasonOf(tokens.good, forger)).toBe('admitted');
    expect(reasonOf(tokens.bobs, forger)).toBe('RATE_LIMITED');
  });

  it('comes back with time', () => {
    const { reasonOf, clock } = testGate({ failedTokenLimit: { failures: 1, windowMs: 60_000 } });
    reasonOf(tokens.wrongWallet, forger);
    expect(reasonOf(tokens.good, forger)).toBe('RATE_LIMITED');
    clock.advance(60_000);
    expect(reasonOf(tokens.good, forger)).toBe('admitted');
  });

  it('is charged to the address behind a trusted proxy', () => {
    const { reasonOf } = testGate({ failedTokenLimit: { failures: 1 }, trustedProxies: ['10.0.0.1'] });
    reasonOf(tokens.wrongWallet, behindProxy('203.0.113.66'));
    expect(reasonOf(tokens.good, behindProxy('203.0.113.66'))).toBe('RATE_LIMITED');
    expect(reasonOf(tokens.good, behindProxy('203.0.113.67'))).toBe('admitted');
  });

  it.each([
    ['with', {}],
    ['without', { onDecision: undefined }],
  ])('applies %s a listener for decisions', (_, listening) => {
    const { reasonOf } = testGate({ failedTokenLimit: { failures: 1 }, ...listening });
    expect(reasonOf(tokens.wrongWallet, forger)).toBe('WALLET_MISMATCH');
    expect(reasonOf(tokens.wrongWallet, forger)).toBe('RATE_LIMITED');
  });

  it('does not apply to peers without an address', () => {
    const { reasonOf } = testGate({ failedTokenLimit: { failures: 1 } });
    for (let i = 0; i < 3; i++) expect(reasonOf(tokens.wrongWallet, { peer: 'unknown' })).toBe('WALLET_MISMATCH');
  });

  it.each<[string, string | undefined, boolean, readonly string[]]>([
    ['once for its failure', '203.0.113.66', false, ['203.0.113.66']],
    ['once for being not cached', '203.0.113.66', true, ['203.0.113.66']],
    ['nowhere without an address', undefined, false, []],
    ['nowhere without an address, cached or not', undefined, true, []],
  ])('counts a forged token %s', (_, address, countUncached, expected) => {
    const counted: string[] = [];
    const limit = { check: () => undefined, count: (each: string) => void counted.push(each), countUncached, size: 0 };
    const failing: TokenStages = {
      begin: () => pending,
      recheck: () => undefined,
      finish() {
        throw refusal('WALLET_MISMATCH');
      },
    };
    const stages = limitFailures(failing, limit);
    const call = { address, judgedAddress: address } as CallContext;
    expect(stages.begin(call)).toBe(pending);
    expect(() => stages.finish(call, pending)).toThrow(expect.objectContaining({ reason: 'WALLET_MISMATCH' }));
    expect(counted).toEqual(expected);
  });

  it('is off unless set', () => {
    const { reasonOf } = testGate();
    for (let i = 0; i < 50; i++) {
      expect(reasonOf(bearerToken({ refusedFor: 'INVALID_WALLET_SIGNATURE' }), forger)).toBe(
        'INVALID_WALLET_SIGNATURE',
      );
    }
  });
});
