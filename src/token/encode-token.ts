import { create, toBinary } from '@bufbuild/protobuf';

import { AuthDataSchema, TokenSchema } from '../../gen/message_api/v1/authn_pb.js';
import { PublicKeySchema, type PublicKey } from '../../gen/message_contents/public_key_pb.js';
import { SignatureSchema, type Signature } from '../../gen/message_contents/signature_pb.js';
import { encodeBase64 } from './base64.js';
import type { AuthDataFields, IdentityKeyFields, SignatureFields, TokenFields } from './fields.js';

/** Writes a token as base64, the text that follows `Bearer `. */
export function encodeToken(token: TokenFields): string {
  const { identityKey, authDataBytes, authDataSignature } = token;
  const message = create(TokenSchema, { authDataBytes });
  if (identityKey) message.identityKey = publicKey(identityKey);
  if (authDataSignature) message.authDataSignature = signature(authDataSignature);
  return encodeBase64(toBinary(TokenSchema, message));
}

/** Writes the part of a token that the identity key signs. */
export function encodeAuthData({ walletAddress, createdNs }: AuthDataFields): Uint8Array {
  return toBinary(AuthDataSchema, create(AuthDataSchema, { walletAddr: walletAddress, createdNs }));
}

/**
 * The bytes that the identity statement quotes, PROTOCOL.md section 2: the key with its timestamp alone, in canonical
 * order, whatever else the token said about it.
 */
export function encodeUnsignedKey({ timestamp, bytes }: Pick<IdentityKeyFields, 'timestamp' | 'bytes'>): Uint8Array {
  return toBinary(PublicKeySchema, publicKey({ timestamp, bytes, signature: undefined }));
}

/** A certified identity key in the form in which it is stored. */
export function encodeIdentityKey(key: IdentityKeyFields): Uint8Array {
  return toBinary(PublicKeySchema, publicKey(key));
}

function publicKey(key: IdentityKeyFields): PublicKey {
  const { timestamp, bytes } = key;
  const union = bytes ? ({ case: 'secp256k1Uncompressed', value: { bytes } } as const) : { case: undefined };
  const message = create(PublicKeySchema, { timestamp, union });
  if (key.signature) message.signature = signature(key.signature);
  return message;
}

function signature({ kind, bytes, recovery }: SignatureFields): Signature {
  switch (kind) {
    case 'ecdsa_compact':
      return create(SignatureSchema, { union: { case: 'ecdsaCompact', value: { bytes, recovery } } });
    case 'wallet_ecdsa_compact':
      return create(SignatureSchema, { union: { case: 'walletEcdsaCompact', value: { bytes, recovery } } });
    case undefined:
      return create(SignatureSchema);
  }
}
