// The parts of IndexedDB and WebCrypto that are needed here; the package's types ask for no library of the DOM.

/** `EventTarget`. */
export interface Target {
  addEventListener(type: string, listener: () => void): void;
}

/** `IDBRequest`. */
export interface DbRequest<T = unknown> extends Target {
  readonly result: T;
  readonly error: unknown;
}

/** `IDBObjectStore`. */
export interface DbStore {
  get(key: string): DbRequest;
  add(value: unknown, key: string): DbRequest;
  put(value: unknown, key: string): DbRequest;
  delete(key: string): DbRequest;
}

/** `IDBTransaction`. */
export interface DbTransaction extends Target {
  readonly error: unknown;
  objectStore(name: string): DbStore;
  abort(): void;
}

/** `IDBDatabase`. */
export interface Db extends Target {
  createObjectStore(name: string): unknown;
  transaction(store: string, mode: 'readonly' | 'readwrite'): DbTransaction;
  close(): void;
}

/** `IDBFactory`. */
export interface DbFactory {
  open(name: string, version: number): DbRequest<Db>;
}

/** `CryptoKey`. */
export interface WrappingKey {
  readonly extractable: boolean;
}

/** `SubtleCrypto`, as far as AES-GCM goes. */
export interface Subtle {
  generateKey(algorithm: object, extractable: boolean, usages: string[]): Promise<WrappingKey>;
  encrypt(algorithm: object, key: WrappingKey, data: Uint8Array): Promise<ArrayBuffer>;
  decrypt(algorithm: object, key: WrappingKey, data: Uint8Array): Promise<ArrayBuffer>;
}

/** What a browser may have, and may not: private windows, plain HTTP, policies. */
export interface WebGlobals {
  readonly indexedDB?: DbFactory;
  readonly crypto?: { readonly subtle?: Subtle; getRandomValues(bytes: Uint8Array): unknown };
}
