import { decodeBase64 } from '../bytes/base64.js';
import { bytes as portable } from '../bytes/portable-bytes.js';
import { refusal, untraced } from '../errors.js';
import {
  NOT_AFTER,
  RESTRICTIONS,
  type AuthDataFields,
  type IdentityKeyFields,
  type RestrictionFields,
  type SignatureFields,
  type TokenFields,
} from './fields.js';
import { misshapen, NO_RESTRICTIONS, readRestrictions, whatIsSet } from './restrictions.js';
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

/** Reads one copy of the restrictions on top of those before it. */
function readCopy(reader: WireReader, before: RestrictionFields): RestrictionFields {
  return readRestrictions(reader, before, portable.toLatin1);
}

function readAuthData(message: Uint8Array): AuthDataFields {
  const reader = new WireReader(message);
  let walletAddress = '';
  let createdNs = 0n;
  let restrictions: RestrictionFields | undefined;
  while (reader.next()) {
    if (reader.number === 1) walletAddress = utf8.decode(reader.bytes());
    else if (reader.number === 2) createdNs = reader.uint64();
    else if (reader.number === RESTRICTIONS) restrictions = reader.message(readCopy, restrictions ?? NO_RESTRICTIONS);
    else reader.skip();
  }
  if (restrictions === undefined) return { walletAddress, createdNs, restrictions };
  const fault = misshapen(restrictions, createdNs);
  if (fault !== undefined) throw new Error(fault);
  return { walletAddress, createdNs, restrictions: whatIsSet(restrictions) };
}

function readIdentityKey(reader: WireReader, before: IdentityKeyFields): IdentityKeyFields {
  let { timestamp, signature } = before;
  let point: PointFields = before;
  while (reader.next()) {
    if (reader.number === 1) timestamp = reader.uint64();
    else if (reader.number === 2) signature = reader.message(readSignature, signature ?? NO_SIGNATURE);
    else if (reader.number === 3) point = reader.message(readPoint, point);
    else reader.skip();
  }
  const { bytes, notAfterNs, isMisshapen } = point;
  const key = { timestamp, bytes, signature };
  if (isMisshapen !== undefined) return { ...key, notAfterNs, isMisshapen };
  return notAfterNs === undefined ? key : { ...key, notAfterNs };
}

type PointFields = Pick<IdentityKeyFields, 'bytes' | 'notAfterNs' | 'isMisshapen'>;

/**
 * Reads one copy of the message around the key. It is misshapen unless it is empty or holds the key, then at most one end, and
 * nothing else, in the shortest encoding; and where there is an end, it is the only copy. The wallet signed these very bytes.
 */
function readPoint(reader: WireReader, before: PointFields): PointFields {
  let { bytes, notAfterNs } = before;
  let isMisshapen = before.isMisshapen ?? (notAfterNs !== undefined || undefined);
  let last = 0;
  reader.sawOverlong = false;
  while (reader.next()) {
    const { number } = reader;
    if (number <= last || (last === 0 && number !== 1)) isMisshapen = true;
    if (number === 1) bytes = reader.bytes();
    else if (number === NOT_AFTER) {
      if (before.bytes !== undefined) isMisshapen = true;
      notAfterNs = reader.uint64();
      if (notAfterNs === 0n) isMisshapen = true;
    } else {
      isMisshapen = true;
      reader.skip();
    }
    last = number;
  }
  if (reader.sawOverlong) isMisshapen = true;
  return { bytes: bytes ?? EMPTY, notAfterNs, isMisshapen };
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
