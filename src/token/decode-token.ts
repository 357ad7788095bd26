import { decodeBase64 } from '../bytes/base64.js';
import { refusal, untraced } from '../errors.js';
import type { AuthDataFields, IdentityKeyFields, SignatureFields, TokenFields } from './fields.js';
import { WireReader } from './wire-reader.js';

// The numbers below are those of proto/. They are read off the wire by hand, because the generated descriptors would be
// half of what a browser loads; a test compares them with the generated types. As in every protobuf parser, unknown fields
// are ignored, the last copy of a scalar counts and copies of a message are merged. Where parsers differ, as about lengths
// of more than 32 bits, the token is refused.

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
  return decodeTokenBytes(typeof token === 'string' ? decodeBase64(token) : undefined);
}

/**
 * Reads the fields of a token in any layout.
 * @param bytes a serialized `Token`; `undefined` if its text was not base64.
 * @throws AuthError MALFORMED_TOKEN
 */
export function decodeTokenBytes(bytes: Uint8Array | undefined): TokenFields {
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
    return readIdentityKey(new WireReader(bytes), NO_KEY);
  } catch (cause) {
    throw refusal('INVALID_IDENTITY_KEY', { cause });
  }
}

const EMPTY = new Uint8Array(0);
const NO_KEY: IdentityKeyFields = { timestamp: 0n, bytes: undefined, signature: undefined };
const NO_SIGNATURE: SignatureFields = { kind: undefined, bytes: EMPTY, recovery: 0 };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readToken(message: Uint8Array): TokenFields {
  const reader = new WireReader(message);
  let identityKey: IdentityKeyFields | undefined;
  let authDataBytes: Uint8Array = EMPTY;
  let authDataSignature: SignatureFields | undefined;
  while (reader.next()) {
    if (reader.number === 1) identityKey = reader.message(readIdentityKey, identityKey ?? NO_KEY);
    else if (reader.number === 2) authDataBytes = reader.bytes();
    else if (reader.number === 3) authDataSignature = reader.message(readSignature, authDataSignature ?? NO_SIGNATURE);
    else reader.skip();
  }
  return { identityKey, authDataBytes, authDataSignature };
}

function readAuthData(message: Uint8Array): AuthDataFields {
  const reader = new WireReader(message);
  let walletAddress = '';
  let createdNs = 0n;
  while (reader.next()) {
    if (reader.number === 1) walletAddress = utf8.decode(reader.bytes());
    else if (reader.number === 2) createdNs = reader.uint64();
    else reader.skip();
  }
  return { walletAddress, createdNs };
}

function readIdentityKey(reader: WireReader, before: IdentityKeyFields): IdentityKeyFields {
  let { timestamp, bytes, signature } = before;
  while (reader.next()) {
    if (reader.number === 1) timestamp = reader.uint64();
    else if (reader.number === 2) signature = reader.message(readSignature, signature ?? NO_SIGNATURE);
    else if (reader.number === 3) bytes = reader.message(readPoint, bytes ?? EMPTY);
    else reader.skip();
  }
  return { timestamp, bytes, signature };
}

function readPoint(reader: WireReader, before: Uint8Array): Uint8Array {
  let bytes = before;
  while (reader.next()) {
    if (reader.number === 1) bytes = reader.bytes();
    else reader.skip();
  }
  return bytes;
}

const KINDS = [undefined, 'ecdsa_compact', 'wallet_ecdsa_compact'] as const;

function readSignature(reader: WireReader, before: SignatureFields): SignatureFields {
  let signature = before;
  while (reader.next()) {
    const kind = KINDS[reader.number];
    // the kinds are a oneof: the last one counts, and takes over nothing from the other
    if (kind === undefined) reader.skip();
    else signature = reader.message(readCompact, kind === signature.kind ? signature : { ...NO_SIGNATURE, kind });
  }
  return signature;
}

function readCompact(reader: WireReader, before: SignatureFields): SignatureFields {
  let { bytes, recovery } = before;
  while (reader.next()) {
    if (reader.number === 1) bytes = reader.bytes();
    else if (reader.number === 2) recovery = reader.uint32();
    else reader.skip();
  }
  return { kind: before.kind, bytes, recovery };
}
