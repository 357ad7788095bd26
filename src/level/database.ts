import { mkdir, readdir, realpath } from 'node:fs/promises';

import type * as Level from 'classic-level';

/** An open database of texts. */
export type Database = Level.ClassicLevel;

/**
 * Folders that are open in this process, whoever opened them. LevelDB has a lock, which keeps other processes out: but each
 * attempt to take it again in the same process lets go of it, and it does not know a folder by another spelling.
 */
const OPEN_FOLDERS = ((globalThis as Record<symbol, unknown>)[Symbol.for('grpc-wallet-auth.level-folders')] ??=
  new Set<string>()) as Set<string>;

/** What is there without `CURRENT` when a process ended while it made a database; after that, `CURRENT` must not be missing. */
const FIRST_FILES = /^(?:LOCK|LOG(?:\.old)?|MANIFEST-000001|000001\.dbtmp)$/;

/** A database and its end. */
export interface OpenDatabase {
  readonly database: Database;
  /** Lets go of the folder. */
  readonly close: () => Promise<void>;
}

/**
 * Opens the database in a folder, and makes both if they are not there; only their owner may look into a folder that is made.
 * @throws Error naming the folder if it is open already, has something else in it, or cannot be opened.
 */
export async function openDatabase(path: string): Promise<OpenDatabase> {
  const { ClassicLevel } = await loadLevel();
  const folder = await folderOf(path);
  if (OPEN_FOLDERS.has(folder)) throw new Error(`${path} is open already, in this process`);
  OPEN_FOLDERS.add(folder);
  try {
    const database: Database = new ClassicLevel(folder);
    await database.open();
    const close = async () => {
      await database.close();
      OPEN_FOLDERS.delete(folder);
    };
    return { database, close };
  } catch (error) {
    OPEN_FOLDERS.delete(folder);
    throw openError(path, error);
  }
}

async function loadLevel(): Promise<typeof Level> {
  try {
    return await import('classic-level');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Error('levelDevices needs a package: npm install classic-level', { cause: error });
  }
}

/** The folder in its one spelling. */
async function folderOf(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const folder = await realpath(path);
    const names = await readdir(folder);
    if (names.includes('CURRENT') || names.every((name) => FIRST_FILES.test(name))) return folder;
  } catch (error) {
    throw new Error(`${path} cannot be opened: ${(error as Error).message}`, { cause: error });
  }
  throw new Error(`${path} is no folder of levelDevices: name one that is empty or not there`);
}

function openError(path: string, error: unknown): Error {
  const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
  if (cause?.code === 'LEVEL_LOCKED') return new Error(`${path} is open already, in another process`, { cause: error });
  return new Error(`${path} cannot be opened: ${cause?.message ?? (error as Error).message}`, { cause: error });
}
