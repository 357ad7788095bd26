import type { ConformanceCase } from '../conformance-case.js';
import { flipped } from '../flipped.js';
import { HOUR_MS, NS_PER_MS, basis, bearer, type Kit } from '../kit.js';
import { planToken, withOtherS, type TokenPlan } from '../plan-token.js';

const plan = (kit: Kit) => planToken(basis(kit));
const from = (change: (good: TokenPlan, kit: Kit) => Partial<TokenPlan>) => (kit: Kit) =>
  bearer(kit, change(plan(kit), kit));
const createdAt = (ms: (kit: Kit) => number) => (kit: Kit) => bearer(kit, { createdNs: BigInt(ms(kit)) * NS_PER_MS });

/** How far from an edge tokens of a running node are made, in milliseconds: its clock is known so well. */
const MARGIN_MS = 5_000;

/** PROTOCOL.md section 4, step 4: the address that auth data claims. */
export const addressCases: readonly ConformanceCase[] = [
  {
    name: 'addresses/lower-case',
    note: 'the address in lower case',
    make: from(({ claims }) => ({ claims: claims.toLowerCase() })),
    expected: 'accepted',
    xmtp: ['WALLET_MISMATCH', 'accepted'],
  },
  {
    name: 'addresses/upper-case',
    note: 'the digits in upper case',
    make: from(({ claims }) => ({ claims: `0x${claims.slice(2).toUpperCase()}` })),
    expected: 'accepted',
    xmtp: ['WALLET_MISMATCH', 'accepted'],
  },
  {
    name: 'addresses/wrong-checksum',
    note: 'one letter in the wrong case of EIP-55',
    make: from(({ claims }) => ({ claims: otherCase(claims) })),
    expected: 'INVALID_WALLET_ADDRESS',
  },
  {
    name: 'addresses/without-0x',
    note: '40 digits alone',
    make: from(({ claims }) => ({ claims: claims.slice(2) })),
    expected: 'INVALID_WALLET_ADDRESS',
  },
  {
    name: 'addresses/short',
    note: '39 digits',
    make: from(({ claims }) => ({ claims: claims.slice(0, -1) })),
    expected: 'INVALID_WALLET_ADDRESS',
  },
  { name: 'addresses/empty', note: 'none', make: from(() => ({ claims: '' })), expected: 'INVALID_WALLET_ADDRESS' },
];

/** PROTOCOL.md section 4, step 5: when a token was made. */
export const timeCases: readonly ConformanceCase[] = [
  {
    name: 'times/old',
    note: 'almost as old as the node accepts',
    make: createdAt(({ nowMs, maxAgeMs }) => nowMs - maxAgeMs + Math.min(MARGIN_MS, Math.floor(maxAgeMs / 2))),
    expected: 'accepted',
  },
  {
    name: 'times/expired',
    note: 'a little older than the node accepts',
    make: createdAt(({ nowMs, maxAgeMs }) => nowMs - maxAgeMs - MARGIN_MS),
    expected: 'TOKEN_EXPIRED',
  },
  {
    name: 'times/expired-long-ago',
    note: 'older than any node accepts',
    make: createdAt(({ nowMs }) => nowMs - 367 * 24 * HOUR_MS),
    expected: 'TOKEN_EXPIRED',
  },
  { name: 'times/never', note: 'no time', make: from(() => ({ createdNs: 0n })), expected: 'TOKEN_EXPIRED' },
  {
    name: 'times/ahead',
    note: 'as far ahead as the node accepts, or a little less',
    make: createdAt(({ nowMs, maxFutureSkewMs }) => nowMs + Math.max(maxFutureSkewMs - MARGIN_MS, 0)),
    expected: 'accepted',
  },
  {
    name: 'times/from-the-future',
    note: 'further ahead than the node accepts',
    make: createdAt(({ nowMs, maxFutureSkewMs }) => nowMs + maxFutureSkewMs + MARGIN_MS),
    expected: 'TOKEN_FROM_FUTURE',
    xmtp: 'accepted',
  },
  {
    name: 'times/from-tomorrow',
    note: 'further ahead than any node accepts',
    make: createdAt(({ nowMs }) => nowMs + 25 * HOUR_MS),
    expected: 'TOKEN_FROM_FUTURE',
    xmtp: 'accepted',
  },
  {
    name: 'times/last',
    note: 'the largest number of 64 bits',
    make: from(() => ({ createdNs: 2n ** 64n - 1n })),
    expected: 'TOKEN_FROM_FUTURE',
    xmtp: 'unknown',
  },
];

/** PROTOCOL.md section 4, steps 7 and 8: signatures. */
export const signatureCases: readonly ConformanceCase[] = [
  {
    name: 'signatures/of-another-device',
    note: 'auth data signed by a key that is not the certified one',
    make: from((_, kit) => ({ authSignature: planToken({ ...basis(kit), device: kit.otherDevice }).authSignature })),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
  },
  {
    name: 'signatures/flipped-bit',
    note: 'one bit of the signature of the auth data is another',
    make: from(({ authSignature }) => ({
      authSignature: { ...authSignature, bytes: flipped(authSignature.bytes, 100) },
    })),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
  },
  {
    name: 'signatures/high-s',
    note: 'auth data signed with a high S',
    make: from(({ authSignature }) => ({ authSignature: withOtherS(authSignature) })),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
  },
  {
    name: 'signatures/zero',
    note: 'a signature of the auth data of 64 zeros',
    make: from(({ authSignature }) => ({ authSignature: { ...authSignature, bytes: new Uint8Array(64) } })),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
  },
  {
    name: 'signatures/recovery-of-auth-data',
    note: 'the recovery id of the auth data signature is not looked at',
    make: from(({ authSignature }) => ({ authSignature: { ...authSignature, recovery: authSignature.recovery ^ 1 } })),
    expected: 'accepted',
  },
  {
    name: 'signatures/later-time',
    note: 'auth data changed after it was signed: made a second later',
    make: from(({ signed, createdNs, authSignature }) => ({
      signed,
      createdNs: createdNs + 1_000_000_000n,
      authSignature,
    })),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
  },
  {
    name: 'signatures/off-curve',
    note: 'an identity key that is no point of the curve, certified as it stands',
    make: from(({ point }) => ({ point: point.with(64, (point[64] ?? 0) ^ 1) })),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
  },
  {
    name: 'signatures/claims-another-wallet',
    note: 'the auth data of a good device names a wallet that did not certify it',
    make: from((_, kit) => ({ claims: planToken({ ...basis(kit), wallet: kit.otherWallet }).claims })),
    expected: 'WALLET_MISMATCH',
  },
  {
    name: 'signatures/certified-by-another-wallet',
    note: 'another wallet certified the device of the one that the auth data names',
    make: from((_, kit) => ({
      walletSignature: planToken({ ...basis(kit), wallet: kit.otherWallet }).walletSignature,
    })),
    expected: 'WALLET_MISMATCH',
  },
  {
    name: 'signatures/certificate-of-another-key',
    note: 'the wallet certified another key of the device',
    make: from((_, kit) => ({
      walletSignature: planToken({ ...basis(kit), device: kit.otherDevice }).walletSignature,
    })),
    expected: 'WALLET_MISMATCH',
  },
  {
    name: 'signatures/certificate-of-another-time',
    note: 'the time of the key is not the signed one',
    make: from(({ walletSignature, keyTimestamp }) => ({ walletSignature, keyTimestamp: keyTimestamp + 1n })),
    expected: 'WALLET_MISMATCH',
  },
  {
    name: 'signatures/unrecoverable',
    note: 'a wallet signature that no key can have made: R is 0',
    make: from(({ walletSignature }) => ({
      walletSignature: { ...walletSignature, bytes: walletSignature.bytes.fill(0, 0, 32) },
    })),
    expected: 'INVALID_WALLET_SIGNATURE',
  },
  {
    name: 'signatures/wallet-high-s',
    note: 'a wallet signature with high S is accepted: recovery alone decides',
    make: from(({ walletSignature }) => ({ walletSignature: withOtherS(walletSignature) })),
    expected: 'accepted',
  },
  {
    name: 'signatures/of-kind-wallet',
    note: 'the wallet signature as wallet_ecdsa_compact',
    make: from(({ walletSignature }) => ({ walletSignature: { ...walletSignature, field: 2 } })),
    expected: 'accepted',
  },
  {
    name: 'signatures/key-time-in-nanoseconds',
    note: 'as Go clients write it',
    make: from(({ keyTimestamp }) => ({ keyTimestamp: keyTimestamp * NS_PER_MS })),
    expected: 'accepted',
  },
  {
    name: 'signatures/key-time-unknown',
    note: 'a key time of 0 is neither written nor signed; nodes that limit the age of certificates refuse it',
    make: from(() => ({ keyTimestamp: 0n })),
    expected: ['accepted', 'CERTIFICATE_EXPIRED'],
    xmtp: 'accepted',
  },
];

/** An address with the case of its first letter changed. */
function otherCase(address: string): string {
  const at = address.slice(2).search(/[a-f]/i) + 2;
  const letter = address.charAt(at);
  const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  return `${address.slice(0, at)}${other}${address.slice(at + 1)}`;
}
