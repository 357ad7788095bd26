import type { Curve } from '../crypto/curve.js';
import { keccak256 } from '../crypto/hash.js';
import { encodeAuthData, encodeToken } from '../token/encode-token.js';
import type { IdentityKeyFields, RestrictionFields } from '../token/fields.js';
import { strictForm } from '../token/strict-form.js';

const MAX_UINT64 = 2n ** 64n - 1n;
const NS_PER_MS = 1_000_000n;

/** What a token says, and the key that signs it. */
export interface TokenContent {
  /** The wallet's address in EIP-55 case. */
  readonly wallet: string;
  /** When it was made, in milliseconds since the Unix epoch. */
  readonly createdMs: number;
  /** What it may not do. */
  readonly restrictions?: RestrictionFields | undefined;
  /** The public half of the identity key with the wallet's signature. */
  readonly key: IdentityKeyFields;
  /** The private half of the identity key, 32 bytes. */
  readonly privateKey: Uint8Array;
}

/** Writes and signs a token in XMTP's wire form. Equal content gives an equal text. */
export function signToken(content: TokenContent, curve: Curve): string {
  const { wallet, createdMs, key, privateKey, restrictions } = content;
  const authDataBytes = encodeAuthData({ walletAddress: wallet, createdNs: epochNs(createdMs), restrictions });
  const signed = restrictions?.strict === true ? strictForm(authDataBytes) : authDataBytes;
  const signature = curve.sign(keccak256(signed), privateKey);
  return encodeToken({ identityKey: key, authDataBytes, authDataSignature: { kind: 'ecdsa_compact', ...signature } });
}

/** @throws RangeError if the time is before 1970, which a token cannot say. */
export function epochMs(ms: number): bigint {
  if (ms >= 0) return BigInt(ms);
  throw new RangeError('the clock shows a time before 1970');
}

/** @throws RangeError if the time is before 1970 or after 2554, where nanoseconds leave 64 bits. */
export function epochNs(ms: number): bigint {
  const ns = epochMs(ms) * NS_PER_MS;
  if (ns <= MAX_UINT64) return ns;
  throw new RangeError('the clock shows a time after 2554');
}
