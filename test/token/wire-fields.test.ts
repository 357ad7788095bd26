import { describe, expect, it } from 'vitest';

import { decodeAuthData, decodeToken } from '../../src/token/decode-token.js';
import { bytesOf, uint64Of, wireFields } from '../../src/token/wire-fields.js';
import { bytes, concat, group, NOTHING, tag, text, uint, varint } from '../support/raw-proto.js';

const base64 = (message: Uint8Array) => Buffer.from(message).toString('base64');

describe('wireFields', () => {
  it('returns every field in order, repeats and unknown ones included', () => {
    const message = concat(uint(1, 5), bytes(9, Uint8Array.of(7)), uint(1, 2n ** 64n - 1n), group(3, uint(1, 1)));
    expect(wireFields(message)).toEqual([
      { number: 1, value: 5n },
      { number: 9, value: Uint8Array.of(7) },
      { number: 1, value: 2n ** 64n - 1n },
      { number: 3, value: undefined },
    ]);
  });

  it('has none in an empty message', () => {
    expect(wireFields(NOTHING)).toEqual([]);
  });

  it('skips fixed-size values', () => {
    const fixed = concat(tag(4, 1), new Uint8Array(8), tag(5, 5), new Uint8Array(4), uint(1, 5));
    expect(wireFields(fixed).map(({ number, value }) => [number, value])).toEqual([
      [4, undefined],
      [5, undefined],
      [1, 5n],
    ]);
  });

  it.each([
    ['a varint that does not end', Uint8Array.of(0x08, 0xff)],
    ['a varint of eleven bytes', concat(tag(1, 0), varint(1, 11))],
    ['a length beyond the end', concat(tag(2, 2), Uint8Array.of(3, 1, 1))],
    ['a length without content', concat(tag(2, 2))],
    ['a fixed-size value cut off', concat(tag(4, 1), new Uint8Array(7))],
    ['field number 0', Uint8Array.of(0x00, 0x01)],
    ['wire type 6', Uint8Array.of(0x0e)],
    ['wire type 7', Uint8Array.of(0x0f)],
    ['the end of a group that did not begin', tag(1, 4)],
    ['a group that does not end', tag(1, 3)],
    ['a group that ends as another', concat(tag(1, 3), tag(2, 4))],
    ['groups a thousand deep', concat(...Array.from({ length: 1_000 }, () => tag(1, 3)))],
    ['a tag above 32 bits', concat(varint(2n ** 35n), varint(1))],
  ])('refuses %s', (_, message) => {
    expect(() => wireFields(message)).toThrow(Error);
  });
});

describe('a known field of the wrong wire type', () => {
  it('is neither bytes nor a number', () => {
    expect(() => bytesOf({ number: 2, value: 5n })).toThrow('field 2 has the wrong wire type');
    expect(() => bytesOf({ number: 2, value: undefined })).toThrow('field 2 has the wrong wire type');
    expect(() => uint64Of({ number: 1, value: NOTHING })).toThrow('field 1 has the wrong wire type');
    expect(() => uint64Of({ number: 1, value: undefined })).toThrow('field 1 has the wrong wire type');
  });

  it.each([
    ['the identity key', uint(1, 5)],
    ['the auth data', uint(2, 5)],
    ['the auth data signature', group(3, NOTHING)],
    ['the timestamp', bytes(1, text(1, 'x'))],
    ['the key', bytes(1, uint(3, 5))],
    ['the bytes of the key', bytes(1, bytes(3, uint(1, 5)))],
    ['the signature of the key', bytes(1, uint(2, 5))],
    ['the kind of a signature', bytes(3, uint(1, 5))],
    ['the bytes of a signature', bytes(3, bytes(1, uint(1, 5)))],
    ['the recovery id', bytes(3, bytes(2, text(2, 'x')))],
  ])('refuses the token: %s', (_, token) => {
    expect(() => decodeToken(base64(token))).toThrow('malformed token');
  });

  it.each([
    ['the address', uint(1, 5)],
    ['the time', text(2, 'x')],
  ])('refuses the auth data: %s', (_, authData) => {
    expect(() => decodeAuthData(authData)).toThrow('malformed auth data');
  });
});

it('an unknown field may have any wire type, next to every known one', () => {
  const unknown = [
    uint(9, 5),
    bytes(9, Uint8Array.of(0xff)),
    group(9, uint(1, 1)),
    concat(tag(9, 5), new Uint8Array(4)),
  ];
  for (const extra of unknown) {
    const key = bytes(3, concat(extra, bytes(1, Uint8Array.of(4)), text(2, 'no recovery id here')));
    const signature = concat(extra, bytes(1, concat(extra, bytes(1, Uint8Array.of(5)), uint(2, 1))));
    const token = concat(extra, bytes(1, concat(extra, key, bytes(2, signature))), bytes(3, signature));
    expect(decodeToken(base64(token))).toEqual({
      identityKey: {
        timestamp: 0n,
        bytes: Uint8Array.of(4),
        isMisshapen: true,
        signature: { kind: 'ecdsa_compact', bytes: Uint8Array.of(5), recovery: 1 },
      },
      authDataBytes: NOTHING,
      authDataSignature: { kind: 'ecdsa_compact', bytes: Uint8Array.of(5), recovery: 1 },
    });
  }
});

it('a byte order mark is part of the address, not dropped', () => {
  expect(decodeAuthData(text(1, '\ufeff0x')).walletAddress).toBe('\ufeff0x');
});
