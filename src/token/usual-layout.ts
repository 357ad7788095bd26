import type { AuthDataFields, SignatureFields, TokenFields } from './fields.js';

// The layout that clients write: fields in the order of their numbers, each once, a key of 65 and signatures of 64 bytes.
// Whatever is laid out in another way, right or wrong, is `undefined` here and left to the general reader.

const KEY_LENGTH = 65;
const SIGNATURE_LENGTH = 64;
const ADDRESS_LENGTH = 42;

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
  const key = point(cursor, keyEnd);
  if (key === undefined) return undefined;

  const authDataEnd = enter(cursor, 0x12, message.length);
  if (authDataEnd === undefined) return undefined;
  const authDataBytes = message.subarray(cursor.at, authDataEnd);
  cursor.at = authDataEnd;
  const authDataSignature = usualSignature(cursor, 0x1a, message.length);
  if (authDataSignature === undefined || cursor.at !== message.length) return undefined;
  return { identityKey: { timestamp, bytes: key, signature }, authDataBytes, authDataSignature };
}

/** The fields of auth data in the usual layout: an address of 42 ASCII characters and a time. */
export function usualAuthData(
  message: Uint8Array,
  toLatin1: (bytes: Uint8Array) => string,
): AuthDataFields | undefined {
  const addressEnd = 2 + ADDRESS_LENGTH;
  if (message[0] !== 0x0a || message[1] !== ADDRESS_LENGTH || message[addressEnd] !== 0x10) return undefined;
  for (let i = 2; i < addressEnd; i++) if ((message[i] ?? 0) > 127) return undefined;
  const cursor = { message, at: addressEnd };
  const createdNs = uint64(cursor, message.length);
  if (createdNs === undefined || cursor.at !== message.length) return undefined;
  return { walletAddress: toLatin1(message.subarray(2, addressEnd)), createdNs };
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

/** The public key, at the end of the identity key. */
function point(cursor: Cursor, end: number): Uint8Array | undefined {
  const { message } = cursor;
  if (enter(cursor, 0x1a, end) !== end || enter(cursor, 0x0a, end) !== end || cursor.at + KEY_LENGTH !== end)
    return undefined;
  cursor.at = end;
  return message.subarray(end - KEY_LENGTH, end);
}
