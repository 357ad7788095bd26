import type { AuthDataFields, RestrictionFields, SignatureFields, TokenFields } from './fields.js';
import { MAX_AUDIENCES, MAX_METHODS, misshapen, whatIsSet } from './restrictions.js';

// The layout that clients write: fields in the order of their numbers, each once, a key of 65 and signatures of 64 bytes.
// Whatever is laid out in another way, right or wrong, is `undefined` here and left to the general reader.

const KEY_LENGTH = 65;
const SIGNATURE_LENGTH = 64;
const ADDRESS_LENGTH = 42;
/** The tags of the fields 1600, of two bytes. */
const NOT_AFTER_TAG = [0x80, 0x64] as const;
const RESTRICTIONS_TAG = [0x82, 0x64] as const;

/** A place in a message. */
interface Cursor {
  readonly message: Uint8Array;
  at: number;
}

/** The fields of a token in the usual layout. Its bytes alias the message. */
export function usualToken(message: Uint8Array): TokenFields | undefined {
  const cursor = { message, at: 0 };
  const keyEnd = enter(cursor, 0x0a, message.length);
  if (keyEnd === undefined) return undefined;
  const timestamp = message[cursor.at] === 0x08 ? uint64(cursor, keyEnd) : 0n;
  if (timestamp === undefined) return undefined;
  const signature = usualSignature(cursor, 0x12, keyEnd);
  if (signature === undefined) return undefined;
  const key = usualKey(cursor, keyEnd);
  if (key === undefined) return undefined;

  const authDataEnd = enter(cursor, 0x12, message.length);
  if (authDataEnd === undefined) return undefined;
  const authDataBytes = message.subarray(cursor.at, authDataEnd);
  cursor.at = authDataEnd;
  const authDataSignature = usualSignature(cursor, 0x1a, message.length);
  if (authDataSignature === undefined || cursor.at !== message.length) return undefined;
  const { bytes, notAfterNs } = key;
  const identityKey =
    notAfterNs === undefined ? { timestamp, bytes, signature } : { timestamp, bytes, signature, notAfterNs };
  return { identityKey, authDataBytes, authDataSignature };
}

/** The fields of auth data in the usual layout: an address of 42 ASCII characters, a time, and restrictions if there are any. */
export function usualAuthData(
  message: Uint8Array,
  toLatin1: (bytes: Uint8Array) => string,
): AuthDataFields | undefined {
  const addressEnd = 2 + ADDRESS_LENGTH;
  if (message[0] !== 0x0a || message[1] !== ADDRESS_LENGTH || message[addressEnd] !== 0x10) return undefined;
  for (let i = 2; i < addressEnd; i++) if ((message[i] ?? 0) > 127) return undefined;
  const cursor = { message, at: addressEnd };
  const createdNs = uint64(cursor, message.length);
  if (createdNs === undefined) return undefined;
  const restricted = cursor.at !== message.length;
  const restrictions = restricted ? usualRestrictions(cursor, createdNs, toLatin1) : undefined;
  if (restrictions === null) return undefined;
  return { walletAddress: toLatin1(message.subarray(2, addressEnd)), createdNs, restrictions };
}

/** Restrictions at the end of the auth data; `null` if there is anything else, or anything unusual or wrong with them. */
function usualRestrictions(
  cursor: Cursor,
  createdNs: bigint,
  toLatin1: (bytes: Uint8Array) => string,
): RestrictionFields | undefined | null {
  const { message } = cursor;
  const end = message.length;
  if (message[cursor.at++] !== RESTRICTIONS_TAG[0] || enter(cursor, RESTRICTIONS_TAG[1], end) !== end) return null;
  const audience = texts(cursor, 0x0a, end, toLatin1);
  const expiresNs = message[cursor.at] === 0x10 ? uint64(cursor, end) : undefined;
  const challenge = message[cursor.at] === 0x1a ? bytesIn(cursor, 0x1a, end) : undefined;
  const methods = texts(cursor, 0x22, end, toLatin1);
  const strict = message[cursor.at] === 0x30 && message[cursor.at + 1] === 1;
  if (strict) cursor.at += 2;
  if (cursor.at !== end || audience.length > MAX_AUDIENCES || methods.length > MAX_METHODS) return null;
  const fields = { audience, expiresNs, challenge, methods, proofRequired: false, strict, unknownField: undefined };
  return misshapen(fields, createdNs) === undefined ? whatIsSet(fields) : null;
}

/** All fields with this tag that stand here. */
function texts(cursor: Cursor, tag: number, end: number, toLatin1: (bytes: Uint8Array) => string): string[] {
  const found: string[] = [];
  while (cursor.message[cursor.at] === tag) {
    const bytes = bytesIn(cursor, tag, end);
    if (bytes === undefined) break;
    found.push(toLatin1(bytes));
  }
  return found;
}

/** The bytes of a field with this tag; without any, the cursor is not at the end of the message. */
function bytesIn(cursor: Cursor, tag: number, end: number): Uint8Array | undefined {
  const start = cursor.at;
  const fieldEnd = enter(cursor, tag, end);
  if (fieldEnd === undefined) {
    cursor.at = start;
    return undefined;
  }
  const bytes = cursor.message.subarray(cursor.at, fieldEnd);
  cursor.at = fieldEnd;
  return bytes;
}

/** Goes into a length-delimited field with this tag; returns where it ends. */
function enter(cursor: Cursor, tag: number, end: number): number | undefined {
  const { message } = cursor;
  if (message[cursor.at] !== tag) return undefined;
  let length = message[cursor.at + 1] ?? 0;
  cursor.at += 2;
  if (length > 127) {
    const more = message[cursor.at++] ?? 128;
    if (more > 127) return undefined;
    length = (length & 127) | (more << 7);
  }
  const fieldEnd = cursor.at + length;
  return fieldEnd <= end ? fieldEnd : undefined;
}

/** A field that is a varint of at most nine bytes, whose tag is one byte. */
function uint64(cursor: Cursor, end: number): bigint | undefined {
  const { message } = cursor;
  const start = cursor.at + 1;
  let low = 0; // the first seven bytes, of 49 bits
  let high = 0;
  let weight = 1;
  for (let i = start; i < end && i < start + 9; i++) {
    const byte = message[i] ?? 0;
    if (i === start + 7) weight = 1;
    if (i < start + 7) low += (byte & 127) * weight;
    else high += (byte & 127) * weight;
    weight *= 128;
    if (byte > 127) continue;
    cursor.at = i + 1;
    return high === 0 ? BigInt(low) : (BigInt(high) << 49n) | BigInt(low);
  }
  return undefined;
}

/** A signature of either kind, with its recovery id or without. */
function usualSignature(cursor: Cursor, tag: number, end: number): SignatureFields | undefined {
  const { message } = cursor;
  const signatureEnd = enter(cursor, tag, end);
  if (signatureEnd === undefined) return undefined;
  const kind = message[cursor.at] === 0x0a ? 'ecdsa_compact' : 'wallet_ecdsa_compact';
  const compactEnd = enter(cursor, kind === 'ecdsa_compact' ? 0x0a : 0x12, signatureEnd);
  if (compactEnd !== signatureEnd || enter(cursor, 0x0a, compactEnd) !== cursor.at + SIGNATURE_LENGTH) return undefined;
  const bytes = message.subarray(cursor.at, cursor.at + SIGNATURE_LENGTH);
  cursor.at += SIGNATURE_LENGTH;
  if (cursor.at === compactEnd) return { kind, bytes, recovery: 0 };
  const recovery = message[cursor.at + 1] ?? 128;
  if (message[cursor.at] !== 0x10 || recovery > 127 || cursor.at + 2 !== compactEnd) return undefined;
  cursor.at = compactEnd;
  return { kind, bytes, recovery };
}

/** The public key at the end of the identity key, with the end of its certificate or without. */
function usualKey(
  cursor: Cursor,
  end: number,
): { readonly bytes: Uint8Array; readonly notAfterNs: bigint | undefined } | undefined {
  const { message } = cursor;
  if (enter(cursor, 0x1a, end) !== end) return undefined;
  const start = cursor.at + 2;
  if (message[cursor.at] !== 0x0a || message[cursor.at + 1] !== KEY_LENGTH || start + KEY_LENGTH > end)
    return undefined;
  const bytes = message.subarray(start, start + KEY_LENGTH);
  cursor.at = start + KEY_LENGTH;
  if (cursor.at === end) return { bytes, notAfterNs: undefined };
  if (message[cursor.at] !== NOT_AFTER_TAG[0] || message[++cursor.at] !== NOT_AFTER_TAG[1]) return undefined;
  const notAfterNs = uint64(cursor, end);
  // 0, and what ends in a byte of 0 because it is longer than it need be, are for the general reader to judge
  if (notAfterNs === undefined || cursor.at !== end || message[end - 1] === 0) return undefined;
  return { bytes, notAfterNs };
}
