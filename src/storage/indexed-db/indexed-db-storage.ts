import { knownOptions, optionalFunction, quietly } from '../../options.js';
import type { IdentityStorage } from '../identity-storage.js';
import { memoryStorage } from '../memory-storage.js';
import { StorageError } from '../storage-error.js';
import { Vault } from './vault.js';

/** Which database, and what is called when it fails. */
export interface IndexedDbOptions {
  /** The name of the database; sites with several networks have one for each. Default `grpc-wallet-auth`. */
  name?: string | undefined;
  /**
   * Called with why an identity is not kept or cannot be read. After UNAVAILABLE, KEY_NOT_STORABLE, FULL and FAILED identities are
   * kept in memory until the page is left, and `isPersistent` is `false`; after UNREADABLE and UNKNOWN_VERSION the next one takes
   * the place of what could not be read.
   */
  onError?: ((problem: StorageError) => void) | undefined;
}

/** What is wrong with one identity, not with the database. */
const ABOUT_ONE = ['UNREADABLE', 'UNKNOWN_VERSION'];

/**
 * Keeps identities in the browser's IndexedDB, encrypted by a key that the browser does not hand out, so that no private key can be
 * read from a disk or a backup. Script on the page can still use them. Where the browser cannot keep them, they are kept in memory.
 * @throws TypeError if an option is wrong.
 * @example
 * import { createSession, indexedDbStorage } from 'grpc-wallet-auth/storage';
 *
 * const session = await createSession({ wallet, storage: indexedDbStorage() }); // prompts if this browser has no identity yet
 * console.log(session.status.isStored);
 */
export function indexedDbStorage(options: IndexedDbOptions = {}): IdentityStorage {
  knownOptions(options, ['name', 'onError']);
  const { name = 'grpc-wallet-auth' } = options;
  if (typeof name !== 'string' || name === '') throw new TypeError('name must be a text that is not empty');
  const onError = optionalFunction('onError', options.onError);

  const vault = new Vault(name);
  const memory = memoryStorage();
  let isPersistent = true;
  const report = (thrown: unknown) => {
    const problem = problemOf(thrown);
    if (!ABOUT_ONE.includes(problem.code)) isPersistent = false;
    quietly(() => onError?.(problem));
    return problem;
  };

  return Object.freeze({
    get isPersistent() {
      return isPersistent;
    },
    sharedName: name,
    async load(wallet: string) {
      if (!isPersistent) return memory.load(wallet);
      try {
        return await vault.load(wallet);
      } catch (thrown) {
        report(thrown);
        return undefined;
      }
    },
    async save(wallet: string, identity: Uint8Array) {
      if (isPersistent) {
        try {
          return await vault.save(wallet, identity);
        } catch (thrown) {
          report(thrown);
        }
      }
      await memory.save(wallet, identity);
    },
    async remove(wallet: string) {
      await memory.remove(wallet);
      try {
        await vault.remove(wallet); // in memory or not: an earlier page may have kept one
      } catch (thrown) {
        const problem = report(thrown);
        if (problem.code !== 'UNAVAILABLE') throw problem;
      }
    },
  });
}

function problemOf(thrown: unknown): StorageError {
  if (thrown instanceof StorageError) return thrown;
  if ((thrown as Error | null)?.name === 'QuotaExceededError') {
    return new StorageError('FULL', 'there is no room for the identity', thrown);
  }
  return new StorageError('FAILED', 'the database failed', thrown);
}
