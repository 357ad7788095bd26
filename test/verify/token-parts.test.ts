import { describe, expect, it } from 'vitest';

import type { SignatureFields, TokenFields } from '../../src/token/fields.js';
import { requireParts } from '../../src/verify/token-parts.js';
import { NOTHING } from '../support/raw-proto.js';
import { reasonOf } from '../support/refusal-of.js';
import { planToken } from '../support/token-workshop.js';

const { keyBytes, keyTimestamp, authData } = planToken();
const walletSignature: SignatureFields = {
  kind: 'wallet_ecdsa_compact',
  bytes: new Uint8Array(64).fill(1),
  recovery: 1,
};
const authDataSignature: SignatureFields = { kind: 'ecdsa_compact', bytes: new Uint8Array(64).fill(2), recovery: 0 };
const identityKey = { timestamp: keyTimestamp, bytes: keyBytes, signature: walletSignature };
const good: TokenFields = { identityKey, authDataBytes: authData, authDataSignature };

const withKey = (bytes: Uint8Array | undefined) => ({ ...good, identityKey: { ...identityKey, bytes } });
const withWalletSignature = (changes: Partial<SignatureFields> | undefined) => ({
  ...good,
  identityKey: { ...identityKey, signature: changes && { ...walletSignature, ...changes } },
});
const withAuthSignature = (changes: Partial<SignatureFields>) => ({
  ...good,
  authDataSignature: { ...authDataSignature, ...changes },
});
const keyOf = (length: number, first: number) => new Uint8Array(length).fill(first, 0, 1);

describe('requireParts', () => {
  it('returns the parts of a token in which everything is there', () => {
    expect(requireParts(good)).toEqual({
      keyTimestamp,
      identityKey: keyBytes,
      notAfterNs: undefined,
      walletSignatureKind: identityKey.signature?.kind,
      walletSignature: walletSignature.bytes,
      walletRecovery: 1,
      authDataBytes: authData,
      authDataSignature: authDataSignature.bytes,
    });
  });

  it.each([0, 1, 2, 3])('accepts wallet recovery id %i under either kind', (recovery) => {
    for (const kind of ['ecdsa_compact', 'wallet_ecdsa_compact'] as const) {
      expect(requireParts(withWalletSignature({ kind, recovery })).walletRecovery).toBe(recovery);
    }
  });

  it.each([0, 3, 4, 27, 2 ** 32 - 1])(
    'accepts an auth data signature whatever its recovery id, such as %i',
    (recovery) => {
      expect(() => requireParts(withAuthSignature({ recovery }))).not.toThrow();
    },
  );

  it.each([
    ['MISSING_IDENTITY_KEY', 'no identity key', { ...good, identityKey: undefined }],
    ['UNSIGNED_IDENTITY_KEY', 'no wallet signature', withWalletSignature(undefined)],
    ['UNSUPPORTED_KEY_TYPE', 'no key of a known type', withKey(undefined)],
    ['UNSUPPORTED_SIGNATURE_TYPE', 'a wallet signature of unknown type', withWalletSignature({ kind: undefined })],
    ['MISSING_AUTH_DATA', 'no auth data', { ...good, authDataBytes: NOTHING }],
    ['MISSING_AUTH_DATA_SIGNATURE', 'no auth data signature', { ...good, authDataSignature: undefined }],
    [
      'UNSUPPORTED_SIGNATURE_TYPE',
      'auth data signed as by a wallet',
      withAuthSignature({ kind: 'wallet_ecdsa_compact' }),
    ],
    ['UNSUPPORTED_SIGNATURE_TYPE', 'an auth data signature of unknown type', withAuthSignature({ kind: undefined })],
    ['INVALID_IDENTITY_KEY', 'an empty key', withKey(NOTHING)],
    ['INVALID_IDENTITY_KEY', 'a key of 64 bytes', withKey(keyOf(64, 4))],
    ['INVALID_IDENTITY_KEY', 'a key of 66 bytes', withKey(keyOf(66, 4))],
    ['INVALID_IDENTITY_KEY', 'a compressed key', withKey(keyOf(33, 2))],
    ['INVALID_IDENTITY_KEY', 'a hybrid key, even', withKey(keyOf(65, 6))],
    ['INVALID_IDENTITY_KEY', 'a hybrid key, odd', withKey(keyOf(65, 7))],
    ['INVALID_IDENTITY_KEY', 'a key starting with 0', withKey(keyOf(65, 0))],
    ['INVALID_IDENTITY_KEY', 'a key starting with 5', withKey(keyOf(65, 5))],
    ['INVALID_WALLET_SIGNATURE', 'an empty wallet signature', withWalletSignature({ bytes: NOTHING })],
    ['INVALID_WALLET_SIGNATURE', 'a wallet signature of 63 bytes', withWalletSignature({ bytes: new Uint8Array(63) })],
    ['INVALID_WALLET_SIGNATURE', 'a wallet signature of 65 bytes', withWalletSignature({ bytes: new Uint8Array(65) })],
    ['INVALID_WALLET_SIGNATURE', 'wallet recovery id 4', withWalletSignature({ recovery: 4 })],
    ['INVALID_WALLET_SIGNATURE', 'wallet recovery id 27', withWalletSignature({ recovery: 27 })],
    ['INVALID_WALLET_SIGNATURE', 'wallet recovery id 28', withWalletSignature({ recovery: 28 })],
    ['INVALID_WALLET_SIGNATURE', 'wallet recovery id 2^32 − 1', withWalletSignature({ recovery: 2 ** 32 - 1 })],
    ['INVALID_AUTH_DATA_SIGNATURE', 'an empty auth data signature', withAuthSignature({ bytes: NOTHING })],
    [
      'INVALID_AUTH_DATA_SIGNATURE',
      'an auth data signature of 63 bytes',
      withAuthSignature({ bytes: new Uint8Array(63) }),
    ],
    [
      'INVALID_AUTH_DATA_SIGNATURE',
      'an auth data signature of 65 bytes',
      withAuthSignature({ bytes: new Uint8Array(65) }),
    ],
  ] as const)('answers %s to %s', (reason, _, fields) => {
    expect(reasonOf(() => requireParts(fields))).toBe(reason);
  });
});
