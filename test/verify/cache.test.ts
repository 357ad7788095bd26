import { describe, expect, it } from 'vitest';

import { createCache } from '../../src/verify/cache.js';

describe('createCache', () => {
  it('caches, counts and forgets', () => {
    const memory = createCache<{ n: number }>(2);
    expect(memory.get('a')).toBeUndefined();
    memory.set('a', { n: 1 });
    expect(memory.get('a')).toEqual({ n: 1 });
    expect(memory.size).toBe(1);
    memory.delete('a');
    expect(memory.get('a')).toBeUndefined();
    expect(memory.size).toBe(0);
  });

  it('never holds more than its limit, and gives up what was used longest ago', () => {
    const memory = createCache<{ n: number }>(2);
    memory.set('a', { n: 1 });
    memory.set('b', { n: 2 });
    memory.get('a');
    memory.set('c', { n: 3 });
    expect(memory.size).toBe(2);
    expect(memory.get('a')).toEqual({ n: 1 });
    expect(memory.get('b')).toBeUndefined();
    expect(memory.get('c')).toEqual({ n: 3 });
    for (let n = 0; n < 100; n++) memory.set(`key ${n}`, { n });
    expect(memory.size).toBe(2);
  });

  it('caches nothing with 0', () => {
    const memory = createCache<{ n: number }>(0);
    memory.set('a', { n: 1 });
    expect(memory.get('a')).toBeUndefined();
    expect(memory.size).toBe(0);
    expect(() => memory.delete('a')).not.toThrow();
  });

  it.each(['', '__proto__', 'constructor', '\0'])('takes %j as a key like any other', (key) => {
    const memory = createCache<{ n: number }>(5);
    expect(memory.get(key)).toBeUndefined();
    memory.set(key, { n: 1 });
    expect(memory.get(key)).toEqual({ n: 1 });
  });
});
