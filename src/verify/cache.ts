import { LRUCache } from 'lru-cache';

/** A bounded cache of what was verified. The least recently used entry makes room. */
export interface Cache<V extends object> {
  readonly size: number;
  get(key: string): V | undefined;
  /** The same, without making the entry a recently used one. */
  peek(key: string): V | undefined;
  /** Stores an entry, in the place of one of the same key. */
  set(key: string, value: V): void;
  /** Stores an entry of a key that is not there. */
  add(key: string, value: V): void;
  delete(key: string): void;
}

/** What an entry is counted with beside its text, in bytes. Measured, a cached token takes its text and 130 to 530. */
const ENTRY_BYTES = 640;

/**
 * Makes a cache of at most `maxEntries` entries; with 0 it caches nothing.
 * @param maxBytes bound of all entries together: the characters of their texts and 640 bytes each. An entry larger than
 *   that is not stored.
 * @param lengthOf the length of an entry's text; of its key unless told otherwise. The same for one value at each call.
 */
export function createCache<V extends object>(
  maxEntries: number,
  maxBytes = Infinity,
  lengthOf: (value: V, key: string) => number = (_, key) => key.length,
): Cache<V> {
  if (maxEntries === 0) return noCache;
  const used = { bytes: 0 };
  const bytesOf = (value: V, key: string) => ENTRY_BYTES + lengthOf(value, key);
  // not by lru-cache's own sizes: they take memory for each entry
  const entries = new LRUCache<string, V>({
    max: maxEntries,
    dispose: (value, key) => {
      used.bytes -= bytesOf(value, key);
    },
  });
  function add(key: string, value: V): void {
    const added = bytesOf(value, key);
    if (added > maxBytes) return;
    while (used.bytes + added > maxBytes) entries.pop();
    entries.set(key, value);
    used.bytes += added;
  }
  return {
    get size() {
      return entries.size;
    },
    get: (key) => entries.get(key),
    peek: (key) => entries.peek(key),
    set(key, value) {
      entries.delete(key);
      add(key, value);
    },
    add,
    delete: (key) => void entries.delete(key),
  };
}

const noCache = {
  size: 0,
  get: () => undefined,
  peek: () => undefined,
  set: () => undefined,
  add: () => undefined,
  delete: () => undefined,
};
