import { UsageError } from './flags.js';

/**
 * Loads a module that needs optional peer packages.
 * @param peers their names, separated by spaces.
 * @throws UsageError with the line of `npm install`, if one of them is not installed.
 */
export async function loadWithPeers<T>(peers: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = code === 'ERR_MODULE_NOT_FOUND' ? /^Cannot find package '([^']+)'/.exec(message)?.[1] : undefined;
    if (missing === undefined) throw error;
    throw new UsageError(`${missing} is not installed; run: npm install ${peers}`);
  }
}
