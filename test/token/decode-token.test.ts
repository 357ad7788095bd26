import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AuthError } from '../../src/errors.js';
import { decodeAuthData, decodeIdentityKey, decodeToken } from '../../src/token/decode-token.js';
import { anyText } from '../support/arbitraries.js';
import { hostileValues } from '../support/hostile-values.js';
import { bytes, concat, group, NOTHING, tag, text, uint, varint } from '../support/raw-proto.js';
import { reasonOf, refusalOf } from '../support/refusal-of.js';
import { base64, planToken, signatureField, tokenText, type RawSignature } from '../support/token-workshop.js';

const MAX_UINT64 = 2n ** 64n - 1n;

const decode = (token: Uint8Array) => decodeToken(base64(token));
const plan = planToken();
const good = {
  identityKey: {
    timestamp: plan.keyTimestamp,
    bytes: plan.keyBytes,
    signature: { kind: 'ecdsa_compact', bytes: plan.walletSignature.bytes, recovery: plan.walletSignature.recovery },
  },
  authDataBytes: plan.authData,
  authDataSignature: {
    kind: 'ecdsa_compact',
    bytes: plan.authSignature.bytes,
    recovery: plan.authSignature.recovery,
  },
};
const signature = (value: number): RawSignature => ({
  field: 1,
  bytes: new Uint8Array(64).fill(value),
  recovery: value,
});

describe('decodeToken', () => {
  it('reads every field of a good token', () => {
    expect(decodeToken(tokenText())).toEqual(good);
  });

  it('reads a token of zero bytes as one in which everything is missing', () => {
    const empty = { identityKey: undefined, authDataBytes: NOTHING, authDataSignature: undefined };
    expect(decodeToken('')).toEqual(empty);
  });

  it('tells the two kinds of signature apart, in both places', () => {
    const typed = planToken({
      walletSignature: { ...plan.walletSignature, field: 2 },
      authSignature: { ...plan.authSignature, field: 2 },
    });
    const { identityKey, authDataSignature } = decode(typed.token);
    expect(identityKey?.signature).toEqual({ ...good.identityKey.signature, kind: 'wallet_ecdsa_compact' });
    expect(authDataSignature).toEqual({ ...good.authDataSignature, kind: 'wallet_ecdsa_compact' });
  });

  it('tells an absent message from an empty one', () => {
    const none = { kind: undefined, bytes: NOTHING, recovery: 0 };
    expect(decode(bytes(1, NOTHING)).identityKey).toEqual({ timestamp: 0n, bytes: undefined, signature: undefined });
    expect(decode(bytes(1, bytes(2, NOTHING))).identityKey?.signature).toEqual(none);
    expect(decode(bytes(1, bytes(3, NOTHING))).identityKey?.bytes).toEqual(NOTHING);
    expect(decode(bytes(3, NOTHING)).authDataSignature).toEqual(none);
    expect(decode(bytes(3, bytes(1, NOTHING))).authDataSignature).toEqual({ ...none, kind: 'ecdsa_compact' });
  });

  it('reads no kind from a signature of an unknown type', () => {
    const unknown = bytes(3, bytes(3, bytes(1, new Uint8Array(64))));
    expect(decode(unknown).authDataSignature).toEqual({ kind: undefined, bytes: NOTHING, recovery: 0 });
  });

  it('reads numbers to the last bit', () => {
    const token = bytes(1, concat(uint(1, MAX_UINT64), signatureField(2, { ...signature(1), recovery: 2 ** 32 - 1 })));
    const { identityKey } = decode(token);
    expect(identityKey?.timestamp).toBe(MAX_UINT64);
    expect(identityKey?.signature?.recovery).toBe(2 ** 32 - 1);
  });

  it.each(hostileValues.filter(([, value]) => value !== ''))('refuses %s with MALFORMED_TOKEN', (_, value) => {
    expect(reasonOf(() => decodeToken(value as string))).toBe('MALFORMED_TOKEN');
  });

  it('reports in the cause whether base64 or protobuf was wrong', () => {
    expect(refusalOf(() => decodeToken('!')).cause).toBe('not base64');
    expect(refusalOf(() => decode(plan.token.subarray(0, -1))).cause).toBeInstanceOf(Error);
  });
});

describe('decodeToken follows protobuf:', () => {
  const junk = {
    'a varint': uint(99, 7),
    'eight bytes': concat(tag(99, 1), new Uint8Array(8)),
    'a text': text(99, 'unknown'),
    'a group': group(99, uint(1, 7)),
    'four bytes': concat(tag(99, 5), new Uint8Array(4)),
    'the highest field number': uint(2 ** 29 - 1, 7),
  };

  it.each(Object.entries(junk))('an unknown field is ignored in every message but that of the key: %s', (_, extra) => {
    const sign = (field: number, { bytes: content, recovery }: RawSignature) =>
      bytes(field, concat(extra, bytes(1, concat(extra, bytes(1, content), extra, uint(2, recovery), extra)), extra));
    const key = concat(
      extra,
      uint(1, plan.keyTimestamp),
      sign(2, plan.walletSignature),
      extra,
      plan.keyUnionField,
      extra,
    );
    expect(decode(concat(extra, bytes(1, key), extra, plan.authDataField, sign(3, plan.authSignature), extra))).toEqual(
      good,
    );
  });

  it.each(Object.entries(junk))('an unknown field in the message of the key makes it misshapen: %s', (_, extra) => {
    for (const content of [concat(extra, bytes(1, plan.keyBytes)), concat(bytes(1, plan.keyBytes), extra)]) {
      const { identityKey } = decode(bytes(1, bytes(3, content)));
      expect(identityKey).toEqual({ timestamp: 0n, bytes: plan.keyBytes, signature: undefined, isMisshapen: true });
    }
  });

  it('the order of fields does not matter', () => {
    const { walletSignatureField, keyUnionField, authDataField, authSignatureField } = plan;
    const key = bytes(1, concat(keyUnionField, walletSignatureField, uint(1, plan.keyTimestamp)));
    expect(decode(concat(authSignatureField, authDataField, key))).toEqual(good);
  });

  it('of a repeated scalar the last copy counts', () => {
    const { walletSignatureField, keyUnionField } = plan;
    const key = bytes(1, concat(uint(1, 1), walletSignatureField, keyUnionField, uint(1, plan.keyTimestamp)));
    const twice = concat(bytes(2, Uint8Array.of(1, 2, 3)), key, plan.authDataField, plan.authSignatureField);
    expect(decode(twice)).toEqual(good);
  });

  it('a 0 that is written out overrides what came before it', () => {
    const key = bytes(1, concat(uint(1, 5), tag(1, 0), varint(0)));
    expect(decode(key).identityKey?.timestamp).toBe(0n);
  });

  it('the copies of a repeated message are merged', () => {
    const { keyTimestamp, walletSignature, keyUnionField, authDataField, authSignatureField } = plan;
    const pieces = [
      bytes(1, uint(1, keyTimestamp)),
      bytes(1, keyUnionField),
      bytes(1, bytes(2, bytes(1, bytes(1, walletSignature.bytes)))),
      bytes(1, bytes(2, bytes(1, uint(2, walletSignature.recovery)))),
    ];
    expect(decode(concat(...pieces, authDataField, authSignatureField))).toEqual(good);
    expect(decode(concat(...pieces.toReversed(), authDataField, authSignatureField))).toEqual(good);
  });

  it('of a union the last member counts, and a member that was replaced leaves nothing behind', () => {
    const first = bytes(1, concat(bytes(1, new Uint8Array(64)), uint(2, 3)));
    const second = bytes(2, bytes(1, Uint8Array.of(9)));
    expect(decode(bytes(3, concat(first, second))).authDataSignature).toEqual({
      kind: 'wallet_ecdsa_compact',
      bytes: Uint8Array.of(9),
      recovery: 0,
    });
  });

  it('a varint may be longer than it need be', () => {
    const sized = (field: number, content: Uint8Array) => concat(tag(field, 2), varint(content.length, 5), content);
    const { walletSignatureField, keyUnionField } = plan;
    const key = concat(tag(1, 0), varint(plan.keyTimestamp, 10), walletSignatureField, keyUnionField);
    expect(decode(concat(sized(1, key), sized(2, plan.authData), plan.authSignatureField))).toEqual(good);
  });

  it('of a uint32 the low 32 bits count; a varint beyond 64 bits is refused, because Go refuses it and others cut it', () => {
    const tenBytes = (first: number, last: number) => Uint8Array.of(first, ...Array<number>(8).fill(0x80), last);
    const timestamp = (last: number) => bytes(1, concat(tag(1, 0), tenBytes(0x85, last)));
    expect(decode(timestamp(0x01)).identityKey?.timestamp).toBe(2n ** 63n + 5n);
    for (const last of [0x02, 0x7e, 0x7f]) expect(reasonOf(() => decode(timestamp(last)))).toBe('MALFORMED_TOKEN');
    const recovery = signatureField(3, { ...signature(1), recovery: 2n ** 32n + 1n });
    expect(decode(recovery).authDataSignature?.recovery).toBe(1);
  });
});

describe('decodeToken refuses broken wire data:', () => {
  it('every token that is cut short, wherever that is not between two fields', () => {
    const { identityKeyField, authDataField } = plan;
    const ends = new Set([0, identityKeyField.length, identityKeyField.length + authDataField.length]);
    for (let length = 0; length < plan.token.length; length++) {
      const cut = plan.token.subarray(0, length);
      if (ends.has(length)) expect(() => decode(cut)).not.toThrow();
      else expect(reasonOf(() => decode(cut))).toBe('MALFORMED_TOKEN');
    }
  });

  it.each([
    ['a varint without end', concat(tag(9, 0), new Uint8Array(3).fill(0x80))],
    ['a varint of 11 bytes in a known field', bytes(1, concat(tag(1, 0), new Uint8Array(10).fill(0x80), varint(0)))],
    [
      'a varint of 11 bytes in a uint32',
      bytes(3, bytes(1, concat(tag(2, 0), new Uint8Array(10).fill(0x80), varint(0)))),
    ],
    ['field number 0', uint(0, 1)],
    ['a tag beyond 32 bits', Uint8Array.of(0x88, 0x80, 0x80, 0x80, 0x10, 0)],
    ['a tag of six bytes', Uint8Array.of(0x88, 0x80, 0x80, 0x80, 0x80, 0, 0)],
    ['wire type 6', concat(tag(9, 6), varint(0))],
    ['wire type 7', concat(tag(9, 7), varint(0))],
    ['a length beyond the end', concat(tag(9, 2), varint(1))],
    ['a length of 4 GiB', concat(tag(2, 2), varint(2 ** 32 - 1))],
    ['four bytes of which one is missing', concat(tag(9, 5), new Uint8Array(3))],
    ['eight bytes of which one is missing', concat(tag(9, 1), new Uint8Array(7))],
    ['a group that is not closed', concat(tag(9, 3), uint(1, 1))],
    ['a group closed by another number', concat(tag(9, 3), uint(1, 1), tag(8, 4))],
    ['a group closed but never opened', tag(9, 4)],
    [
      '3,000 groups in each other',
      Uint8Array.from([...Array<number>(3_000).fill(0x4b), ...Array<number>(3_000).fill(0x4c)]),
    ],
    ['100,000 open groups', new Uint8Array(100_000).fill(0x4b)],
  ])('%s', (_, broken) => {
    expect(reasonOf(() => decode(broken))).toBe('MALFORMED_TOKEN');
    expect(reasonOf(() => decode(concat(plan.token, broken)))).toBe('MALFORMED_TOKEN');
  });

  it.each([
    ['Token.identity_key', (type: number) => retag(plan.token, 0, 1, type)],
    ['Token.auth_data_bytes', (type: number) => retag(plan.token, plan.identityKeyField.length, 2, type)],
    ['PublicKey.timestamp', (type: number) => bytes(1, retag(uint(1, 5), 0, 1, type))],
    ['PublicKey.signature', (type: number) => bytes(1, retag(plan.walletSignatureField, 0, 2, type))],
    ['Signature.ecdsa_compact', (type: number) => bytes(3, retag(bytes(1, NOTHING), 0, 1, type))],
    ['ECDSACompact.bytes', (type: number) => bytes(3, bytes(1, retag(bytes(1, NOTHING), 0, 1, type)))],
    ['ECDSACompact.recovery', (type: number) => bytes(3, bytes(2, retag(uint(2, 1), 0, 2, type)))],
  ])('%s with another wire type than its own', (_, make) => {
    const types = [0, 1, 2, 3, 4, 5].filter((type) => reasonIfAny(make(type)) === undefined);
    expect(types).toEqual(_.endsWith('timestamp') || _.endsWith('recovery') ? [0] : [2]);
  });

  it.each([
    ['the identity key', (less: number) => shorten(plan.identityKeyField, less), NOTHING],
    ['the wallet signature', (less: number) => bytes(1, shorten(plan.walletSignatureField, less)), NOTHING],
    ['the union of the key', (less: number) => bytes(1, shorten(plan.keyUnionField, less)), NOTHING],
    ['the auth data signature', (less: number) => shorten(plan.authSignatureField, less), new Uint8Array(80)],
  ])('a field that reaches beyond the end of %s', (_, make, after) => {
    expect(reasonIfAny(concat(make(0), bytes(9, after)))).toBeUndefined();
    for (const less of [1, 2, 5]) expect(reasonIfAny(concat(make(less), bytes(9, after)))).toBe('MALFORMED_TOKEN');
  });

  function retag(field: Uint8Array, at: number, number: number, wireType: number): Uint8Array {
    return concat(field.subarray(0, at), tag(number, wireType), field.subarray(at + 1));
  }

  /** Writes a smaller length in front of the same content. */
  function shorten(field: Uint8Array, less: number): Uint8Array {
    const head = field[1]! < 128 ? 2 : 3;
    const content = field.subarray(head);
    return concat(field.subarray(0, 1), varint(content.length - less), content);
  }

  function reasonIfAny(token: Uint8Array): string | undefined {
    try {
      decode(token);
      return undefined;
    } catch (error) {
      return (error as AuthError).reason;
    }
  }
});

describe('decodeAuthData', () => {
  it('reads both fields', () => {
    expect(decodeAuthData(concat(text(1, '0xAb'), uint(2, 5)))).toEqual({ walletAddress: '0xAb', createdNs: 5n });
    expect(decodeAuthData(NOTHING)).toEqual({ walletAddress: '', createdNs: 0n });
  });

  it('reads a time above 2^63 as the positive number it is', () => {
    expect(decodeAuthData(uint(2, 2n ** 63n)).createdNs).toBe(2n ** 63n);
    expect(decodeAuthData(uint(2, MAX_UINT64)).createdNs).toBe(MAX_UINT64);
    expect(decodeAuthData(uint(2, 2n ** 53n + 1n)).createdNs).toBe(2n ** 53n + 1n);
  });

  it('reads the last copy of each field and ignores unknown ones', () => {
    const twice = concat(uint(2, 1), text(1, 'first'), uint(7, 1), text(1, 'last'), uint(2, 2), group(9, uint(1, 1)));
    expect(decodeAuthData(twice)).toEqual({ walletAddress: 'last', createdNs: 2n });
  });

  it('keeps a byte order mark as a character of the text', () => {
    expect(decodeAuthData(text(1, '\ufeff0x')).walletAddress).toBe('\ufeff0x');
  });

  it.each([
    ['a lone continuation byte', [0x80]],
    ['a sequence cut short', [0xe2, 0x82]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a byte that UTF-8 does not have', [0xff]],
  ])('refuses a text with %s', (_, content) => {
    for (const padding of [0, 40]) {
      const address = bytes(1, Uint8Array.from([...Array<number>(padding).fill(0x30), ...content]));
      expect(reasonOf(() => decodeAuthData(address))).toBe('MALFORMED_AUTH_DATA');
    }
  });

  it.each([
    ['cut short', plan.authData.subarray(0, -1)],
    ['followed by half a field', concat(plan.authData, tag(9, 2))],
    ['with a time written as eight bytes', concat(tag(2, 1), new Uint8Array(8))],
    ['with an address written as a varint', uint(1, 5)],
    ['with a time of 11 bytes', concat(tag(2, 0), new Uint8Array(10).fill(0xff), varint(0))],
  ])('refuses auth data %s, and reports why in the cause', (_, broken) => {
    const error = refusalOf(() => decodeAuthData(broken));
    expect(error.reason).toBe('MALFORMED_AUTH_DATA');
    expect(error.cause).toBeInstanceOf(Error);
  });
});

describe('decodeIdentityKey', () => {
  it('reads a certified key', () => {
    const stored = concat(uint(1, plan.keyTimestamp), plan.walletSignatureField, plan.keyUnionField);
    expect(decodeIdentityKey(stored)).toEqual(good.identityKey);
  });

  it('refuses broken bytes with INVALID_IDENTITY_KEY', () => {
    const error = refusalOf(() => decodeIdentityKey(plan.keyUnionField.subarray(0, -1)));
    expect(error.reason).toBe('INVALID_IDENTITY_KEY');
    expect(error.cause).toBeInstanceOf(Error);
  });
});

describe('no decoder throws anything but AuthError', () => {
  const end = (run: () => unknown) => {
    try {
      run();
      return 'read';
    } catch (error) {
      return error instanceof AuthError ? 'refused' : error;
    }
  };

  it('for arbitrary texts', () => {
    const texts = fc.oneof(anyText(), fc.base64String(), fc.string());
    fc.assert(
      fc.property(texts, (anything) => {
        expect(['read', 'refused']).toContain(end(() => decodeToken(anything)));
      }),
      { numRuns: 500 },
    );
  });

  it('for arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (anything) => {
        expect(['read', 'refused']).toContain(end(() => decode(anything)));
        expect(['read', 'refused']).toContain(end(() => decodeAuthData(anything)));
        expect(['read', 'refused']).toContain(end(() => decodeIdentityKey(anything)));
      }),
      { numRuns: 1_000 },
    );
  });
});
