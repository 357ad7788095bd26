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
});
