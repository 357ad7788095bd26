import { encodeBase64 } from './base64.js';
import type { AuthDataFields, IdentityKeyFields, SignatureFields, TokenFields } from './fields.js';
import { WireWriter } from './wire-writer.js';

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
