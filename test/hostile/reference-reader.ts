import { fromBinary } from '@bufbuild/protobuf';

import { TokenSchema } from '../../gen/message_api/v1/authn_pb.js';
import type { Signature } from '../../gen/message_contents/signature_pb.js';
import type { SignatureFields, TokenFields } from '../../src/index.js';
import { bytes as rawBytes, concat, uint } from '../support/raw-proto.js';

/** For each known field of a message: `number` for a varint, `bytes`, or the fields of the message that it is. */
interface Shape {
  readonly [number: number]: 'number' | 'bytes' | Shape;
}

const COMPACT: Shape = { 1: 'bytes', 2: 'number' };
const SIGNATURE: Shape = { 1: COMPACT, 2: COMPACT };
const TOKEN: Shape = { 1: { 1: 'number', 2: SIGNATURE, 3: { 1: 'bytes', 1600: 'number' } }, 2: 'bytes', 3: SIGNATURE };

/** A token as the generated code reads it, under stricter rules of the wire than its own; `undefined` if it is none. */
export function referenceFields(bytes: Uint8Array): TokenFields | undefined {
  try {
    walk(bytes, 0, TOKEN, undefined);
    const { identityKey, authDataBytes, authDataSignature } = fromBinary(TokenSchema, bytes);
    return {
      identityKey: identityKey && {
        timestamp: identityKey.timestamp,
        bytes: identityKey.union.value?.bytes,
        signature: identityKey.signature && signatureFields(identityKey.signature),
        notAfterNs: notAfterOf(bytes, identityKey.union.value?.notAfterNs),
        isMisshapen: isMisshapen(bytes) || undefined,
      },
      authDataBytes,
      authDataSignature: authDataSignature && signatureFields(authDataSignature),
    };
  } catch {
    return undefined;
  }
}

/** An end of 0 is read as it stands, where it is misshapen; otherwise there is none. */
function notAfterOf(bytes: Uint8Array, ns = 0n): bigint | undefined {
  if (ns !== 0n) return ns;
  return keyCopies(bytes).some((copy) => fieldsIn(copy).some(({ number }) => number === 1600)) ? 0n : undefined;
}

/** Whether the message around the key is written in any but the one way, section 3 of PROTOCOL.md. */
function isMisshapen(bytes: Uint8Array): boolean {
  const copies = keyCopies(bytes);
  return copies.some((copy) => {
    const fields = fieldsIn(copy);
    const [key, end] = fields;
    if (key === undefined) return false;
    const shortest = concat(...[rawBytes(1, key.content), ...(end ? [uint(1600, end.value)] : [])]);
    if (Buffer.compare(shortest, copy) !== 0) return true;
    return end !== undefined && (end.value === 0n || copies.length > 1);
  });
}

/** The contents of all copies of the message around the key. */
function keyCopies(token: Uint8Array): Uint8Array[] {
  const contents = (message: Uint8Array, wanted: number) =>
    fieldsIn(message)
      .filter(({ number, wireType }) => number === wanted && wireType === 2)
      .map(({ content }) => content);
  return contents(token, 1).flatMap((key) => contents(key, 3));
}

/** The fields of a message that was walked over. */
function fieldsIn(message: Uint8Array) {
  const fields = [];
  for (let at = 0; at < message.length;) {
    const tag = readVarint(message, at);
    const number = Number(tag.value >> 3n);
    const wireType = Number(tag.value & 7n);
    const end = skip(message, tag.end, number, wireType, undefined);
    const first = wireType === 0 || wireType === 2 ? readVarint(message, tag.end) : { value: 0n, end };
    fields.push({ number, wireType, value: first.value, content: message.subarray(first.end, end) });
    at = end;
  }
  return fields;
}

const KINDS = { ecdsaCompact: 'ecdsa_compact', walletEcdsaCompact: 'wallet_ecdsa_compact' } as const;

function signatureFields({ union }: Signature): SignatureFields {
  if (union.case === undefined) return { kind: undefined, bytes: new Uint8Array(0), recovery: 0 };
  return { kind: KINDS[union.case], bytes: union.value.bytes, recovery: union.value.recovery };
}

/**
 * Walks over a message, or a group to its end, and accepts nothing that a parser could understand in two ways.
 * @returns where it ends.
 */
function walk(bytes: Uint8Array, start: number, shape: Shape, group: number | undefined): number {
  let at = start;
  while (at < bytes.length) {
    const tag = readVarint(bytes, at);
    if (tag.value >= 2n ** 32n) throw new Error('a tag above 32 bits');
    const number = Number(tag.value >> 3n);
    const wireType = Number(tag.value & 7n);
    if (number === 0) throw new Error('field 0');
    if (wireType === 4 && number === group) return tag.end;
    const declared = group === undefined ? shape[number] : undefined;
    const expected = declared === undefined ? wireType : declared === 'number' ? 0 : 2;
    if (wireType !== expected) throw new Error('another wire type');
    at = skip(bytes, tag.end, number, wireType, typeof declared === 'object' ? declared : undefined);
    if (at > bytes.length) throw new Error('beyond the end');
  }
  if (group !== undefined) throw new Error('a group without an end');
  return at;
}

function skip(bytes: Uint8Array, at: number, number: number, wireType: number, shape: Shape | undefined): number {
  if (wireType === 0) return readVarint(bytes, at).end;
  if (wireType === 1) return at + 8;
  if (wireType === 5) return at + 4;
  if (wireType === 3) return walk(bytes, at, {}, number);
  if (wireType !== 2) throw new Error('no such wire type');
  const length = readVarint(bytes, at);
  // the generated code keeps 32 bits of a length: it would read 2^32 + n as n
  if (length.value > bytes.length - length.end) throw new Error('beyond the end');
  const end = length.end + Number(length.value);
  if (shape) walk(bytes.subarray(length.end, end), 0, shape, undefined);
  return end;
}

function readVarint(bytes: Uint8Array, start: number): { readonly value: bigint; readonly end: number } {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) break;
    value |= BigInt(byte & 127) << BigInt(7 * i);
    // the generated code keeps 64 bits
    if (value >= 2n ** 64n) throw new Error('a number above 64 bits');
    if (byte < 128) return { value, end: start + i + 1 };
  }
  throw new Error('a number without an end');
}
