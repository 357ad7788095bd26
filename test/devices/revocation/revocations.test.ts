import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { sha256 } from '../../../src/crypto/hash.js';
import {
  createRevocationBound,
  createRevocationSet,
  revocationKey,
} from '../../../src/devices/revocation/revocations.js';

const MEBIBYTE = 2 ** 20;

/** A device id for each number. */
const id = (number: number, wallet = '0x52908400098527886E0F7030069857D2E4169EE7') =>
  `${wallet}/${number.toString(16).padStart(32, '0')}`;
const ids = (count: number) => Array.from({ length: count }, (_, i) => id(i));

function scrambled(number: number): number {
  const half = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  const whole = Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
  return whole ^ (whole >>> 16);
}

/** A key for each number, with no hash to wait for. */
function numberedKey(number: number): Uint8Array {
  const key = new Uint8Array(16);
  const view = new DataView(key.buffer);
  for (let i = 0; i < 4; i++) view.setUint32(4 * i, scrambled(4 * number + i));
  return key;
}

const hex = (key: Uint8Array) => Buffer.from(key).toString('hex');
const keysOf = (set: { keys(): Iterable<Uint8Array> }) => [...set.keys()].map(hex);

/** Seeds under which all keys look for the same place, and any others. */
const seeds = fc.oneof(
  fc.constant(new Uint32Array(4)),
  fc.uint32Array({ minLength: 4, maxLength: 4 }),
  fc.constant(undefined),
);

describe('the set of revoked devices', () => {
  it('says what a plain Set says, whatever is added and asked, and wherever keys are placed', () => {
    const step = fc.record({ number: fc.nat(60), adds: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), seeds, fc.integer({ min: 1, max: 50 }), (steps, seed, max) => {
        const [set, model] = [createRevocationSet(max, seed), new Set<string>()];
        for (const { number, adds } of steps) {
          const deviceId = id(number);
          expect(set.has(deviceId)).toBe(model.has(deviceId));
          if (!adds) continue;
          if (model.size === max && !model.has(deviceId)) {
            expect(() => set.add(deviceId)).toThrow(RangeError);
          } else {
            expect(set.add(deviceId)).toBe(!model.has(deviceId));
            model.add(deviceId);
          }
          expect(set.size).toBe(model.size);
        }
        for (let i = 0; i <= 60; i++) expect(set.has(id(i))).toBe(model.has(id(i)));
        expect(keysOf(set).toSorted()).toEqual([...model].map((each) => hex(revocationKey(each))).toSorted());
      }),
    );
  });

  it('never misses one that is in while it grows', () => {
    const set = createRevocationSet(5_000);
    const all = ids(5_000);
    for (const [i, deviceId] of all.entries()) {
      expect(set.add(deviceId)).toBe(true);
      if (i % 499 === 0) expect(all.slice(0, i + 1).filter((each) => !set.has(each))).toEqual([]);
    }
    expect(all.filter((deviceId) => !set.has(deviceId) || set.add(deviceId))).toEqual([]);
    expect(set.size).toBe(5_000);
    expect(Array.from({ length: 5_000 }, (_, i) => id(5_000 + i)).filter((each) => set.has(each))).toEqual([]);
  });

  it('goes by the whole id: the same key certified by another wallet is another device', () => {
    const set = createRevocationSet(10);
    set.add(id(7));
    const other = id(7, '0x8617E340B3D01FA5F11F306F4090FD50E238070D');
    expect([set.has(id(7)), set.has(other)]).toEqual([true, false]);
    expect(hex(revocationKey(id(7)))).toBe(hex(sha256(Buffer.from(id(7)))).slice(0, 32));
  });

  it('holds keys apart that all look for one place, or differ in one bit', () => {
    for (const seed of [new Uint32Array(4), Uint32Array.of(1, 1, 1, 1), undefined]) {
      const set = createRevocationSet(1_000, seed);
      const keys = Array.from({ length: 129 }, (_, bit) => {
        const key = new Uint8Array(16).fill(0xff);
        if (bit < 128) key[bit >> 3]! ^= 1 << (bit & 7);
        return key;
      });
      for (const key of keys) expect(set.addKey(key)).toBe(true);
      for (const key of keys) expect(set.addKey(key)).toBe(false);
      expect(set.size).toBe(129);
      expect(keysOf(set).toSorted()).toEqual(keys.map(hex).toSorted());
    }
  });

  it.each([0, 1, 2, 3])('finds a place at once for keys that somebody made alike but for word %i', (word) => {
    const set = createRevocationSet(100_000);
    const key = new Uint32Array(4).fill(0x0badf00d);
    for (let i = 0; i < 100_000; i++) {
      key[word] = scrambled(i + 1);
      set.addKey(new Uint8Array(key.buffer));
    }
    expect(set.size).toBe(100_000); // looked for one after the other, they would take 20 seconds
  });

  it('holds a key of zeros', () => {
    const set = createRevocationSet(10);
    const zeros = new Uint8Array(16);
    expect([set.addKey(zeros), set.addKey(zeros), set.size]).toEqual([true, false, 1]);
    const copy = createRevocationSet(10);
    for (const key of set.keys()) copy.addKey(key);
    expect([copy.addKey(zeros), copy.size]).toEqual([false, 1]);
  });

  it('chooses places by its seed, another one for each set', () => {
    const order = (seed?: Uint32Array) => {
      const set = createRevocationSet(500, seed);
      for (let i = 0; i < 500; i++) set.addKey(numberedKey(i));
      return keysOf(set).join();
    };
    const seed = Uint32Array.of(0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f);
    expect(order(seed)).toBe(order(seed));
    expect(new Set([order(seed), order(), order()]).size).toBe(3);
  });

  it('chooses places without a source of strong randomness too', () => {
    const strong = Object.getOwnPropertyDescriptor(globalThis, 'crypto')!;
    Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true });
    try {
      const [set, all] = [createRevocationSet(500), ids(500)];
      expect(all.filter((deviceId) => !set.add(deviceId))).toEqual([]);
      expect(all.filter((deviceId) => !set.has(deviceId))).toEqual([]);
    } finally {
      Object.defineProperty(globalThis, 'crypto', strong);
    }
  });

  it('goes by keys as by ids, gives them as copies, and takes only whole ones', () => {
    const [set, copy] = [createRevocationSet(100), createRevocationSet(100)];
    const all = ids(100);
    for (const deviceId of all) set.add(deviceId);
    for (const key of set.keys()) {
      copy.addKey(key);
      key.fill(0);
    }
    expect(all.filter((deviceId) => !copy.has(deviceId) || !set.has(deviceId))).toEqual([]);
    for (const length of [0, 15, 17, 32]) expect(() => set.addKey(new Uint8Array(length))).toThrow(TypeError);
  });

  it('drops none for a newer one when it is full', () => {
    const set = createRevocationSet(3);
    for (const deviceId of ids(3)) set.add(deviceId);
    expect(() => set.add(id(3))).toThrow('bounds.revocations: 3 devices and wallets are revoked');
    expect(set.add(id(0))).toBe(false);
    expect([set.size, set.has(id(2)), set.has(id(3))]).toEqual([3, true, false]);
  });

  it('shares a bound with others', () => {
    const bound = createRevocationBound(3);
    const [one, other] = [createRevocationSet(bound), createRevocationSet(bound)];
    one.add(id(0));
    one.add(id(0));
    other.add(id(0));
    other.add(id(1));
    expect([bound.used, bound.max]).toEqual([3, 3]);
    expect(() => one.add(id(2))).toThrow(RangeError);
    expect([bound.used, one.size, other.size]).toEqual([3, 1, 2]);
  });

  it('keeps a million in 64 MiB', () => {
    const set = createRevocationSet(1_000_000);
    for (let i = 0; i < 1_000_000; i++) set.addKey(numberedKey(i));
    expect(set.size).toBe(1_000_000);
    expect(set.bytes).toBeLessThanOrEqual(64 * MEBIBYTE);
    for (let i = 0; i < 1_000_000; i += 101) expect(set.addKey(numberedKey(i))).toBe(false);
  });

  it('has at most four places of 16 bytes for each key, and little while it is empty', () => {
    const set = createRevocationSet(100_000);
    expect(set.bytes).toBe(16 * 1_024);
    for (let i = 0; i < 100_000; i++) set.addKey(numberedKey(i));
    expect(set.bytes).toBeGreaterThanOrEqual(2 * 16 * 100_000);
    expect(set.bytes).toBeLessThanOrEqual(4.2 * 16 * 100_000); // each part doubles by itself, a little before or after
  });
});
