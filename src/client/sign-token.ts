import type { Curve } from '../crypto/curve.js';
import { keccak256 } from '../crypto/hash.js';
import { encodeAuthData, encodeToken } from '../token/encode-token.js';
import type { IdentityKeyFields } from '../token/fields.js';
import { epochNs } from './epoch.js';

/** What a token says, and the key that signs it. */
export interface TokenContent {
  readonly wallet: string;
  /** When it was made, in milliseconds since the Unix epoch. */
  readonly createdMs: number;
  readonly key: IdentityKeyFields;
  /** The private half of the identity key, 32 bytes. */
  readonly privateKey: Uint8Array;
}

/** Writes and signs a token in XMTP's wire form. Equal content gives an equal text. */
export function signToken({ wallet, createdMs, key, privateKey }: TokenContent, curve: Curve): string {
  const authDataBytes = encodeAuthData({ walletAddress: wallet, createdNs: epochNs(createdMs) });
  const signature = curve.sign(keccak256(authDataBytes), privateKey);
  return encodeToken({ identityKey: key, authDataBytes, authDataSignature: { kind: 'ecdsa_compact', ...signature } });
}
