import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { nobleCurve } from '../../src/crypto/noble-curve.js';
import { nativeCurve, wasmCurve } from '../../src/curves/index.js';

const curves = [nobleCurve, wasmCurve(), nativeCurve()];

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const P = 2n ** 256n - 2n ** 32n - 977n;
const EDGES = [0n, 1n, 2n, N / 2n, N / 2n + 1n, N - 1n, N, N + 1n, P - N - 1n, P - N, P - 1n, P, 2n ** 256n - 1n];

const bytes32 = (value: bigint) => Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));
const toBigint = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const signature = (r: bigint, s: bigint) => Uint8Array.from([...bytes32(r), ...bytes32(s)]);
const withHighS = (low: Uint8Array) => signature(toBigint(low.slice(0, 32)), N - toBigint(low.slice(32)));

const privateKey = bytes32(0xc0ffeen);
const digest = bytes32(0xd1ce57n);
const publicKey = nobleCurve.publicKey(privateKey);
const good = nobleCurve.sign(digest, privateKey);

const privateKeys = fc.bigInt({ min: 1n, max: N - 1n }).map(bytes32);
const digests = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** What all curves answer; fails if they differ. */
function agreed<T>(call: (curve: (typeof curves)[number]) => T): T {
  const [first, ...others] = curves.map((curve) => ({ answer: call(curve) }));
  for (const other of others) expect(other).toEqual(first);
  return first!.answer;
}

const verified = (sig: Uint8Array, hash = digest, key = publicKey) => agreed((curve) => curve.verify(sig, hash, key));
const recovered = (sig: Uint8Array, recovery: number, hash = digest) =>
  agreed((curve) => plain(curve.recover(sig, recovery, hash)));
const plain = (bytes: Uint8Array | undefined) => bytes && Uint8Array.from(bytes);

describe('noble, WASM and native give the same answers', () => {
  it('to whatever is signed', () => {
    fc.assert(
      fc.property(privateKeys, digests, (key, hash) => {
        const point = agreed((curve) => plain(curve.publicKey(key)))!;
        const signed = agreed((curve) => {
          const { bytes, recovery } = curve.sign(hash, key);
          return { bytes: Uint8Array.from(bytes), recovery };
        });
        expect(verified(signed.bytes, hash, point)).toBe(true);
        expect(recovered(signed.bytes, signed.recovery, hash)).toEqual(point);
        const high = withHighS(signed.bytes);
        expect(verified(high, hash, point)).toBe(false);
        expect(recovered(high, signed.recovery ^ 1, hash)).toEqual(point);
      }),
      { numRuns: 30 },
    );
  });

  it('to a good signature with any one byte changed', () => {
    fc.assert(
      fc.property(fc.nat(63), fc.integer({ min: 1, max: 255 }), fc.nat(3), (at, change, recovery) => {
        const changed = good.bytes.slice();
        changed[at]! ^= change;
        expect(verified(changed)).toBe(false);
        recovered(changed, recovery);
      }),
      { numRuns: 100 },
    );
  });

  it('to any bytes at all', () => {
    const any = fc.uint8Array({ maxLength: 80 });
    const key = fc.oneof(any, fc.constant(publicKey));
    fc.assert(
      fc.property(any, any, key, fc.integer(), (sig, hash, point, recovery) => {
        expect(verified(sig, hash, point)).toBe(false);
        recovered(sig, recovery, hash);
      }),
      { numRuns: 500 },
    );
  });

  it.each([0, 1, 2, 3])('to r and s at the edges of their range, recovery %i', (recovery) => {
    for (const r of EDGES) {
      for (const s of EDGES) {
        const key = recovered(signature(r, s), recovery);
        const outside = r === 0n || s === 0n || r >= N || s >= N;
        if (outside) expect(key).toBeUndefined();
        if (key) expect(verified(signature(r, s), digest, key)).toBe(s <= N / 2n);
        else expect(verified(signature(r, s))).toBe(false);
      }
    }
  });

  it('to signatures whose nonce point lies above the order: recovery 2 and 3 find the key', () => {
    const found = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n].flatMap((r) =>
      [2, 3].map((recovery) => recovered(signature(r, 1n), recovery)),
    );
    const keys = found.filter((key) => key !== undefined);
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.length).toBeLessThan(found.length);
  });

  it.each([-1, 4, 5, 27, 28, 255, 256, 2 ** 32, 0.5, Number.NaN, Infinity])('to recovery id %d: none', (recovery) => {
    expect(recovered(good.bytes, recovery)).toBeUndefined();
  });

  it.each([
    ['compressed', Uint8Array.from([2 + (publicKey[64]! & 1), ...publicKey.slice(1, 33)])],
    ['hybrid', Uint8Array.from([6 + (publicKey[64]! & 1), ...publicKey.slice(1)])],
    ['without its first byte', publicKey.slice(1)],
    ['with a byte more', Uint8Array.from([...publicKey, 0])],
    ['off the curve', Uint8Array.from([...publicKey.slice(0, 64), publicKey[64]! ^ 1])],
    ['given y = p', Uint8Array.from([4, ...publicKey.slice(1, 33), ...bytes32(P)])],
    ['all zero', Uint8Array.from([4, ...new Uint8Array(64)])],
    ['with x above the field', Uint8Array.from([4, ...bytes32(P + 1n), ...publicKey.slice(33)])],
    ['all ones', Uint8Array.from([4, ...new Uint8Array(64).fill(255)])],
    ['empty', new Uint8Array(0)],
  ])('to a public key that is %s: not verified', (_name, key) => {
    expect(verified(good.bytes, digest, key)).toBe(false);
  });

  it.each([0n, 1n, N - 1n, N, N + 1n, 2n ** 256n - 1n])('to the digest %d', (value) => {
    const signed = agreed((curve) => Buffer.from(curve.sign(bytes32(value), privateKey).bytes).toString('hex'));
    expect(verified(Buffer.from(signed, 'hex'), bytes32(value))).toBe(true);
  });

  it.each([
    ['zero', bytes32(0n)],
    ['the order', bytes32(N)],
    ['above the order', bytes32(2n ** 256n - 1n)],
    ['short', new Uint8Array(31).fill(1)],
    ['long', new Uint8Array(33).fill(1)],
  ])('to a private key that is %s: an error', (_name, key) => {
    for (const curve of curves) {
      expect(() => curve.publicKey(key)).toThrow(Error);
      expect(() => curve.sign(digest, key)).toThrow(Error);
    }
  });
});

describe.each(curves)('the $name curve', (curve) => {
  it('returns bytes that a later call does not change', () => {
    const key = curve.publicKey(privateKey);
    const signed = curve.sign(digest, privateKey);
    const found = curve.recover(signed.bytes, signed.recovery, digest);
    const before = [key, signed.bytes, found].map(String);
    curve.recover(curve.sign(bytes32(7n), bytes32(8n)).bytes, 0, bytes32(9n));
    curve.publicKey(bytes32(10n));
    expect([key, signed.bytes, found].map(String)).toEqual(before);
    expect([key, signed.bytes, found].map((bytes) => bytes?.buffer.byteLength)).toEqual([65, 64, 65]);
  });

  it('leaves its inputs as they were', () => {
    const inputs = [good.bytes, digest, publicKey, privateKey];
    const before = inputs.map(String);
    curve.verify(good.bytes, digest, publicKey);
    curve.recover(good.bytes, good.recovery, digest);
    curve.sign(digest, privateKey);
    expect(inputs.map(String)).toEqual(before);
  });

  it('still works after many points off the curve and many signatures out of range', () => {
    const off = publicKey.slice();
    off[64]! ^= 1;
    const outOfRange = new Uint8Array(64).fill(255);
    let accepted = 0;
    for (let i = 0; i < 5_000; i++) {
      if (curve.verify(good.bytes, digest, off)) accepted++;
      if (curve.verify(outOfRange, digest, publicKey)) accepted++;
      if (curve.recover(outOfRange, 0, digest)) accepted++;
    }
    expect(accepted).toBe(0);
    expect(curve.verify(good.bytes, digest, publicKey)).toBe(true);
  });
});
