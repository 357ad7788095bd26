import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AuthDataSchema, TokenSchema, type Token } from '../../gen/message_api/v1/authn_pb.js';
import type { Signature } from '../../gen/message_contents/signature_pb.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { decodeAuthData, decodeToken } from '../../src/token/decode-token.js';
import { encodeAuthData, encodeToken } from '../../src/token/encode-token.js';
import type { SignatureFields, TokenFields } from '../../src/token/fields.js';
import { mutated } from '../support/arbitraries.js';

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const bytes = fc.uint8Array({ maxLength: 70 });
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
    keySignature: signature,
    authDataBytes: bytes,
    authDataSignature: signature,
  })
  .map(({ timestamp, keyBytes, hasKey, keySignature, authDataBytes, authDataSignature }) => {
    const init: MessageInitShape<typeof TokenSchema> = { authDataBytes };
    if (hasKey) {
      init.identityKey = { timestamp };
      if (keyBytes) init.identityKey.union = { case: 'secp256k1Uncompressed', value: { bytes: keyBytes } };
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
  JSON.stringify(fields, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));

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
