import { createReadStream } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { getSystemErrorMap } from 'node:util';

import { UsageError } from './flags.js';

/**
 * Reads a whole file, or standard input to its end.
 * @param name a path, or `-` for standard input.
 * @param maxBytes longest accepted input, in bytes.
 * @throws UsageError if it cannot be read or is longer.
 */
export async function readInput(name: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const stream: AsyncIterable<Uint8Array> = name === '-' ? process.stdin : createReadStream(name);
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) throw new UsageError(`${inputName(name)} is longer than ${maxBytes} bytes`);
    }
  } catch (error) {
    throw error instanceof UsageError
      ? error
      : new UsageError(`cannot read ${inputName(name)}: ${systemReason(error)}`);
  }
  return Buffer.concat(chunks);
}

/** What messages call an input of `readInput`. */
export function inputName(name: string): string {
  return name === '-' ? 'standard input' : name;
}

/**
 * Writes a file that only its owner may read (mode 0600). An existing file is left alone, unless it is to be replaced:
 * then the new one replaces it at once and whole, whatever the mode of the old one was.
 * @throws UsageError if the file exists or cannot be written.
 */
export async function writePrivateFile(path: string, content: Uint8Array, replace: boolean): Promise<void> {
  const target = replace ? `${path}.${process.pid}.tmp` : path;
  try {
    await writeFile(target, content, { mode: 0o600, flag: 'wx' });
    if (replace) await rename(target, path);
  } catch (error) {
    if (replace) await rm(target, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new UsageError(`${path} exists already; --force replaces it`);
    throw new UsageError(`cannot write ${path}: ${systemReason(error)}`);
  }
}

/** The operating system's text for an error, such as `no such file or directory`, without paths and codes. */
export function systemReason(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message;
}
