import { describe, expect, it } from 'vitest';

import { createToken } from '../../src/client/index.js';
import { createVerifier } from '../../src/index.js';
import { mintIdentity, mintToken, settableClock, testWallets, type MintableReason } from '../../src/testing/index.js';
import { createChallenges } from '../../src/verify/challenge.js';
import { reasonOf } from '../support/refusal-of.js';
import { testGate } from '../support/test-gate.js';

const { now } = settableClock();

/** Spelt out here so that a reason cannot vanish from the table unseen. */
const REASONS = [
  'TOKEN_EXPIRED',
  'TOKEN_FROM_FUTURE',
  'WALLET_MISMATCH',
  'INVALID_WALLET_ADDRESS',
  'INVALID_AUTH_DATA_SIGNATURE',
  'INVALID_WALLET_SIGNATURE',
  'UNSIGNED_IDENTITY_KEY',
  'WRONG_AUDIENCE',
  'UNSUPPORTED_RESTRICTION',
  'MALFORMED_AUTH_DATA',
  'CERTIFICATE_EXPIRED',
] as const satisfies readonly MintableReason[];

describe('mintToken', () => {
  it('makes a token of alice for now, by the system clock', () => {
    expect(createVerifier().verify(`Bearer ${mintToken()}`).wallet).toBe(testWallets.alice.address);
  });

  it('makes the token that createToken makes for the minted identity', () => {
    const whose = { wallet: testWallets.carol, device: 'laptop' };
    expect(mintToken({ ...whose, now })).toBe(createToken(mintIdentity(whose), { now }));
  });

  describe.each(Object.entries(testWallets))('for %s', (_, wallet) => {
    it.each(REASONS)('makes one that a node with default options refuses for %s', (refusedFor) => {
      const token = mintToken({ wallet, now, refusedFor });
      expect(reasonOf(() => createVerifier({ now }).verify(`Bearer ${token}`))).toBe(refusedFor);
    });
  });

  it('makes one with every restriction, which a node of this name takes', () => {
    const audience = 'node.example:443';
    const challenge = createChallenges({ secret: 'x'.repeat(32) }).current(now().getTime());
    const restrictions = { audience, validForMs: 60_000, methods: ['a.S/M'], challenge, strict: true };
    const token = mintToken({ ...restrictions, certificateExpiresAtMs: now().getTime() + 30_000, now });
    const verifier = createVerifier({ audience, challenge: { secret: 'x'.repeat(32) }, now });
    expect(verifier.verify(`Bearer ${token}`).expiresAtMs).toBe(now().getTime() + 30_000);
    const stale = mintToken({ audience, now, refusedFor: 'CHALLENGE_REQUIRED' });
    expect(reasonOf(() => verifier.verify(`Bearer ${stale}`))).toBe('CHALLENGE_REQUIRED');
  });

  it('makes one that a gate refuses with ACCESS_DENIED, whatever the method', () => {
    const { reasonOf: answerTo } = testGate({ now });
    expect(answerTo(`Bearer ${mintToken({ now, refusedFor: 'ACCESS_DENIED' })}`)).toBe('ACCESS_DENIED');
  });

  it('takes undefined as not set', () => {
    expect(mintToken({ now, refusedFor: undefined, wallet: undefined })).toBe(mintToken({ now }));
  });

  it.each([
    ['a reason that it cannot mint', { refusedFor: 'RATE_LIMITED' }],
    ['a name of Object.prototype as reason', { refusedFor: 'toString' }],
    ['null as reason', { refusedFor: null }],
    ['an unknown name', { createdAt: 5 }],
    ['a wrong clock', { now: 5 }],
    ['null', null],
  ])('refuses %s', (_, options) => {
    expect(() => mintToken(options as never)).toThrow(TypeError);
  });
});
