import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AuthDataSchema, TokenSchema, type Token } from '../../gen/message_api/v1/authn_pb.js';
import type { Signature } from '../../gen/message_contents/signature_pb.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { decodeAuthData, decodeToken } from '../../src/token/decode-token.js';
import { encodeAuthData, encodeToken } from '../../src/token/encode-token.js';
import type { SignatureFields, TokenFields } from '../../src/token/fields.js';
import { NO_RESTRICTIONS } from '../../src/token/restrictions.js';
import { mutated } from '../support/arbitraries.js';

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const bytes = fc.uint8Array({ maxLength: 70 });
const restrictions = fc.record({
  audience: fc.uniqueArray(fc.string({ minLength: 1, unit: fc.constantFrom('!', 'a', '.', ':', '[', '~') }), {
    maxLength: 16,
  }),
  expiresNs: fc.oneof(fc.constant(0n), fc.bigInt({ min: 2n, max: 2n ** 64n - 1n })),
  challenge: fc.oneof(fc.constant(new Uint8Array()), fc.uint8Array({ minLength: 16, maxLength: 16 })),
  methods: fc.array(fc.constantFrom('a.S/M', 'S/*', 'a.b.S_1/*'), { maxLength: 32 }),
  proofRequired: fc.boolean(),
  strict: fc.boolean(),
});
const compact = fc.record({ bytes, recovery: fc.nat(0xffff_ffff) });
const signature = fc.option(
  fc.oneof(
    fc.record({ case: fc.constant('ecdsaCompact' as const), value: compact }),
    fc.record({ case: fc.constant('walletEcdsaCompact' as const), value: compact }),
    fc.constant({ case: undefined }),
  ),
  { nil: undefined },
);

/** Messages as the generated types describe them. */
const tokens = fc
  .record({
    timestamp: uint64,
    keyBytes: fc.option(bytes, { nil: undefined }),
    hasKey: fc.boolean(),
    notAfterNs: fc.oneof(fc.constant(0n), uint64),
    keySignature: signature,
    authDataBytes: bytes,
    authDataSignature: signature,
  })
  .map(({ timestamp, keyBytes, hasKey, notAfterNs, keySignature, authDataBytes, authDataSignature }) => {
    const init: MessageInitShape<typeof TokenSchema> = { authDataBytes };
    if (hasKey) {
      init.identityKey = { timestamp };
      if (keyBytes) init.identityKey.union = { case: 'secp256k1Uncompressed', value: { bytes: keyBytes, notAfterNs } };
      if (keySignature) init.identityKey.signature = { union: keySignature };
    }
    if (authDataSignature) init.authDataSignature = { union: authDataSignature };
    return create(TokenSchema, init);
  });

/** The generated form of a token in the words of `TokenFields`. */
function fieldsOf({ identityKey, authDataBytes, authDataSignature }: Token): TokenFields {
  return {
    identityKey: identityKey && {
      timestamp: identityKey.timestamp,
      bytes: identityKey.union.value?.bytes,
      signature: signatureOf(identityKey.signature),
      notAfterNs: identityKey.union.value?.notAfterNs || undefined,
    },
    authDataBytes,
    authDataSignature: signatureOf(authDataSignature),
  };
}

function signatureOf(message: Signature | undefined): SignatureFields | undefined {
  if (message === undefined) return undefined;
  const { union } = message;
  const kind = { ecdsaCompact: 'ecdsa_compact', walletEcdsaCompact: 'wallet_ecdsa_compact' } as const;
  if (union.case === undefined) return { kind: undefined, bytes: new Uint8Array(), recovery: 0 };
  return { kind: kind[union.case], bytes: union.value.bytes, recovery: union.value.recovery };
}

const base64 = (message: Uint8Array) => Buffer.from(message).toString('base64');
const plain = (fields: TokenFields) =>
  JSON.stringify(fields, (name, value) => {
    if (name === 'isMisshapen') return undefined; // a judgement, which generated code has not
    if (name === 'notAfterNs' && value === 0n) return undefined;
    return typeof value === 'bigint' ? `${value}n` : value;
  });

describe('reading and writing by hand agrees with the generated types', () => {
  it('for every token that they can write', () => {
    fc.assert(
      fc.property(tokens, (token) => {
        const written = toBinary(TokenSchema, token);
        expect(plain(decodeToken(base64(written)))).toBe(plain(fieldsOf(token)));
        expect(encodeToken(fieldsOf(token))).toBe(base64(written));
      }),
      { numRuns: 500 },
    );
  });

  it('for all auth data that they can write', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), uint64, (walletAddr, createdNs) => {
        const written = toBinary(AuthDataSchema, create(AuthDataSchema, { walletAddr, createdNs }));
        expect(decodeAuthData(written)).toEqual({ walletAddress: walletAddr, createdNs });
        expect(encodeAuthData({ walletAddress: walletAddr, createdNs })).toEqual(written);
      }),
      { numRuns: 500 },
    );
  });

  it('for all restrictions that they can write and a token may hold', () => {
    fc.assert(
      fc.property(restrictions, (init) => {
        const createdNs = 1n;
        const authData = create(AuthDataSchema, { createdNs, restrictions: init });
        const fields = decodeAuthData(toBinary(AuthDataSchema, authData));
        expect(fields.restrictions ?? NO_RESTRICTIONS).toEqual({
          ...init,
          expiresNs: init.expiresNs || undefined,
          challenge: init.challenge.length > 0 ? init.challenge : undefined,
          unknownField: undefined,
        });
        expect(decodeAuthData(encodeAuthData(fields))).toEqual(fields);
        if (fields.restrictions) expect(encodeAuthData(fields)).toEqual(toBinary(AuthDataSchema, authData));
      }),
      { numRuns: 500 },
    );
  });

  it('about tokens with a fault, wherever both read them', () => {
    const good = Buffer.from(mintToken(), 'base64');
    let read = 0;
    fc.assert(
      fc.property(mutated(good), (bytesWithFault) => {
        let fields: TokenFields;
        try {
          fields = decodeToken(base64(bytesWithFault));
        } catch {
          return; // stricter is fine
        }
        read++;
        expect(plain(fields)).toBe(plain(fieldsOf(fromBinary(TokenSchema, bytesWithFault))));
      }),
      { numRuns: 3_000 },
    );
    expect(read).toBeGreaterThan(300);
  });
});
