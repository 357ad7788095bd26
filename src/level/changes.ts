import type { Database } from './database.js';
import { sealed } from './values.js';

type Change = { readonly type: 'put'; readonly key: string; readonly value: string } | Deletion;
interface Deletion {
  readonly type: 'del';
  readonly key: string;
}

/** Changes that are made together or not at all. The last of a key counts. */
export class Changes {
  /** How many rows there are more afterwards. */
  rows = 0;
  /** Whether they have to be on the disk when they are acknowledged. */
  isSync = false;
  readonly #changes = new Map<string, Change>();

  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  put(key: string, value: unknown): void {
    this.#changes.set(key, { type: 'put', key, value: sealed(key, value) });
  }

  delete(key: string): void {
    this.#changes.set(key, { type: 'del', key });
  }

  async write(database: Database): Promise<void> {
    await database.batch([...this.#changes.values()], { sync: this.isSync });
  }
}
