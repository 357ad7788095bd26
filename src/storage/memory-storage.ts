import type { IdentityStorage } from './identity-storage.js';

/**
 * Keeps identities in this page or process, and nowhere else: the next one prompts again.
 * @example
 * import { createSession, memoryStorage } from 'grpc-wallet-auth/storage';
 *
 * const session = await createSession({ wallet, storage: memoryStorage() });
 */
export function memoryStorage(): IdentityStorage {
  const kept = new Map<string, Uint8Array>();
  return Object.freeze({
    isPersistent: false,
    load: async (wallet: string) => {
      const identity = kept.get(wallet);
      return identity && Uint8Array.from(identity);
    },
    save: async (wallet: string, identity: Uint8Array) => void kept.set(wallet, Uint8Array.from(identity)),
    remove: async (wallet: string) => void kept.delete(wallet),
  });
}
