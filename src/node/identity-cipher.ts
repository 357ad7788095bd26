import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';

import { StorageError } from '../storage/storage-error.js';

// A file of an encrypted identity, all of it but the last two parts in clear and bound to them by the tag:
//   "WAID" (4 bytes) ‖ version (1) ‖ log2 N, r, p of scrypt (1 each) ‖ salt (16) ‖ wallet (20) ‖ IV (12) ‖ AES-256-GCM ciphertext ‖ tag (16)

const MAGIC = Buffer.from('WAID');
const VERSION = 1;
const HEADER_BYTES = 56;
const TAG_BYTES = 16;

/** Costs of scrypt, as OWASP recommends them: 128 MiB and about half a second for each guess. */
const COSTS = { logN: 17, r: 8, p: 1 } as const;

/** What a file may ask of us: 256 MiB. */
const MAX_SCRYPT_BYTES = 2 ** 28;

/** Encrypts an identity under a passphrase, with a fresh salt. @param wallet 20 bytes. */
export async function encryptIdentity(
  passphrase: Uint8Array,
  wallet: Uint8Array,
  identity: Uint8Array,
): Promise<Buffer> {
  const { logN, r, p } = COSTS;
  const salt = randomBytes(16);
  const iv = randomBytes(12);
  const header = Buffer.concat([MAGIC, Uint8Array.of(VERSION, logN, r, p), salt, wallet, iv]);
  const cipher = createCipheriv('aes-256-gcm', await deriveKey(passphrase, salt, COSTS), iv).setAAD(header);
  return Buffer.concat([header, cipher.update(identity), cipher.final(), cipher.getAuthTag()]);
}

/** Whose identity a file holds, as 20 bytes. @throws StorageError UNKNOWN_VERSION; UNREADABLE if it is no such file. */
export function walletOfFile(file: Buffer): Buffer {
  if (!file.subarray(0, 4).equals(MAGIC)) throw new StorageError('UNREADABLE', 'not a file of an encrypted identity');
  if (file[4] !== VERSION)
    throw new StorageError('UNKNOWN_VERSION', `the file's version is ${file[4]}, not ${VERSION}`);
  if (file.length < HEADER_BYTES + TAG_BYTES) throw new StorageError('UNREADABLE', 'the file ends too early');
  return file.subarray(24, 44);
}

/** @throws StorageError as `walletOfFile` does; UNREADABLE if the passphrase is wrong, or anything of the file was changed. */
export async function decryptIdentity(passphrase: Uint8Array, file: Buffer): Promise<Buffer> {
  walletOfFile(file);
  const header = file.subarray(0, HEADER_BYTES);
  const [logN = 0, r = 0, p = 0] = header.subarray(5, 8);
  const sealed = file.subarray(HEADER_BYTES, -TAG_BYTES);
  try {
    const key = await deriveKey(passphrase, header.subarray(8, 24), { logN, r, p });
    const decipher = createDecipheriv('aes-256-gcm', key, header.subarray(44), { authTagLength: TAG_BYTES });
    decipher.setAAD(header).setAuthTag(file.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed), decipher.final()]);
  } catch (cause) {
    throw new StorageError('UNREADABLE', 'the passphrase is wrong, or the file is damaged', cause);
  }
}

async function deriveKey(
  passphrase: Uint8Array,
  salt: Uint8Array,
  { logN, r, p }: { readonly logN: number; readonly r: number; readonly p: number },
): Promise<Buffer> {
  const N = 2 ** logN;
  if (logN < 10 || r < 1 || p < 1 || p > 4 || 128 * N * r >= MAX_SCRYPT_BYTES)
    throw new RangeError('costs out of range');
  const maxmem = MAX_SCRYPT_BYTES;
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, { N, r, p, maxmem }, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
