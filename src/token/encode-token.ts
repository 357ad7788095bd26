import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

import { encodeBase64 } from './base64.js';
import type { AuthDataFields, IdentityKeyFields, SignatureFields, TokenFields } from './fields.js';

// Canonical proto3: fields in the order of their numbers, zeros and empty scalars left out. The numbers are those of proto/.

/** Writes a token as base64, the text that follows `Bearer `. */
export function encodeToken({ identityKey, authDataBytes, authDataSignature }: TokenFields): string {
  const writer = new BinaryWriter();
  if (identityKey) writeBytes(writer, 1, encodeIdentityKey(identityKey));
  if (authDataBytes.length > 0) writeBytes(writer, 2, authDataBytes);
  if (authDataSignature) writeBytes(writer, 3, encodeSignature(authDataSignature));
  return encodeBase64(writer.finish());
}

/** Writes the part of a token that the identity key signs. */
export function encodeAuthData({ walletAddress, createdNs }: AuthDataFields): Uint8Array {
  const writer = new BinaryWriter();
  if (walletAddress !== '') writer.tag(1, WireType.LengthDelimited).string(walletAddress);
  if (createdNs !== 0n) writer.tag(2, WireType.Varint).uint64(createdNs);
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
  const writer = new BinaryWriter();
  if (timestamp !== 0n) writer.tag(1, WireType.Varint).uint64(timestamp);
  if (signature) writeBytes(writer, 2, encodeSignature(signature));
  if (bytes) writeBytes(writer, 3, encodeUnion(bytes, 0));
  return writer.finish();
}

const NUMBERS = { ecdsa_compact: 1, wallet_ecdsa_compact: 2 } as const;

function encodeSignature({ kind, bytes, recovery }: SignatureFields): Uint8Array {
  const writer = new BinaryWriter();
  if (kind !== undefined) writeBytes(writer, NUMBERS[kind], encodeUnion(bytes, recovery));
  return writer.finish();
}

function encodeUnion(bytes: Uint8Array, recovery: number): Uint8Array {
  const writer = new BinaryWriter();
  if (bytes.length > 0) writeBytes(writer, 1, bytes);
  if (recovery !== 0) writer.tag(2, WireType.Varint).uint32(recovery);
  return writer.finish();
}

function writeBytes(writer: BinaryWriter, number: number, bytes: Uint8Array): void {
  writer.tag(number, WireType.LengthDelimited).bytes(bytes);
}
