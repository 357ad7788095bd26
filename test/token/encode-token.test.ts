import { createRequire } from 'node:module';

import type * as XmtpProto from '@xmtp/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeAuthData, decodeIdentityKey, decodeToken } from '../../src/token/decode-token.js';
import { encodeAuthData, encodeIdentityKey, encodeToken, encodeUnsignedKey } from '../../src/token/encode-token.js';
import type { SignatureFields, TokenFields } from '../../src/token/fields.js';
import { concat, NOTHING, text, uint } from '../support/raw-proto.js';
import { planToken, tokenText } from '../support/token-workshop.js';

// XMTP's own generated code. Its ES modules do not load in Node, its CommonJS ones do.
const { authn, publicKey } = createRequire(import.meta.url)('@xmtp/proto') as typeof XmtpProto;

const plan = planToken();
const compact = ({ bytes, recovery }: { bytes: Uint8Array; recovery: number | bigint }): SignatureFields => ({
  kind: 'ecdsa_compact',
  bytes,
  recovery: Number(recovery),
});
const fields: TokenFields = {
  identityKey: { timestamp: plan.keyTimestamp, bytes: plan.keyBytes, signature: compact(plan.walletSignature) },
  authDataBytes: plan.authData,
  authDataSignature: compact(plan.authSignature),
};

const anyBytes = fc.uint8Array({ maxLength: 80 });
const anySignature = fc.record({
  kind: fc.constantFrom('ecdsa_compact' as const, 'wallet_ecdsa_compact' as const),
  bytes: anyBytes,
  recovery: fc.nat(2 ** 32 - 1),
});
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const anyKey = fc.record({ timestamp: uint64, bytes: optional(anyBytes), signature: optional(anySignature) });
const anyToken = fc.record({
  identityKey: optional(anyKey),
  authDataBytes: anyBytes,
  authDataSignature: optional(anySignature),
});

describe('encodeToken', () => {
  it('writes the bytes that the workshop writes, without our code', () => {
    expect(encodeToken(fields)).toBe(tokenText());
  });

  it('writes what XMTP\u2019s own code reads', () => {
    const read = authn.Token.decode(Buffer.from(encodeToken(fields), 'base64'));
    expect(read.identityKey?.timestamp.toString()).toBe(String(plan.keyTimestamp));
    expect(read.identityKey?.secp256k1Uncompressed?.bytes).toEqual(Buffer.from(plan.keyBytes));
    expect(read.identityKey?.signature?.ecdsaCompact?.bytes).toEqual(Buffer.from(plan.walletSignature.bytes));
    expect(read.authDataBytes).toEqual(Buffer.from(plan.authData));
    expect(read.authDataSignature?.ecdsaCompact?.recovery).toBe(plan.authSignature.recovery);
    expect(authn.AuthData.decode(read.authDataBytes).walletAddr).toBe(plan.claims);
  });

  it('writes any fields so that decodeToken reads the same', () => {
    fc.assert(
      fc.property(anyToken, (token) => {
        expect(decodeToken(encodeToken(token))).toEqual(token);
      }),
    );
  });

  it('leaves out what is not there', () => {
    const nothing = { identityKey: undefined, authDataBytes: NOTHING, authDataSignature: undefined };
    expect(encodeToken(nothing)).toBe('');
    const kindless = { kind: undefined, bytes: new Uint8Array(64), recovery: 1 };
    const read = decodeToken(encodeToken({ ...nothing, authDataSignature: kindless }));
    expect(read.authDataSignature).toEqual({ kind: undefined, bytes: NOTHING, recovery: 0 });
  });
});

describe('encodeAuthData', () => {
  it('writes address and time, and leaves out what is empty or 0', () => {
    expect(encodeAuthData({ walletAddress: '0xAb', createdNs: 5n })).toEqual(concat(text(1, '0xAb'), uint(2, 5)));
    expect(encodeAuthData({ walletAddress: '', createdNs: 0n })).toEqual(NOTHING);
  });

  it('writes any values so that decodeAuthData reads the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), uint64, (walletAddress, createdNs) => {
        const authData = { walletAddress, createdNs };
        expect(decodeAuthData(encodeAuthData(authData))).toEqual(authData);
      }),
    );
  });
});

describe('encodeUnsignedKey', () => {
  it('writes timestamp and key alone, in canonical order, as XMTP\u2019s own code does', () => {
    const key = { timestamp: plan.keyTimestamp, bytes: plan.keyBytes, signature: compact(plan.walletSignature) };
    const canonical = concat(uint(1, plan.keyTimestamp), plan.keyUnionField);
    expect(encodeUnsignedKey(key)).toEqual(canonical);
    const certified = publicKey.PublicKey.decode(encodeIdentityKey(key));
    const theirs = publicKey.PublicKey.encode({ ...certified, signature: undefined }).finish();
    expect(canonical).toEqual(Uint8Array.from(theirs));
  });

  it('leaves out a timestamp of 0', () => {
    expect(encodeUnsignedKey({ timestamp: 0n, bytes: plan.keyBytes })).toEqual(plan.keyUnionField);
  });
});

describe('encodeIdentityKey', () => {
  it('writes any key so that decodeIdentityKey reads the same', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        expect(decodeIdentityKey(encodeIdentityKey(key))).toEqual(key);
      }),
    );
  });
});
