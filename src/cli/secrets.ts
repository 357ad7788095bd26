import type { DeviceIdentity } from '../client/device-identity.js';
import { importIdentity } from '../client/import-identity.js';
import type { AccountWallet } from '../client/wallet/wallet-like.js';
import { addressOf } from '../crypto/address.js';
import { fromHex, toHex } from '../crypto/hex.js';
import { nobleCurve } from '../crypto/noble-curve.js';
import { hashPersonalMessage } from '../crypto/personal-message.js';
import { isPrivateKey } from '../crypto/private-key.js';
import { inputName, readInput } from './files.js';
import { UsageError } from './flags.js';

/** The environment variable that may hold a wallet's private key. */
export const KEY_VARIABLE = 'WALLET_AUTH_PRIVATE_KEY';

const MAX_KEY_BYTES = 1_024;
/** Far more than an identity needs. */
const MAX_IDENTITY_BYTES = 4_096;
const MAX_TOKEN_BYTES = 1_048_576;
const HEX_KEY = /^(?:0x)?[0-9a-f]{64}$/i;

/**
 * Reads a wallet's private key: 64 hex digits with or without `0x`, white space around them. Never from an argument,
 * which every process of the machine and the shell's history can read.
 * @param keyFile a path, or `-` for standard input; without it the environment variable is read.
 * @param flag what gave it, for messages.
 * @returns 32 bytes.
 * @throws UsageError if there is no key or it is not valid; its text is not quoted.
 */
export async function readPrivateKey(keyFile: string | undefined, flag = '--key-file'): Promise<Uint8Array> {
  const [text, source] = await keyText(keyFile, flag);
  if (!HEX_KEY.test(text)) throw new UsageError(`the private key in ${source} must be 64 hex digits`);
  const key = fromHex(text.length === 64 ? `0x${text}` : text);
  if (key === undefined || !isPrivateKey(key)) throw new UsageError(`the number in ${source} is no private key`);
  return key;
}

async function keyText(keyFile: string | undefined, flag: string): Promise<[text: string, source: string]> {
  if (keyFile !== undefined) {
    if (HEX_KEY.test(keyFile)) throw new UsageError(`${flag} takes the name of a file, not the private key itself`);
    const bytes = await readInput(keyFile, MAX_KEY_BYTES);
    return [new TextDecoder().decode(bytes).trim(), inputName(keyFile)];
  }
  const variable = process.env[KEY_VARIABLE];
  if (variable !== undefined) return [variable.trim(), KEY_VARIABLE];
  throw new UsageError(`no private key: give ${flag} <file>, ${flag} - for standard input, or ${KEY_VARIABLE}`);
}

/**
 * A wallet made of its private key alone, which signs as `personal_sign` does, without a prompt.
 * @param privateKey 32 bytes.
 */
export function keyWallet(privateKey: Uint8Array): AccountWallet {
  return Object.freeze({
    address: addressOf(nobleCurve.publicKey(privateKey)),
    signMessage({ message }: { message: string }) {
      const { bytes, recovery } = nobleCurve.sign(hashPersonalMessage(message), privateKey);
      return toHex(Uint8Array.of(...bytes, 27 + recovery));
    },
  });
}

/**
 * Reads an identity that `wallet-auth identity` wrote and checks all of it.
 * @param name a path, or `-` for standard input.
 * @param allowReadable whether to accept a file to which other users have access.
 * @throws UsageError if it cannot be read, is open to other users or is no identity.
 */
export async function readIdentity(name: string, allowReadable: boolean): Promise<DeviceIdentity> {
  const bytes = await readInput(name, MAX_IDENTITY_BYTES, { ownerOnly: !allowReadable });
  try {
    return importIdentity(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${inputName(name)}: ${why}`);
  }
}

/**
 * The token to check: the arguments, or standard input if there are none or just `-`. It may have its scheme before it, or
 * be a whole header as `wallet-auth token --header` prints it.
 * @throws UsageError if there is no token, or more than one.
 */
export async function tokenInput(args: readonly string[]): Promise<string> {
  const fromStdin = args.length === 0 || (args.length === 1 && args[0] === '-');
  const text = (fromStdin ? await tokenFromStdin() : tokenFromArguments(args)).trim().replace(/^authorization: */i, '');
  if (/^(?:authorization:)?$/i.test(text)) {
    throw new UsageError(fromStdin ? 'standard input is empty' : 'the token is empty');
  }
  return text;
}

async function tokenFromStdin(): Promise<string> {
  if (process.stdin.isTTY) throw new UsageError('no token: give it as an argument or pipe it in');
  return new TextDecoder().decode(await readInput('-', MAX_TOKEN_BYTES));
}

/** One argument, or the parts of an unquoted header: `authorization:`, `Bearer` and the token. */
function tokenFromArguments(args: readonly string[]): string {
  const text = args.join(' ');
  if (args.length === 1 || /^(?:authorization: ?)?(?:bearer )?\S*$/i.test(text)) return text;
  throw new UsageError(`expected one token, but got ${args.length} arguments; see --help`);
}
