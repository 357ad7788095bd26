import { withTimeLimit } from '../../time-limit.js';
import { StorageError } from '../storage-error.js';
import type { Db, DbRequest, DbStore, WebGlobals } from './web-types.js';

const VERSION = 1;

/** The tables of the database: one with the wrapping key, one with an identity for each wallet. */
export type Table = 'keys' | 'identities';

/** How long a database may take to open or to answer, in milliseconds: browsers have been seen that never do. */
const LIMIT_MS = 5_000;

/** An open database. */
export interface Database {
  /** One transaction on one table, of one request. It resolves when all of it was written. */
  run(table: Table, mode: 'readonly' | 'readwrite', begin: (store: DbStore) => DbRequest): Promise<unknown>;
  /** Puts a value where there is none. @returns what is there then. */
  putIfAbsent(table: Table, key: string, value: unknown): Promise<unknown>;
}

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
  return {
    run: (table, mode, begin) => transaction(db, table, mode, begin),
    async putIfAbsent(table, key, value) {
      let there: unknown;
      await transaction(db, table, 'readwrite', (store) => {
        const look = store.get(key);
        look.addEventListener('success', () => {
          there = look.result ?? value;
          if (look.result === undefined) store.put(value, key);
        });
        return look;
      });
      return there;
    },
  };
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
    request.addEventListener('error', () => reject(asError(request.error)));
  });
  return withTimeLimit(opened, LIMIT_MS, () => {
    isLate = true;
    return new Error(`the database did not open in ${LIMIT_MS} ms`);
  });
}

/** Resolves with the first request's result once the transaction is complete. */
async function transaction(
  db: Db,
  table: Table,
  mode: 'readonly' | 'readwrite',
  begin: (store: DbStore) => DbRequest,
): Promise<unknown> {
  const tx = db.transaction(table, mode);
  const done = new Promise<unknown>((resolve, reject) => {
    let request: DbRequest | undefined;
    tx.addEventListener('complete', () => resolve(request?.result));
    tx.addEventListener('abort', () => reject(asError(tx.error)));
    try {
      request = begin(tx.objectStore(table));
    } catch (error) {
      reject(asError(error)); // a value that cannot be cloned
      tx.abort();
    }
  });
  return withTimeLimit(done, LIMIT_MS, () => new Error(`the database did not answer in ${LIMIT_MS} ms`));
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('the database failed', { cause: thrown });
}
