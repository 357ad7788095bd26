import { createHash, createHmac } from 'node:crypto';

import { hashes } from '@noble/secp256k1';
import { getBytes, id } from 'ethers';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

import { nobleCurve } from '../../src/crypto/noble-curve.js';
import { concat } from '../support/raw-proto.js';
import { CURVE_ORDER, flipBit, sign, someKey, to32Bytes, withOtherS } from '../support/token-workshop.js';
import { haveWycheproof, loadWycheproof, wycheproofNote } from '../support/wycheproof.js';

const FIELD_PRIME = 2n ** 256n - 2n ** 32n - 977n;

const key = someKey(7);
const publicKey = getBytes(key.publicKey);
const digest = getBytes(id('digest'));
const good = sign(key, id('digest'));
const r = good.bytes.subarray(0, 32);
const s = good.bytes.subarray(32);

describe('nobleCurve.verify', () => {
  it('accepts a signature that ethers made', () => {
    expect(nobleCurve.verify(good.bytes, digest, publicKey)).toBe(true);
  });

  it('refuses the same signature with high S', () => {
    expect(nobleCurve.verify(withOtherS(good).bytes, digest, publicKey)).toBe(false);
  });

  it('refuses another digest, another key, and one flipped bit of R or S', () => {
    expect(nobleCurve.verify(good.bytes, flipBit(digest, 0), publicKey)).toBe(false);
    expect(nobleCurve.verify(good.bytes, digest, getBytes(someKey(8).publicKey))).toBe(false);
    expect(nobleCurve.verify(flipBit(good.bytes, 255), digest, publicKey)).toBe(false);
    expect(nobleCurve.verify(flipBit(good.bytes, 511), digest, publicKey)).toBe(false);
  });

  const extremes = { 0: 0n, n: CURVE_ORDER, 'n + 1': CURVE_ORDER + 1n, p: FIELD_PRIME, '2^256 − 1': 2n ** 256n - 1n };

  it.each(Object.entries(extremes))('refuses R or S of %s', (_, value) => {
    expect(nobleCurve.verify(concat(to32Bytes(value), s), digest, publicKey)).toBe(false);
    expect(nobleCurve.verify(concat(r, to32Bytes(value)), digest, publicKey)).toBe(false);
  });

  it.each([
    ['a point off the curve', flipBit(publicKey, 519)],
    ['a hybrid point', concat(Uint8Array.of(6 + (publicKey[64]! & 1)), publicKey.subarray(1))],
    ['a compressed point', getBytes(key.compressedPublicKey)],
    ['a point without its first byte', publicKey.subarray(1)],
    ['a coordinate of p or more', concat(Uint8Array.of(4), to32Bytes(FIELD_PRIME), publicKey.subarray(33))],
    ['zeros', concat(Uint8Array.of(4), new Uint8Array(64))],
    ['nothing', new Uint8Array(0)],
  ])('refuses a key that is %s', (_, notKey) => {
    expect(nobleCurve.verify(good.bytes, digest, notKey)).toBe(false);
  });

  it('refuses signatures and digests of other lengths', () => {
    for (const length of [0, 63, 65]) {
      expect(nobleCurve.verify(new Uint8Array(length), digest, publicKey)).toBe(false);
    }
    expect(nobleCurve.verify(concat(good.bytes, new Uint8Array(1)), digest, publicKey)).toBe(false);
    expect(nobleCurve.verify(concat(Uint8Array.of(Number(good.recovery)), good.bytes), digest, publicKey)).toBe(false);
    for (const length of [0, 31, 33]) {
      expect(nobleCurve.verify(good.bytes, new Uint8Array(length), publicKey)).toBe(false);
    }
    expect(nobleCurve.verify(good.bytes, concat(digest, digest), publicKey)).toBe(false);
  });

  it('answers false for any bytes, and never throws', () => {
    const some = (length: number) =>
      fc.oneof(fc.uint8Array({ minLength: length, maxLength: length }), fc.uint8Array({ maxLength: 80 }));
    fc.assert(
      fc.property(some(64), some(32), some(65), (signature, anyDigest, anyKey) => {
        expect(nobleCurve.verify(signature, anyDigest, anyKey)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});

describe('nobleCurve.recover', () => {
  it('returns the uncompressed key of the signer', () => {
    expect(nobleCurve.recover(good.bytes, Number(good.recovery), digest)).toEqual(publicKey);
  });

  it('returns the same key for high S with the other recovery id', () => {
    const high = withOtherS(good);
    expect(nobleCurve.recover(high.bytes, Number(high.recovery), digest)).toEqual(publicKey);
  });

  it.each([4, 27, 28, -1, 0.5, NaN, Infinity, 256, 257])('returns nothing for recovery id %d', (recovery) => {
    expect(nobleCurve.recover(good.bytes, recovery, digest)).toBeUndefined();
  });

  it('returns nothing for recovery ids 2 and 3 where R + n is no coordinate', () => {
    expect(nobleCurve.recover(good.bytes, 2, digest)).toBeUndefined();
    expect(nobleCurve.recover(good.bytes, 3, digest)).toBeUndefined();
  });

  it.each([0n, CURVE_ORDER, CURVE_ORDER + 1n, FIELD_PRIME, 2n ** 256n - 1n])(
    'returns nothing for R or S of %d',
    (value) => {
      expect(nobleCurve.recover(concat(to32Bytes(value), s), 0, digest)).toBeUndefined();
      expect(nobleCurve.recover(concat(r, to32Bytes(value)), 0, digest)).toBeUndefined();
    },
  );

  it('returns nothing for signatures and digests of other lengths', () => {
    for (const length of [0, 63, 65]) {
      expect(nobleCurve.recover(new Uint8Array(length).fill(1), 0, digest)).toBeUndefined();
    }
    for (const length of [0, 31, 33]) {
      expect(nobleCurve.recover(good.bytes, 0, new Uint8Array(length))).toBeUndefined();
    }
    expect(nobleCurve.recover(good.bytes, Number(good.recovery), concat(digest, digest))).toBeUndefined();
  });
});

describe('nobleCurve.sign', () => {
  it('makes the signature that ethers makes (RFC 6979, low S)', () => {
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const { bytes, recovery } = sign(key, id(text));
      expect(nobleCurve.sign(getBytes(id(text)), getBytes(key.privateKey))).toEqual({ bytes, recovery });
    }
  });

  it.each([0n, CURVE_ORDER, 2n ** 256n - 1n])('refuses the private key %d', (value) => {
    expect(() => nobleCurve.sign(digest, to32Bytes(value))).toThrow(Error);
    expect(() => nobleCurve.publicKey(to32Bytes(value))).toThrow(Error);
  });
});

describe('nobleCurve.publicKey', () => {
  it('returns the uncompressed key that ethers gives', () => {
    expect(nobleCurve.publicKey(getBytes(key.privateKey))).toEqual(publicKey);
  });
});

describe('nobleCurve', () => {
  it('is frozen and named', () => {
    expect(nobleCurve.name).toBe('noble');
    expect(Object.isFrozen(nobleCurve)).toBe(true);
  });

  it('gives noble the synchronous hashes that it lacks, and leaves a host\u2019s own in place', async () => {
    const { sha256, hmacSha256 } = hashes;
    const load = async () => {
      vi.resetModules();
      await import('../../src/crypto/noble-curve.js');
    };
    try {
      const own = (message: Uint8Array) => message;
      const ownHmac = (_: Uint8Array, message: Uint8Array) => message;
      Object.assign(hashes, { sha256: own, hmacSha256: ownHmac });
      await load();
      expect(hashes).toMatchObject({ sha256: own, hmacSha256: ownHmac });

      Object.assign(hashes, { sha256: undefined, hmacSha256: undefined });
      await load();
      const [text, secret] = [Buffer.from('text'), Buffer.from('secret')];
      expect(Buffer.from(hashes.sha256!(text))).toEqual(createHash('sha256').update(text).digest());
      expect(Buffer.from(hashes.hmacSha256!(secret, text))).toEqual(createHmac('sha256', secret).update(text).digest());
    } finally {
      Object.assign(hashes, { sha256, hmacSha256 });
    }
  });
});

describe('Wycheproof through nobleCurve', () => {
  const cases = loadWycheproof();

  it.skipIf(!haveWycheproof)(`verify: valid signatures with low S and no others${wycheproofNote}`, () => {
    const wrong = cases.filter(({ signature, digest: hash, publicKey: signer, accepted }) => {
      return nobleCurve.verify(signature, hash, signer) !== accepted;
    });
    expect(wrong.map(({ title }) => title)).toEqual([]);
    // the low-S rule decides some of the cases, and not all of them
    expect(cases.filter(({ valid }) => valid)).not.toHaveLength(0);
    expect(cases.filter(({ valid, highS }) => valid && highS)).not.toHaveLength(0);
    expect(cases.filter(({ accepted }) => accepted)).not.toHaveLength(0);
  });

  it.skipIf(!haveWycheproof)(
    `recover: finds the signer of each valid signature, high S too, and of no invalid one${wycheproofNote}`,
    () => {
      const lost = cases.filter(({ valid, signature, digest: hash, publicKey: signer }) => {
        const found = [0, 1, 2, 3].some((recovery) => {
          const recovered = nobleCurve.recover(signature, recovery, hash);
          return recovered !== undefined && Buffer.from(recovered).equals(signer);
        });
        return found !== valid;
      });
      expect(lost.map(({ title }) => title)).toEqual([]);
    },
  );
});
