import { encodeBase64 } from '../bytes/base64.js';
import type { AuthDataFields, IdentityKeyFields, SignatureFields, TokenFields } from './fields.js';

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
export function encodeAuthData({ walletAddress, createdNs }: AuthDataFields): Uint8Array {
  const writer = new WireWriter();
  if (walletAddress !== '') writer.text(1, walletAddress);
  if (createdNs !== 0n) writer.varint(2, createdNs);
  return writer.finish();
}

/**
 * The bytes that the identity statement quotes, PROTOCOL.md section 2: the key with its timestamp alone, in canonical
 * order, whatever else the token holds about it.
 */
export function encodeUnsignedKey({ timestamp, bytes }: Pick<IdentityKeyFields, 'timestamp' | 'bytes'>): Uint8Array {
  return encodeIdentityKey({ timestamp, bytes, signature: undefined });
}

/** A certified identity key in the form in which it is stored. */
export function encodeIdentityKey({ timestamp, bytes, signature }: IdentityKeyFields): Uint8Array {
  const writer = new WireWriter();
  if (timestamp !== 0n) writer.varint(1, timestamp);
  if (signature) writer.bytes(2, encodeSignature(signature));
  if (bytes) writer.bytes(3, encodeUnion(bytes, 0));
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
