import { Buffer } from 'node:buffer';

import { computeAddress, SigningKey } from 'ethers';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createIdentity, createToken, exportIdentity, importIdentity } from '../../src/client/index.js';
import { AuthError, createVerifier, nobleCurve, type AuthReason } from '../../src/index.js';
import { mintIdentity, settableClock, testWallets } from '../../src/testing/index.js';
import { decodeIdentityKey } from '../../src/token/decode-token.js';
import { encodeIdentityKey, encodeUnsignedKey } from '../../src/token/encode-token.js';
import { hostileValues } from '../support/hostile-values.js';
import { refusalOf } from '../support/refusal-of.js';

const identity = mintIdentity();
const good = exportIdentity(identity);
const { now } = settableClock();

/** The export with some of its parts replaced. */
function exported(changes: { wallet?: Uint8Array; privateKey?: Uint8Array; key?: Uint8Array } = {}) {
  const { wallet = good.subarray(1, 21), privateKey = good.subarray(21, 53), key = good.subarray(53) } = changes;
  return Uint8Array.of(1, ...wallet, ...privateKey, ...key);
}

const key = decodeIdentityKey(good.subarray(53));
const signature = key.signature!;
const other = exportIdentity(mintIdentity({ device: 'laptop' }));
const bobs = exportIdentity(mintIdentity({ wallet: testWallets.bob }));

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('exportIdentity', () => {
  const bytes = exportIdentity(identity);

  it('starts with version 1 and the wallet', () => {
    expect(bytes[0]).toBe(1);
    expect(hex(bytes.subarray(1, 21))).toBe(testWallets.alice.address.slice(2).toLowerCase());
  });

  it('goes on with the private key of the identity key', () => {
    const signer = new SigningKey(bytes.subarray(21, 53));
    expect(signer.publicKey).toBe(`0x${hex(identity.identityKey)}`);
    expect(computeAddress(signer)).not.toBe(identity.wallet);
  });

  it('ends with the certified key', () => {
    const stored = hex(bytes.subarray(53));
    const timestamp = BigInt(Date.UTC(2025, 0));
    expect(stored.startsWith(hex(encodeUnsignedKey({ timestamp, bytes: undefined })))).toBe(true);
    expect(stored.endsWith(hex(identity.identityKey))).toBe(true);
  });

  it('gives fresh bytes each time', () => {
    exportIdentity(identity).fill(0);
    expect(exportIdentity(identity)).toEqual(bytes);
  });

  it.each(hostileValues)('refuses %s', (_, value) => {
    expect(() => exportIdentity(value as never)).toThrow(TypeError);
  });
});

describe('importIdentity', () => {
  it('gives back an identity that makes the same tokens', () => {
    const back = importIdentity(good);
    expect(back).toEqual(identity);
    expect(back).not.toBe(identity);
    expect(createToken(back, { now })).toBe(createToken(identity, { now }));
  });

  it('gives back what createIdentity made, so that a node sees the same device', async () => {
    const made = await createIdentity(testWallets.carol);
    const back = importIdentity(exportIdentity(made));
    expect(createVerifier().verify(`Bearer ${createToken(back)}`).deviceId).toBe(made.deviceId);
  });

  it('does not share its bytes with the caller', () => {
    const bytes = good.slice();
    const back = importIdentity(bytes);
    bytes.fill(0);
    expect(createToken(back, { now })).toBe(createToken(identity, { now }));
    expect(exportIdentity(back)).toEqual(good);
  });

  it('does not share its bytes with a Buffer either, such as readFile gives: one that is cleared, and a key that is written to', () => {
    const bytes = Buffer.from(good);
    const back = importIdentity(bytes);
    bytes.fill(0);
    back.identityKey.fill(0);
    expect(back.identityKey).toEqual(identity.identityKey);
    expect(createToken(back, { now })).toBe(createToken(identity, { now }));
    expect(exportIdentity(back)).toEqual(good);
  });

  it('reads a part of a larger buffer', () => {
    const larger = Uint8Array.of(9, 9, ...good, 9);
    expect(importIdentity(larger.subarray(2, -1))).toEqual(identity);
  });

  it('needs the statement that the wallet signed', () => {
    const statement = { title: 'Acme : Sign in', closing: 'https://acme.example' };
    const bytes = exportIdentity(mintIdentity({ statement }));
    expect(importIdentity(bytes, { statement }).wallet).toBe(testWallets.alice.address);
    expect(refusalOf(() => importIdentity(bytes)).reason).toBe('WALLET_MISMATCH');
  });

  it('uses the curve it is given', () => {
    let asked = 0;
    const publicKey: typeof nobleCurve.publicKey = (privateKey) => (asked++, nobleCurve.publicKey(privateKey));
    importIdentity(good, { curve: { ...nobleCurve, publicKey } });
    expect(asked).toBe(1);
  });

  it.each<[string, Uint8Array, AuthReason, string]>([
    ['nothing', new Uint8Array(0), 'INVALID_IDENTITY_KEY', 'it is empty'],
    ['version 0', Uint8Array.of(0, ...good.subarray(1)), 'INVALID_IDENTITY_KEY', 'its version is 0, not 1'],
    ['version 2', Uint8Array.of(2, ...good.subarray(1)), 'INVALID_IDENTITY_KEY', 'its version is 2, not 1'],
    [
      "another wallet's address",
      exported({ wallet: bobs.subarray(1, 21) }),
      'WALLET_MISMATCH',
      testWallets.bob.address,
    ],
    [
      'a private key of zero',
      exported({ privateKey: new Uint8Array(32) }),
      'INVALID_IDENTITY_KEY',
      'private key is none',
    ],
    [
      'a private key above the order',
      exported({ privateKey: new Uint8Array(32).fill(255) }),
      'INVALID_IDENTITY_KEY',
      'private key is none',
    ],
    [
      "another device's private key",
      exported({ privateKey: other.subarray(21, 53) }),
      'INVALID_IDENTITY_KEY',
      'of another key',
    ],
    ["another device's certified key", exported({ key: other.subarray(53) }), 'INVALID_IDENTITY_KEY', 'of another key'],
    ['no certified key', exported({ key: new Uint8Array(0) }), 'INVALID_IDENTITY_KEY', 'not certified'],
    [
      'a key without signature',
      exported({ key: encodeIdentityKey({ ...key, signature: undefined }) }),
      'INVALID_IDENTITY_KEY',
      'not certified',
    ],
    [
      'a signature without key',
      exported({ key: encodeIdentityKey({ ...key, bytes: undefined }) }),
      'INVALID_IDENTITY_KEY',
      'not certified',
    ],
    [
      'a key of another time',
      exported({ key: encodeIdentityKey({ ...key, timestamp: key.timestamp + 1n }) }),
      'WALLET_MISMATCH',
      testWallets.alice.address,
    ],
    [
      'a compressed key',
      exported({ key: encodeIdentityKey({ ...key, bytes: key.bytes!.subarray(0, 33) }) }),
      'INVALID_IDENTITY_KEY',
      'of another key',
    ],
    [
      'recovery id 4',
      exported({ key: encodeIdentityKey({ ...key, signature: { ...signature, recovery: 4 } }) }),
      'INVALID_WALLET_SIGNATURE',
      'no key',
    ],
    [
      'a signature of zeros',
      exported({ key: encodeIdentityKey({ ...key, signature: { ...signature, bytes: new Uint8Array(64) } }) }),
      'INVALID_WALLET_SIGNATURE',
      'no key',
    ],
    [
      'a signature of 63 bytes',
      exported({ key: encodeIdentityKey({ ...key, signature: { ...signature, bytes: new Uint8Array(63) } }) }),
      'INVALID_WALLET_SIGNATURE',
      'no key',
    ],
    ['a byte after the key', Uint8Array.of(...good, 0), 'INVALID_IDENTITY_KEY', 'cannot be read'],
    ['an unknown field after the key', Uint8Array.of(...good, 0x78, 1), 'INVALID_IDENTITY_KEY', 'canonical'],
    ['the key twice', Uint8Array.of(...good, ...good.subarray(53)), 'INVALID_IDENTITY_KEY', 'canonical'],
  ])('refuses %s', (_, bytes, reason, message) => {
    const error = refusalOf(() => importIdentity(bytes));
    expect(error.reason).toBe(reason);
    expect(error.message).toContain(message);
  });

  it('refuses an export that ends too early, wherever', () => {
    for (let length = 0; length < good.length; length++) {
      expect(refusalOf(() => importIdentity(good.subarray(0, length))).reason).toBe('INVALID_IDENTITY_KEY');
    }
  });

  it('refuses an export in which any one byte is another', () => {
    const place = fc.nat({ max: good.length - 1 });
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const bytes = good.slice();
        bytes[at]! ^= difference;
        expect(() => importIdentity(bytes)).toThrow(AuthError);
      }),
      { numRuns: 150 },
    );
  });

  it('throws nothing but AuthError for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(() => importIdentity(bytes)).toThrow(AuthError);
        expect(() => importIdentity(exported({ key: bytes }))).toThrow(AuthError);
      }),
    );
  });

  it('puts nothing of the bytes into its messages', () => {
    const secret = Buffer.from(good.subarray(21, 53)).toString('hex');
    const { message } = refusalOf(() => importIdentity(exported({ wallet: bobs.subarray(1, 21) })));
    expect(message.toLowerCase()).not.toContain(secret);
  });

  it.each(hostileValues.filter(([name]) => name !== 'bytes' && !name.includes('proxy')))('refuses %s', (_, value) => {
    expect(() => importIdentity(value as never)).toThrow(new TypeError('an exported identity must be a Uint8Array'));
  });

  it('refuses unknown and wrong options', () => {
    expect(() => importIdentity(good, { now } as never)).toThrow(TypeError);
    expect(() => importIdentity(good, { statement: null } as never)).toThrow(TypeError);
    expect(() => importIdentity(good, { curve: {} } as never)).toThrow(TypeError);
  });
});
