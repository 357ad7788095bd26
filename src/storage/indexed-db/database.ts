import { withTimeLimit } from '../../time-limit.js';
import { StorageError } from '../storage-error.js';
import type { Db, DbRequest, DbStore, WebGlobals } from './web-types.js';

const VERSION = 1;

/** The tables of the database: one with the wrapping key, one with an identity for each wallet. */
export type Table = 'keys' | 'identities';

/** How long a database may take to open or to answer, in milliseconds: browsers have been seen that never do. */
const LIMIT_MS = 5_000;

/** Runs one transaction on one table. It resolves with the result of its first request when all of it was written. */
export type Database = (
  table: Table,
  mode: 'readonly' | 'readwrite',
  begin: (store: DbStore) => DbRequest,
) => Promise<unknown>;

/**
 * Opens a database, and makes it if there is none.
 * @param onClosed called when the browser closed it, such as to delete it.
 * @throws StorageError UNAVAILABLE if there is none to be had.
 */
export async function openDatabase(name: string, onClosed: () => void): Promise<Database> {
  let db: Db;
  try {
    db = await open(name);
  } catch (cause) {
    throw new StorageError('UNAVAILABLE', 'IndexedDB cannot be used here', cause);
  }
  db.addEventListener('close', onClosed);
  db.addEventListener('versionchange', () => {
    db.close(); // another page deletes the database, which would wait for this one
    onClosed();
  });
  return (table, mode, begin) => transaction(db, table, mode, begin);
}

async function open(name: string): Promise<Db> {
  const { indexedDB } = globalThis as WebGlobals;
  if (indexedDB === undefined) throw new Error('there is no indexedDB');
  const request = indexedDB.open(name, VERSION);
  let isLate = false;
  const opened = new Promise<Db>((resolve, reject) => {
    request.addEventListener('upgradeneeded', () => {
      request.result.createObjectStore('keys' satisfies Table);
      request.result.createObjectStore('identities' satisfies Table);
    });
    request.addEventListener('success', () => (isLate ? request.result.close() : resolve(request.result)));
    request.addEventListener('error', () => reject(request.error));
  });
  return inTime(opened).catch((error: unknown) => {
    isLate = true;
    throw error;
  });
}

/** Resolves with the first request's result once the transaction is complete. */
function transaction(
  db: Db,
  table: Table,
  mode: 'readonly' | 'readwrite',
  begin: (store: DbStore) => DbRequest,
): Promise<unknown> {
  const done = new Promise<unknown>((resolve, reject) => {
    const tx = db.transaction(table, mode);
    const request = begin(tx.objectStore(table));
    tx.addEventListener('complete', () => resolve(request.result));
    tx.addEventListener('abort', () => reject(tx.error));
  });
  return inTime(done);
}

function inTime<T>(answer: Promise<T>): Promise<T> {
  return withTimeLimit(answer, LIMIT_MS, () => new Error(`the database did not answer in ${LIMIT_MS} ms`));
}
