import { createReadStream } from 'node:fs';

import { systemReason } from './system-reason.js';
import { UsageError } from './usage-error.js';

/**
 * Reads a whole file, or standard input to its end.
 * @param name a path, or `-` for standard input.
 * @param maxBytes longest input taken, in bytes.
 * @throws UsageError if it cannot be read or is longer.
 */
export async function readInput(name: string, maxBytes: number): Promise<Uint8Array> {
  const shown = name === '-' ? 'standard input' : name;
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const stream: AsyncIterable<Uint8Array> = name === '-' ? process.stdin : createReadStream(name);
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) throw new UsageError(`${shown} is longer than ${maxBytes} bytes`);
    }
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`cannot read ${shown}: ${systemReason(error)}`);
  }
  return Buffer.concat(chunks);
}
