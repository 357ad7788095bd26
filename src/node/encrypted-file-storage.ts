import { readFile, rm } from 'node:fs/promises';

import { knownOptions } from '../options.js';
import type { IdentityStorage } from '../storage/identity-storage.js';
import { StorageError } from '../storage/storage-error.js';
import { decryptIdentity, encryptIdentity, walletOfFile } from './identity-cipher.js';
import { replacePrivateFile } from './private-file.js';

/** Which file, and what encrypts it. */
export interface EncryptedFileOptions {
  /** The path of the file. It holds the identity of one wallet; its folder must exist. */
  path: string;
  /** What encrypts it: a text or bytes that are not empty, or a function that gives them whenever the file is read or written. */
  passphrase: string | Uint8Array | (() => string | Uint8Array | Promise<string | Uint8Array>);
}

/**
 * Keeps the identity of one wallet in a file that a passphrase encrypts: scrypt and AES-256-GCM, mode 0600, replaced whole or not at
 * all. Its name and its wallet's address can be read by whoever can read the file. Reading and writing take about half a second.
 *
 * The storage rejects with a StorageError. UNREADABLE: the passphrase is wrong, or the file is damaged or none of this kind.
 * UNKNOWN_VERSION: another version wrote it. OTHER_WALLET: it holds another wallet's identity. FULL: there is no room. FAILED: the
 * system refuses. The file is left as it is then; delete it to begin anew.
 * @throws TypeError if an option is wrong.
 * @example
 * import { encryptedFileStorage } from 'grpc-wallet-auth/node';
 * import { createSession } from 'grpc-wallet-auth/storage';
 *
 * const storage = encryptedFileStorage({ path: 'device.waid', passphrase: () => process.env['DEVICE_PASSPHRASE'] ?? '' });
 * const session = await createSession({ wallet, storage }); // the wallet signs in the first run only
 */
export function encryptedFileStorage(options: EncryptedFileOptions): IdentityStorage {
  knownOptions(options, ['path', 'passphrase']);
  const { path, passphrase } = options;
  if (typeof path !== 'string' || path === '') throw new TypeError('path must be a text that is not empty');
  if (typeof passphrase !== 'function') passphraseBytes(passphrase);
  const secret = async () => passphraseBytes(typeof passphrase === 'function' ? await passphrase() : passphrase);

  /** The file, if it is there and the wallet's. */
  async function fileOf(wallet: string): Promise<Buffer | undefined> {
    const file = await readFile(path).catch(unlessMissing);
    if (file === undefined) return undefined;
    if (walletOfFile(file).equals(addressBytes(wallet))) return file;
    throw new StorageError('OTHER_WALLET', 'the file holds the identity of another wallet');
  }

  return Object.freeze({
    isPersistent: true,
    async load(wallet: string) {
      const file = await fileOf(wallet);
      return file && decryptIdentity(await secret(), file);
    },
    async save(wallet: string, identity: Uint8Array) {
      await fileOf(wallet); // another wallet's is not replaced
      const file = await encryptIdentity(await secret(), addressBytes(wallet), identity);
      await replacePrivateFile(path, file).catch(failed);
    },
    async remove(wallet: string) {
      if ((await fileOf(wallet)) !== undefined) await rm(path, { force: true }).catch(failed);
    },
  });
}

/** @throws TypeError unless it is a text or bytes that are not empty. */
function passphraseBytes(passphrase: string | Uint8Array): Uint8Array {
  const bytes: unknown = typeof passphrase === 'string' ? Buffer.from(passphrase.normalize('NFKC')) : passphrase;
  if (bytes instanceof Uint8Array && bytes.length > 0) return bytes;
  throw new TypeError('passphrase must be a text or bytes, not empty, or a function that gives them');
}

function addressBytes(wallet: string): Buffer {
  return Buffer.from(wallet.slice(2), 'hex');
}

function unlessMissing(cause: NodeJS.ErrnoException): undefined {
  if (cause.code !== 'ENOENT') failed(cause);
}

function failed(cause: NodeJS.ErrnoException): never {
  const isFull = cause.code === 'ENOSPC' || cause.code === 'EDQUOT';
  throw new StorageError(isFull ? 'FULL' : 'FAILED', 'the file of the identity cannot be read or written', cause);
}
