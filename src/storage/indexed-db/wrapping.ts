import { StorageError } from '../storage-error.js';
import type { Subtle, WebGlobals, WrappingKey } from './web-types.js';

const VERSION = 1;

/** An identity as it lies in the database. */
export interface WrappedIdentity {
  readonly version: typeof VERSION;
  /** 12 bytes, never the same with one key. */
  readonly iv: Uint8Array;
  /** Encrypted by AES-256-GCM, bound to the version and the wallet. */
  readonly data: Uint8Array;
}

/** Makes a key that no script can export. @throws StorageError UNAVAILABLE where there is no WebCrypto, as on plain HTTP. */
export async function makeWrappingKey(): Promise<WrappingKey> {
  return subtle().generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** Encrypts an identity. */
export async function wrapIdentity(key: WrappingKey, wallet: string, identity: Uint8Array): Promise<WrappedIdentity> {
  const iv = new Uint8Array(12);
  (globalThis as WebGlobals).crypto?.getRandomValues(iv);
  const data = new Uint8Array(await subtle().encrypt(parameters(iv, wallet), key, identity));
  return { version: VERSION, iv, data };
}

/** @throws StorageError UNKNOWN_VERSION; UNREADABLE if it was changed, or is another wallet's or another key's. */
export async function unwrapIdentity(key: WrappingKey, wallet: string, stored: unknown): Promise<Uint8Array> {
  const { version, iv, data } = Object(stored) as WrappedIdentity;
  if (version !== VERSION) throw new StorageError('UNKNOWN_VERSION', 'the stored identity is of another version');
  try {
    return new Uint8Array(await subtle().decrypt(parameters(iv, wallet), key, data));
  } catch (cause) {
    throw new StorageError('UNREADABLE', 'the stored identity cannot be decrypted', cause);
  }
}

function parameters(iv: Uint8Array, wallet: string): object {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(`grpc-wallet-auth ${VERSION} ${wallet}`) };
}

function subtle(): Subtle {
  const found = (globalThis as WebGlobals).crypto?.subtle;
  if (found !== undefined) return found;
  throw new StorageError('UNAVAILABLE', 'there is no WebCrypto here; pages need HTTPS for it');
}
