import { refusal, untraced } from '../errors.js';
import { decodeBase64 } from './base64.js';
import type { AuthDataFields, IdentityKeyFields, SignatureFields, TokenFields } from './fields.js';
import { bytesOf, uint64Of, wireFields } from './wire-fields.js';

// The numbers below are those of proto/. They are read off the wire by hand, because the generated descriptors would be
// half of what a browser loads; a test compares them with the generated types. As in every protobuf parser, unknown fields
// are ignored, the last copy of a scalar counts and copies of a message are merged.

/**
 * Reads the fields of a token and judges none of them.
 * @param token base64 of a serialized `Token`, without the scheme.
 * @throws AuthError MALFORMED_TOKEN
 * @example
 * import { decodeToken } from 'grpc-wallet-auth';
 *
 * const { identityKey } = decodeToken(token); // verifies nothing
 * console.log(identityKey?.timestamp);
 */
export function decodeToken(token: string): TokenFields {
  const bytes = typeof token === 'string' ? decodeBase64(token) : undefined;
  if (bytes === undefined) throw refusal('MALFORMED_TOKEN', { cause: 'not base64' });
  try {
    return untraced(() => readToken(bytes));
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
    return untraced(() => readAuthData(bytes));
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
    return readIdentityKey(bytes);
  } catch (cause) {
    throw refusal('INVALID_IDENTITY_KEY', { cause });
  }
}

const EMPTY = new Uint8Array(0);
const NO_KEY: IdentityKeyFields = { timestamp: 0n, bytes: undefined, signature: undefined };
const NO_SIGNATURE: SignatureFields = { kind: undefined, bytes: EMPTY, recovery: 0 };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readToken(message: Uint8Array): TokenFields {
  let identityKey: IdentityKeyFields | undefined;
  let authDataBytes: Uint8Array = EMPTY;
  let authDataSignature: SignatureFields | undefined;
  for (const field of wireFields(message)) {
    if (field.number === 1) identityKey = readIdentityKey(bytesOf(field), identityKey);
    else if (field.number === 2) authDataBytes = bytesOf(field);
    else if (field.number === 3) authDataSignature = readSignature(bytesOf(field), authDataSignature);
  }
  return { identityKey, authDataBytes, authDataSignature };
}

function readAuthData(message: Uint8Array): AuthDataFields {
  let walletAddress = '';
  let createdNs = 0n;
  for (const field of wireFields(message)) {
    if (field.number === 1) walletAddress = utf8.decode(bytesOf(field));
    else if (field.number === 2) createdNs = uint64Of(field);
  }
  return { walletAddress, createdNs };
}

function readIdentityKey(message: Uint8Array, before = NO_KEY): IdentityKeyFields {
  let { timestamp, bytes, signature } = before;
  for (const field of wireFields(message)) {
    if (field.number === 1) timestamp = uint64Of(field);
    else if (field.number === 2) signature = readSignature(bytesOf(field), signature);
    else if (field.number === 3) bytes = readPoint(bytesOf(field), bytes);
  }
  return { timestamp, bytes, signature };
}

function readPoint(message: Uint8Array, before: Uint8Array = EMPTY): Uint8Array {
  let bytes = before;
  for (const field of wireFields(message)) if (field.number === 1) bytes = bytesOf(field);
  return bytes;
}

const KINDS = [undefined, 'ecdsa_compact', 'wallet_ecdsa_compact'] as const;

function readSignature(message: Uint8Array, before = NO_SIGNATURE): SignatureFields {
  let signature = before;
  for (const field of wireFields(message)) {
    const kind = KINDS[field.number];
    if (kind === undefined) continue;
    // the kinds are a oneof: the last one counts, and takes over nothing from the other
    const start = kind === signature.kind ? signature : { ...NO_SIGNATURE, kind };
    signature = readCompact(bytesOf(field), start);
  }
  return signature;
}

function readCompact(message: Uint8Array, before: SignatureFields): SignatureFields {
  let { bytes, recovery } = before;
  for (const field of wireFields(message)) {
    if (field.number === 1) bytes = bytesOf(field);
    else if (field.number === 2) recovery = Number(BigInt.asUintN(32, uint64Of(field)));
  }
  return { kind: before.kind, bytes, recovery };
}
