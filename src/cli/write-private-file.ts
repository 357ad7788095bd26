import { rename, rm, writeFile } from 'node:fs/promises';

import { systemReason } from './system-reason.js';
import { UsageError } from './usage-error.js';

/**
 * Writes a file that only its owner may read (mode 0600). A file that is there is left alone, unless it is to be replaced:
 * then the new one takes its place at once and whole, whatever the mode of the old one was.
 * @throws UsageError if the file is there or cannot be written.
 */
export async function writePrivateFile(path: string, content: Uint8Array, replace: boolean): Promise<void> {
  const target = replace ? `${path}.${process.pid}.tmp` : path;
  try {
    await writeFile(target, content, { mode: 0o600, flag: 'wx' });
    if (replace) await rename(target, path);
  } catch (error) {
    if (replace) await rm(target, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new UsageError(`${path} is there already; --force replaces it`);
    throw new UsageError(`cannot write ${path}: ${systemReason(error)}`);
  }
}
