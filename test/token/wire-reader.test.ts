import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import protobufjs from 'protobufjs';
import { describe, expect, it } from 'vitest';

import { AuthDataSchema, TokenSchema } from '../../gen/message_api/v1/authn_pb.js';
import { decodeAuthData, decodeToken } from '../../src/token/decode-token.js';
import { wireFields } from '../../src/token/wire-fields.js';
import { bytes, concat, NOTHING, tag, uint, varint } from '../support/raw-proto.js';
import { reasonOf } from '../support/refusal-of.js';
import { base64, planToken } from '../support/token-workshop.js';

// Go's protowire, by which the reference node reads tokens, compares a length in all of its 64 bits with the bytes that are
// left, and refuses field numbers above 29 bits and varints above 64. protobuf-es and protobufjs keep 32 bits of a length
// and 64 of a number, and read on. Two readers must not see two tokens in the same bytes, so all of this is refused here.

const plan = planToken();

/** What is added to a number of at most 64 bits without changing the bits that lax readers keep. */
const LENGTHS = [2n ** 32n, 2n ** 33n, 5n * 2n ** 32n, 2n ** 63n, 2n ** 64n, 3n * 2n ** 64n] as const;
const NUMBERS = [2n ** 64n, 3n * 2n ** 64n, 63n * 2n ** 64n] as const;

/** A bytes field with its length raised. */
const longer = (field: number, content: Uint8Array, by: bigint) =>
  concat(tag(field, 2), varint(BigInt(content.length) + by), content);

describe.each(LENGTHS)('a length varint of %d + n', (by) => {
  const places: readonly (readonly [place: string, token: Uint8Array])[] = [
    [
      'the identity key',
      concat(longer(1, plan.identityKeyField.subarray(3), by), plan.authDataField, plan.authSignatureField),
    ],
    ['the auth data', concat(plan.identityKeyField, longer(2, plan.authData, by), plan.authSignatureField)],
    [
      'the key union',
      concat(
        bytes(1, concat(longer(3, bytes(1, plan.keyBytes), by), plan.walletSignatureField)),
        plan.authDataField,
        plan.authSignatureField,
      ),
    ],
    [
      'the bytes of the signature',
      concat(plan.identityKeyField, plan.authDataField, bytes(3, bytes(1, longer(1, plan.authSignature.bytes, by)))),
    ],
    ['an unknown field', concat(plan.token, longer(9, Uint8Array.of(1, 2, 3), by))],
    ['a field in an unknown group', concat(plan.token, tag(9, 3), longer(1, Uint8Array.of(1, 2, 3), by), tag(9, 4))],
  ];

  it.each(places)('in a token is refused as MALFORMED_TOKEN, where protobuf-es reads n: %s', (_, token) => {
    expect(fromBinary(TokenSchema, token).authDataBytes).toEqual(plan.authData);
    expect(reasonOf(() => decodeToken(base64(token)))).toBe('MALFORMED_TOKEN');
  });

  it('in auth data is refused as MALFORMED_AUTH_DATA, where protobuf-es reads n', () => {
    const address = new TextEncoder().encode('0x00');
    expect(fromBinary(AuthDataSchema, longer(1, address, by)).walletAddr).toBe('0x00');
    expect(reasonOf(() => decodeAuthData(longer(1, address, by)))).toBe('MALFORMED_AUTH_DATA');
  });

  it('is refused by wireFields, where protobufjs reads n', () => {
    const field = longer(1, Uint8Array.of(7, 8), by);
    expect([...protobufjs.Reader.create(field.subarray(1)).bytes()]).toEqual([7, 8]);
    expect(() => wireFields(field)).toThrow(/beyond the end of the message|more than 64 bits/);
  });
});

describe.each(NUMBERS)('a number of %d + n, more than 64 bits', (by) => {
  it('is refused in known and unknown fields, where protobuf-es reads n', () => {
    const wide = (field: number) => concat(tag(field, 0), varint(5n + by));
    expect(fromBinary(AuthDataSchema, wide(2)).createdNs).toBe(5n);
    expect(reasonOf(() => decodeAuthData(wide(2)))).toBe('MALFORMED_AUTH_DATA');
    expect(reasonOf(() => decodeAuthData(wide(9)))).toBe('MALFORMED_AUTH_DATA');
    expect(reasonOf(() => decodeToken(base64(bytes(1, wide(1)))))).toBe('MALFORMED_TOKEN');
    expect(reasonOf(() => decodeToken(base64(bytes(1, wide(9)))))).toBe('MALFORMED_TOKEN');
    expect(reasonOf(() => decodeToken(base64(concat(tag(9, 3), wide(1), tag(9, 4)))))).toBe('MALFORMED_TOKEN');
  });
});

describe.each(LENGTHS)('a tag of %d + n', (by) => {
  const tagOf = (field: number, wireType: number) => varint(BigInt((field << 3) | wireType) + by);

  it('is refused, as protobuf-es refuses it and protobufjs does not', () => {
    const message = concat(tagOf(2, 2), varint(1), Uint8Array.of(7));
    expect(protobufjs.Reader.create(message).uint32()).toBe(0x12);
    expect(() => new BinaryReader(message).tag()).toThrow('illegal tag');
    expect(reasonOf(() => decodeToken(base64(message)))).toBe('MALFORMED_TOKEN');
    expect(reasonOf(() => decodeAuthData(concat(tagOf(2, 0), varint(1))))).toBe('MALFORMED_AUTH_DATA');
    expect(reasonOf(() => decodeToken(base64(concat(tag(9, 3), tagOf(1, 0), varint(1), tag(9, 4)))))).toBe(
      'MALFORMED_TOKEN',
    );
    expect(reasonOf(() => decodeToken(base64(concat(tag(9, 3), tagOf(9, 4)))))).toBe('MALFORMED_TOKEN');
  });
});

it('a number written with more bytes than needed is the number, up to ten bytes and five of a tag', () => {
  const token = concat(
    bytes(1, concat(varint(8, 5), varint(7, 10))),
    varint(18, 5),
    varint(2, 10),
    Uint8Array.of(1, 2),
  );
  expect(decodeToken(base64(token))).toMatchObject({
    identityKey: { timestamp: 7n },
    authDataBytes: Uint8Array.of(1, 2),
  });
  expect(reasonOf(() => decodeToken(base64(concat(varint(18, 6), varint(0)))))).toBe('MALFORMED_TOKEN');
  expect(reasonOf(() => decodeToken(base64(concat(tag(2, 2), varint(0, 11)))))).toBe('MALFORMED_TOKEN');
});

it('the ends of 64 bits are read as they are', () => {
  for (const number of [1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]) {
    expect(decodeAuthData(uint(2, number)).createdNs).toBe(number);
  }
  expect(decodeAuthData(NOTHING).createdNs).toBe(0n);
});

it('a recovery id is read modulo 2^32, as every reader of a uint32 does', () => {
  const signature = bytes(3, bytes(1, uint(2, 2n ** 32n + 1n)));
  expect(fromBinary(TokenSchema, signature).authDataSignature?.union.value?.recovery).toBe(1);
  expect(decodeToken(base64(signature)).authDataSignature?.recovery).toBe(1);
});
