import type { ConformanceCase } from '../conformance-case.js';
import { flipped } from '../flipped.js';
import { NS_PER_MS, basis, changed } from '../kit.js';
import { planToken, withOtherS } from '../plan-token.js';

/** PROTOCOL.md section 4, steps 7 and 8: signatures. */
export const signatureCases: readonly ConformanceCase[] = [
  {
    name: 'signatures/of-another-device',
    note: 'auth data signed by a key that is not the certified one',
    make: changed((_, kit) => ({ authSignature: planToken({ ...basis(kit), device: kit.otherDevice }).authSignature })),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
  },
  {
    name: 'signatures/flipped-bit',
    note: 'one bit of the signature of the auth data is another',
    make: changed(({ authSignature }) => ({
      authSignature: { ...authSignature, bytes: flipped(authSignature.bytes, 100) },
    })),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
  },
  {
    name: 'signatures/high-s',
    note: 'auth data signed with a high S',
    make: changed(({ authSignature }) => ({ authSignature: withOtherS(authSignature) })),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
  },
  {
    name: 'signatures/zero',
    note: 'a signature of the auth data of 64 zeros',
    make: changed(({ authSignature }) => ({ authSignature: { ...authSignature, bytes: new Uint8Array(64) } })),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
  },
  {
    name: 'signatures/recovery-of-auth-data',
    note: 'the recovery id of the auth data signature is not looked at',
    make: changed(({ authSignature }) => ({
      authSignature: { ...authSignature, recovery: authSignature.recovery ^ 1 },
    })),
    expected: 'accepted',
  },
  {
    name: 'signatures/later-time',
    note: 'auth data changed after it was signed: made a second later',
    make: changed(({ signed, createdNs, authSignature }) => ({
      signed,
      createdNs: createdNs + 1_000_000_000n,
      authSignature,
    })),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
  },
  {
    name: 'signatures/off-curve',
    note: 'an identity key that is no point of the curve, certified as it stands',
    make: changed(({ point }) => ({ point: point.with(64, (point[64] ?? 0) ^ 1) })),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
  },
  {
    name: 'signatures/claims-another-wallet',
    note: 'the auth data of a good device names a wallet that did not certify it',
    make: changed((_, kit) => ({ claims: planToken({ ...basis(kit), wallet: kit.otherWallet }).claims })),
    expected: 'WALLET_MISMATCH',
  },
  {
    name: 'signatures/certified-by-another-wallet',
    note: 'another wallet certified the device of the one that the auth data names',
    make: changed((_, kit) => ({
      walletSignature: planToken({ ...basis(kit), wallet: kit.otherWallet }).walletSignature,
    })),
    expected: 'WALLET_MISMATCH',
  },
  {
    name: 'signatures/certificate-of-another-key',
    note: 'the wallet certified another key of the device',
    make: changed((_, kit) => ({
      walletSignature: planToken({ ...basis(kit), device: kit.otherDevice }).walletSignature,
    })),
    expected: 'WALLET_MISMATCH',
  },
  {
    name: 'signatures/certificate-of-another-time',
    note: 'the time of the key is not the signed one',
    make: changed(({ walletSignature, keyTimestamp }) => ({ walletSignature, keyTimestamp: keyTimestamp + 1n })),
    expected: 'WALLET_MISMATCH',
  },
  {
    name: 'signatures/unrecoverable',
    note: 'a wallet signature that no key can have made: R is 0',
    make: changed(({ walletSignature }) => ({
      walletSignature: { ...walletSignature, bytes: walletSignature.bytes.fill(0, 0, 32) },
    })),
    expected: 'INVALID_WALLET_SIGNATURE',
  },
  {
    name: 'signatures/wallet-high-s',
    note: 'a wallet signature with high S is accepted: recovery alone decides',
    make: changed(({ walletSignature }) => ({ walletSignature: withOtherS(walletSignature) })),
    expected: 'accepted',
  },
  {
    name: 'signatures/of-kind-wallet',
    note: 'the wallet signature as wallet_ecdsa_compact',
    make: changed(({ walletSignature }) => ({ walletSignature: { ...walletSignature, field: 2 } })),
    expected: 'accepted',
  },
  {
    name: 'signatures/key-time-in-nanoseconds',
    note: 'as Go clients write it',
    make: changed(({ keyTimestamp }) => ({ keyTimestamp: keyTimestamp * NS_PER_MS })),
    expected: 'accepted',
  },
  {
    name: 'signatures/key-time-unknown',
    note: 'a key time of 0 is neither written nor signed; nodes that limit the age of certificates refuse it',
    make: changed(() => ({ keyTimestamp: 0n })),
    expected: ['accepted', 'CERTIFICATE_EXPIRED'],
    xmtp: 'accepted',
  },
];
