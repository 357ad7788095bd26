import { StorageError } from '../storage-error.js';
import { openDatabase, type Database } from './database.js';
import type { WrappingKey } from './web-types.js';
import { makeWrappingKey, unwrapIdentity, wrapIdentity } from './wrapping.js';

/** The wrapping key's place in its table. */
const KEY = 'wrapping';

/** The database and the key that wraps what is in it. It rejects; what follows from that is decided elsewhere. */
export class Vault {
  readonly #name: string;
  #database: Promise<Database> | undefined;
  #key: Promise<WrappingKey> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** @throws StorageError UNREADABLE or UNKNOWN_VERSION if there is something that is none; others if the database fails. */
  async load(wallet: string): Promise<Uint8Array | undefined> {
    const stored = await (await this.#open())('identities', 'readonly', (table) => table.get(wallet));
    return stored === undefined ? undefined : unwrapIdentity(await this.#wrappingKey(), wallet, stored);
  }

  async save(wallet: string, identity: Uint8Array): Promise<void> {
    const wrapped = await wrapIdentity(await this.#wrappingKey(), wallet, identity);
    await (
      await this.#open()
    )('identities', 'readwrite', (table) => table.put(wrapped, wallet));
  }

  async remove(wallet: string): Promise<void> {
    await (
      await this.#open()
    )('identities', 'readwrite', (table) => table.delete(wallet));
  }

  async #open(): Promise<Database> {
    const forget = () => {
      this.#database = undefined;
      this.#key = undefined;
    };
    this.#database ??= openDatabase(this.#name, forget);
    this.#database.catch(forget);
    return this.#database;
  }

  /** One for the whole database: of two tabs that make one, the second takes the first's. */
  async #wrappingKey(): Promise<WrappingKey> {
    const database = await this.#open();
    this.#key ??= keyOf(database);
    this.#key.catch(() => (this.#key = undefined));
    return this.#key;
  }
}

async function keyOf(database: Database): Promise<WrappingKey> {
  const read = async () => (await database('keys', 'readonly', (table) => table.get(KEY))) as WrappingKey | undefined;
  let key = await read();
  if (key === undefined) {
    const made = await makeWrappingKey();
    await database('keys', 'readwrite', (table) => table.add(made, KEY)).catch(unlessThere);
    key = await read();
  }
  if (key?.extractable === false) return key;
  throw new StorageError('KEY_NOT_STORABLE', 'what the database has in place of its key is none, or can be exported');
}

/** Another tab may have been quicker. */
function unlessThere(cause: unknown): void {
  const { name } = Object(cause) as Error;
  if (name === 'ConstraintError') return;
  if (name !== 'DataCloneError') throw cause;
  throw new StorageError('KEY_NOT_STORABLE', 'this browser keeps no keys in IndexedDB', cause);
}
