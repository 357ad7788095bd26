import { encodeBase64 } from '../bytes/base64.js';
import {
  NOT_AFTER,
  RESTRICTIONS,
  type AuthDataFields,
  type IdentityKeyFields,
  type RestrictionFields,
  type SignatureFields,
  type TokenFields,
} from './fields.js';

const VARINT = 0;
const LENGTH_DELIMITED = 2;

const utf8 = new TextEncoder();

const ASCII = /^[\x20-\x7e]*$/;

// Canonical proto3: fields in the order of their numbers, zeros and empty scalars left out. The numbers are those of proto/.

/** Writes a token as base64, the text that follows `Bearer `. */
export function encodeToken({ identityKey, authDataBytes, authDataSignature }: TokenFields): string {
  const writer = new WireWriter();
  if (identityKey) writer.bytes(1, encodeIdentityKey(identityKey));
  if (authDataBytes.length > 0) writer.bytes(2, authDataBytes);
  if (authDataSignature) writer.bytes(3, encodeSignature(authDataSignature));
  return encodeBase64(writer.finish());
}

/** Writes the part of a token that the identity key signs. */
export function encodeAuthData({ walletAddress, createdNs, restrictions }: AuthDataFields): Uint8Array {
  const writer = new WireWriter();
  if (walletAddress !== '') writer.text(1, walletAddress);
  if (createdNs !== 0n) writer.varint(2, createdNs);
  if (restrictions) writer.bytes(RESTRICTIONS, encodeRestrictions(restrictions));
  return writer.finish();
}

function encodeRestrictions(fields: RestrictionFields): Uint8Array {
  const { audience, expiresNs = 0n, challenge, methods, proofRequired, strict } = fields;
  const writer = new WireWriter();
  for (const name of audience) writer.text(1, name);
  if (expiresNs !== 0n) writer.varint(2, expiresNs);
  if (challenge && challenge.length > 0) writer.bytes(3, challenge);
  for (const pattern of methods) writer.text(4, pattern);
  if (proofRequired) writer.varint(5, 1n);
  if (strict) writer.varint(6, 1n);
  return writer.finish();
}

/** What a wallet certifies: the key, when it was made, and when the certificate ends. */
export type UnsignedKey = Pick<IdentityKeyFields, 'timestamp' | 'bytes' | 'notAfterNs'>;

/**
 * The bytes that the identity statement quotes, PROTOCOL.md section 2: the key with its timestamp and its end alone, in canonical
 * order, whatever else the token holds about it.
 */
export function encodeUnsignedKey({ timestamp, bytes, notAfterNs }: UnsignedKey): Uint8Array {
  return encodeIdentityKey({ timestamp, bytes, signature: undefined, notAfterNs });
}

/** A certified identity key in the form in which it is stored. */
export function encodeIdentityKey({ timestamp, bytes, signature, notAfterNs }: IdentityKeyFields): Uint8Array {
  const writer = new WireWriter();
  if (timestamp !== 0n) writer.varint(1, timestamp);
  if (signature) writer.bytes(2, encodeSignature(signature));
  if (bytes) writer.bytes(3, encodePoint(bytes, notAfterNs));
  return writer.finish();
}

function encodePoint(bytes: Uint8Array, notAfterNs = 0n): Uint8Array {
  const writer = new WireWriter();
  if (bytes.length > 0) writer.bytes(1, bytes);
  if (notAfterNs !== 0n) writer.varint(NOT_AFTER, notAfterNs);
  return writer.finish();
}

const NUMBERS = { ecdsa_compact: 1, wallet_ecdsa_compact: 2 } as const;

function encodeSignature({ kind, bytes, recovery }: SignatureFields): Uint8Array {
  const writer = new WireWriter();
  if (kind !== undefined) writer.bytes(NUMBERS[kind], encodeUnion(bytes, recovery));
  return writer.finish();
}

function encodeUnion(bytes: Uint8Array, recovery: number): Uint8Array {
  const writer = new WireWriter();
  if (bytes.length > 0) writer.bytes(1, bytes);
  if (recovery !== 0) writer.varint(2, BigInt(recovery));
  return writer.finish();
}

/** Writes the fields of one protobuf message, in the order of the calls. Small, because browsers load it. */
export class WireWriter {
  readonly #bytes: number[] = [];

  /** Writes an unsigned number: not negative, below 2^64. */
  varint(number: number, value: bigint): this {
    return this.#tag(number, VARINT).#varint(value);
  }

  /** Writes bytes, or a message inside this one. */
  bytes(number: number, value: Uint8Array | WireWriter): this {
    const bytes = value instanceof WireWriter ? value.#bytes : value;
    this.#tag(number, LENGTH_DELIMITED).#uint32(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.#bytes.push(bytes[i] ?? 0);
    return this;
  }

  /** Writes a text as UTF-8. */
  text(number: number, value: string): this {
    if (!ASCII.test(value)) return this.bytes(number, utf8.encode(value));
    this.#tag(number, LENGTH_DELIMITED).#uint32(value.length);
    for (let i = 0; i < value.length; i++) this.#bytes.push(value.charCodeAt(i));
    return this;
  }

  /** The message so far. */
  finish(): Uint8Array {
    return new Uint8Array(this.#bytes);
  }

  #tag(number: number, wireType: number): this {
    return this.#uint32((number << 3) | wireType);
  }

  #uint32(value: number): this {
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.#bytes.push((rest & 127) | 128);
    this.#bytes.push(rest);
    return this;
  }

  #varint(value: bigint): this {
    let rest = value;
    for (; rest > 127n; rest >>= 7n) this.#bytes.push(Number(rest & 127n) | 128);
    this.#bytes.push(Number(rest));
    return this;
  }
}
