import { LRUCache } from 'lru-cache';

/** A bounded cache of what was verified. The least recently used entry makes room. */
export interface Cache<V extends object> {
  readonly size: number;
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
}

/** What an entry is counted with beside its key, in bytes. Measured, a cached token takes its text and 508 to 620. */
const ENTRY_BYTES = 640;

/**
 * Makes a cache of at most `maxEntries` entries; with 0 it caches nothing.
 * @param maxBytes bound of all entries together: the characters of their keys and 640 bytes each. An entry larger than
 *   that is not stored.
 */
export function createCache<V extends object>(maxEntries: number, maxBytes = Infinity): Cache<V> {
  if (maxEntries === 0) return { size: 0, get: () => undefined, set: () => undefined, delete: () => undefined };
  const used = { bytes: 0 };
  // not by lru-cache's own sizes: they take memory for each entry
  const entries = new LRUCache<string, V>({
    max: maxEntries,
    dispose: (_, key) => {
      used.bytes -= bytesOf(key);
    },
  });
  return {
    get size() {
      return entries.size;
    },
    get: (key) => entries.get(key),
    set(key, value) {
      entries.delete(key);
      const added = bytesOf(key);
      if (added > maxBytes) return;
      while (used.bytes + added > maxBytes) entries.pop();
      entries.set(key, value);
      used.bytes += added;
    },
    delete: (key) => void entries.delete(key),
  };
}

function bytesOf(key: string): number {
  return ENTRY_BYTES + key.length;
}
