import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Creates a file that only its owner may read (mode 0600) and flushes it; a write that fails leaves nothing. @throws EEXIST if there is a file. */
export async function createPrivateFile(path: string, content: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } catch (error) {
    await unlink(path);
    throw error;
  } finally {
    await handle.close();
  }
}

/** The same in the place of a file that may exist: whoever reads it finds the old one whole or the new one whole. */
export async function replacePrivateFile(path: string, content: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  await createPrivateFile(temporary, content);
  await rename(temporary, path).catch(async (error: unknown) => {
    await unlink(temporary);
    throw error;
  });
  await syncDirectory(dirname(path));
}

/** Makes a rename durable, where the system can flush directories. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
