import { describe, expect, it } from 'vitest';

import { createCache } from '../../src/verify/cache.js';

describe('createCache', () => {
  it('stores, counts and deletes', () => {
    const cache = createCache<{ n: number }>(2);
    expect(cache.get('a')).toBeUndefined();
    cache.set('a', { n: 1 });
    expect(cache.get('a')).toEqual({ n: 1 });
    expect(cache.size).toBe(1);
    cache.delete('a');
    expect(cache.get('a')).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  it('never holds more than its limit, and evicts what was used longest ago', () => {
    const cache = createCache<{ n: number }>(2);
    cache.set('a', { n: 1 });
    cache.set('b', { n: 2 });
    cache.get('a');
    cache.set('c', { n: 3 });
    expect(cache.size).toBe(2);
    expect(cache.get('a')).toEqual({ n: 1 });
    expect(cache.get('b')).toBeUndefined();
    expect(cache.get('c')).toEqual({ n: 3 });
    for (let n = 0; n < 100; n++) cache.set(`key ${n}`, { n });
    expect(cache.size).toBe(2);
  });

  it('caches nothing with 0', () => {
    const cache = createCache<{ n: number }>(0);
    cache.set('a', { n: 1 });
    expect(cache.get('a')).toBeUndefined();
    expect(cache.size).toBe(0);
    expect(() => cache.delete('a')).not.toThrow();
  });

  it.each(['', '__proto__', 'constructor', '\0'])('accepts %j as a key like any other', (key) => {
    const cache = createCache<{ n: number }>(5);
    expect(cache.get(key)).toBeUndefined();
    cache.set(key, { n: 1 });
    expect(cache.get(key)).toEqual({ n: 1 });
  });

  describe('bounded by bytes too', () => {
    const ENTRY = 640; // what an entry is counted with beside its key

    it('holds as many entries as fit, and evicts what was used longest ago', () => {
      const cache = createCache<{ n: number }>(100, 3 * (ENTRY + 10));
      for (const n of [1, 2, 3]) cache.set(`key of 0${n}`.padEnd(10), { n });
      expect(cache.size).toBe(3);
      cache.get('key of 01 ');
      cache.set('key of 04 ', { n: 4 });
      expect(cache.size).toBe(3);
      expect(cache.get('key of 02 ')).toBeUndefined();
      expect(cache.get('key of 01 ')).toEqual({ n: 1 });
    });

    it('makes room for a large entry by evicting several small ones', () => {
      const cache = createCache<{ n: number }>(100, 4 * ENTRY);
      for (let n = 0; n < 3; n++) cache.set(`${n}`, { n });
      cache.set('x'.repeat(2 * ENTRY), { n: 9 });
      expect(cache.size).toBe(1);
      expect(cache.get('x'.repeat(2 * ENTRY))).toEqual({ n: 9 });
    });

    it('does not store what is larger than all of it, and evicts nothing for it', () => {
      const cache = createCache<{ n: number }>(100, 2 * ENTRY);
      cache.set('a', { n: 1 });
      cache.set('x'.repeat(ENTRY + 1), { n: 2 });
      expect(cache.size).toBe(1);
      expect(cache.get('a')).toEqual({ n: 1 });
    });

    it('counts each entry once, however often it is stored, and not after it is deleted', () => {
      const cache = createCache<{ n: number }>(100, 2 * (ENTRY + 1));
      const value = { n: 1 };
      for (let i = 0; i < 5; i++) cache.set('a', value);
      for (let n = 0; n < 5; n++) cache.set('b', { n });
      expect([cache.get('a'), cache.get('b')]).toEqual([value, { n: 4 }]);
      for (let i = 0; i < 5; i++) cache.delete('a');
      cache.set('c', { n: 3 });
      expect(cache.size).toBe(2);
      cache.set('d', { n: 4 });
      expect(cache.size).toBe(2);
      expect(cache.get('b')).toBeUndefined();
    });

    it('still never holds more entries than its limit', () => {
      const cache = createCache<{ n: number }>(2, 1_000 * ENTRY);
      for (let n = 0; n < 10; n++) cache.set(`${n}`, { n });
      expect(cache.size).toBe(2);
      for (let n = 0; n < 10; n++) cache.set(`${n}`.padEnd(600 * ENTRY), { n });
      expect(cache.size).toBe(1);
    });
  });
});
