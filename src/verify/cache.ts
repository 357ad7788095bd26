import { LRUCache } from 'lru-cache';

/** A bounded cache of what was verified. The least recently used entry makes room. */
export interface Cache<V extends object> {
  readonly size: number;
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
}

/** Makes a cache of at most `max` entries; with 0 it caches nothing. */
export function createCache<V extends object>(max: number): Cache<V> {
  if (max === 0) return { size: 0, get: () => undefined, set: () => undefined, delete: () => undefined };
  return new LRUCache<string, V>({ max });
}
