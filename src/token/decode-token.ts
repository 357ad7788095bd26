import { fromBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';

import { AuthDataSchema, TokenSchema } from '../../gen/message_api/v1/authn_pb.js';
import { PublicKeySchema, type PublicKey } from '../../gen/message_contents/public_key_pb.js';
import type { Signature } from '../../gen/message_contents/signature_pb.js';
import { refusal } from '../errors.js';
import { decodeBase64 } from './base64.js';
import { checkWire } from './check-wire.js';
import type { AuthDataFields, IdentityKeyFields, SignatureFields, TokenFields } from './fields.js';

/**
 * Reads the fields of a token and judges none of them.
 * @param token base64 of a serialized `Token`, without the scheme.
 * @throws AuthError MALFORMED_TOKEN
 */
export function decodeToken(token: string): TokenFields {
  const bytes = typeof token === 'string' ? decodeBase64(token) : undefined;
  if (bytes === undefined) throw refusal('MALFORMED_TOKEN', { cause: 'not base64' });
  try {
    const { identityKey, authDataBytes, authDataSignature } = read(TokenSchema, bytes);
    return {
      identityKey: identityKey && identityKeyFields(identityKey),
      authDataBytes,
      authDataSignature: authDataSignature && signatureFields(authDataSignature),
    };
  } catch (cause) {
    throw refusal('MALFORMED_TOKEN', { cause });
  }
}

/**
 * Reads the signed part of a token.
 * @throws AuthError MALFORMED_AUTH_DATA
 */
export function decodeAuthData(bytes: Uint8Array): AuthDataFields {
  try {
    const { walletAddr, createdNs } = read(AuthDataSchema, bytes);
    return { walletAddress: walletAddr, createdNs };
  } catch (cause) {
    throw refusal('MALFORMED_AUTH_DATA', { cause });
  }
}

/**
 * Reads a certified identity key in the form in which it is stored.
 * @throws AuthError INVALID_IDENTITY_KEY
 */
export function decodeIdentityKey(bytes: Uint8Array): IdentityKeyFields {
  try {
    return identityKeyFields(read(PublicKeySchema, bytes));
  } catch (cause) {
    throw refusal('INVALID_IDENTITY_KEY', { cause });
  }
}

function read<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
  checkWire(schema, bytes);
  // unknown fields are ignored (PROTOCOL.md section 3), so they are not kept either
  return fromBinary(schema, bytes, { readUnknownFields: false });
}

function identityKeyFields({ timestamp, union, signature }: PublicKey): IdentityKeyFields {
  return { timestamp, bytes: union.value?.bytes, signature: signature && signatureFields(signature) };
}

function signatureFields({ union }: Signature): SignatureFields {
  switch (union.case) {
    case 'ecdsaCompact':
      return { kind: 'ecdsa_compact', bytes: union.value.bytes, recovery: union.value.recovery };
    case 'walletEcdsaCompact':
      return { kind: 'wallet_ecdsa_compact', bytes: union.value.bytes, recovery: union.value.recovery };
    case undefined:
      return { kind: undefined, bytes: new Uint8Array(0), recovery: 0 };
  }
}
