import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { getSystemErrorMap } from 'node:util';

import { createPrivateFile, replacePrivateFile } from '../node/private-file.js';
import { UsageError } from './flags.js';

/** The permissions of the group and of all other users. */
const OTHERS = 0o077;

/** How an input is read. */
export interface InputOptions {
  /** Whether to refuse a file to which other users have access. Not checked on Windows. Default `false`. */
  readonly ownerOnly?: boolean;
}

/**
 * Reads a whole file, or standard input to its end.
 * @param name the path of a regular file, or `-` for standard input. Opening anything else, such as a FIFO, could block.
 * @param maxBytes longest accepted input, in bytes.
 * @throws UsageError if it cannot be read, is longer, or is open to other users.
 */
export async function readInput(name: string, maxBytes: number, options: InputOptions = {}): Promise<Uint8Array> {
  try {
    if (name === '-') return await readToEnd(process.stdin, name, maxBytes);
    const handle = await open(name, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw new UsageError(`${name} is not a regular file; - reads standard input`);
      if (options.ownerOnly) checkOwnerOnly(name, stat.mode);
      return await readToEnd(handle.createReadStream({ autoClose: false }), name, maxBytes);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw error instanceof UsageError
      ? error
      : new UsageError(`cannot read ${inputName(name)}: ${systemReason(error)}`);
  }
}

/** What messages call an input of `readInput`. */
export function inputName(name: string): string {
  return name === '-' ? 'standard input' : name;
}

/**
 * Writes a file that only its owner may read (mode 0600), and flushes it to the disk. An existing file is left alone, unless
 * it is to be replaced: then the new one replaces it at once and whole, whatever the mode of the old one was.
 * @throws UsageError if the file exists, cannot be written, or is not a regular file.
 */
export async function writePrivateFile(path: string, content: Uint8Array, replace: boolean): Promise<void> {
  try {
    if (!replace) return await createPrivateFile(path, content);
    const old = await lstat(path).catch(() => undefined);
    if (old && !old.isFile() && !old.isSymbolicLink()) throw new UsageError(`${path} is not a regular file`);
    return await replacePrivateFile(path, content);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    if (exists) throw new UsageError(`${path} exists already; --force replaces it`);
    throw new UsageError(`cannot write ${path}: ${systemReason(error)}`);
  }
}

/** The operating system's text for an error, such as `no such file or directory`, without paths and codes. */
export function systemReason(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message;
}

async function readToEnd(stream: AsyncIterable<Uint8Array>, name: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) throw new UsageError(`${inputName(name)} is longer than ${maxBytes} bytes`);
  }
  return Buffer.concat(chunks);
}

function checkOwnerOnly(name: string, mode: number): void {
  if (process.platform === 'win32' || (mode & OTHERS) === 0) return;
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  throw new UsageError(`other users have access to ${name} (mode ${octal}): run chmod 600, or give --allow-readable`);
}
