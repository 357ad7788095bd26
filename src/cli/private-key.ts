import { fromHex } from '../crypto/hex.js';
import { isPrivateKey } from '../crypto/private-key.js';
import { readInput } from './read-input.js';
import { UsageError } from './usage-error.js';

/** The environment variable that may hold a wallet's private key. */
export const KEY_VARIABLE = 'WALLET_AUTH_PRIVATE_KEY';

const MAX_FILE_BYTES = 1_024;
const HEX_KEY = /^(?:0x)?[0-9a-f]{64}$/i;

/**
 * Reads a wallet's private key: 64 hex digits with or without `0x`, white space around them. Never out of an argument,
 * which every process of the machine and the shell's history can read.
 * @param keyFile a path, or `-` for standard input; without it the environment variable is read.
 * @returns 32 bytes.
 * @throws UsageError if there is none or it is none; what was read is not quoted.
 */
export async function readPrivateKey(keyFile: string | undefined): Promise<Uint8Array> {
  const [text, source] = await keyText(keyFile);
  if (!HEX_KEY.test(text)) throw new UsageError(`the private key in ${source} must be 64 hex digits`);
  const key = fromHex(text.length === 64 ? `0x${text}` : text);
  if (key === undefined || !isPrivateKey(key)) throw new UsageError(`the number in ${source} is no private key`);
  return key;
}

async function keyText(keyFile: string | undefined): Promise<[text: string, source: string]> {
  if (keyFile !== undefined) {
    if (HEX_KEY.test(keyFile)) throw new UsageError('--key-file takes the name of a file, not the private key itself');
    const bytes = await readInput(keyFile, MAX_FILE_BYTES);
    return [new TextDecoder().decode(bytes).trim(), keyFile === '-' ? 'standard input' : keyFile];
  }
  const variable = process.env[KEY_VARIABLE];
  if (variable !== undefined) return [variable.trim(), KEY_VARIABLE];
  throw new UsageError(`no private key: give --key-file <file>, --key-file - for standard input, or ${KEY_VARIABLE}`);
}
