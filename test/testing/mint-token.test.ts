import { describe, expect, it } from 'vitest';

import { createToken } from '../../src/client/index.js';
import { createVerifier } from '../../src/index.js';
import { mintIdentity, mintToken, settableClock, testWallets, type MintableReason } from '../../src/testing/index.js';
import { reasonOf } from '../support/refusal-of.js';

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
