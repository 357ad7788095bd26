import { revocationKey } from '../devices/revocation/revocations.js';
import type { DeviceRow, Renewal, StoreSettings } from '../devices/store.js';
import { Changes } from './changes.js';
import type { Database } from './database.js';
import { EndIndex } from './end-index.js';
import { keyText, PREFIX, rowsOf } from './keys.js';
import { rowOf, rowValue, type StoredRow } from './row-values.js';
import { readValue } from './values.js';

/** The key of how many rows there are. */
export const ROWS_KEY = `${PREFIX.meta}rows`;
/** Entries of an index that are looked at at once. */
const SLICE = 256;

/** What is under the key of a row. */
interface Found {
  readonly isThere: boolean;
  /** `undefined` if it is there and cannot be read. */
  readonly row: StoredRow | undefined;
}

/** The rows of devices that are there: by id, by wallet, by revocation key and by when they may be purged. None is kept in memory. */
export class LevelRows {
  readonly #database: Database;
  readonly #settings: Pick<StoreSettings, 'idleMs' | 'confirmAfterMs' | 'nowMs'>;
  readonly #report: (error: Error) => void;
  readonly #unconfirmed = new EndIndex(PREFIX.unconfirmed);
  readonly #confirmed = new EndIndex(PREFIX.confirmed);
  #size: number;

  /** @param size how many there are. @param report called with rows that cannot be read. */
  constructor(
    database: Database,
    settings: Pick<StoreSettings, 'idleMs' | 'confirmAfterMs' | 'nowMs'>,
    size: number,
    report: (error: Error) => void,
  ) {
    this.#database = database;
    this.#settings = settings;
    this.#size = size;
    this.#report = report;
  }

  get size(): number {
    return this.#size;
  }

  async get(deviceId: string): Promise<StoredRow | undefined> {
    return (await this.many([deviceId]))[0];
  }

  async many(deviceIds: readonly string[]): Promise<readonly (StoredRow | undefined)[]> {
    return (await this.#find(deviceIds)).map(({ row }) => row);
  }

  async of(wallet: string): Promise<readonly StoredRow[]> {
    const entries = await this.#database.iterator(rowsOf(wallet)).all();
    return entries.flatMap(([key, text]) => this.#read(key, text) ?? []);
  }

  /** Whether a wallet has so many. */
  async isFull(wallet: string, most: number): Promise<boolean> {
    if (most === Infinity) return false;
    return (await this.#database.keys({ ...rowsOf(wallet), limit: most }).all()).length >= most;
  }

  /** The ids of devices with a row, by `revocationKey`. */
  async idsOf(keys: readonly Uint8Array[]): Promise<readonly string[]> {
    const names = keys.map((key) => PREFIX.deviceOfKey + keyText(key));
    const texts = await this.#database.getMany(names);
    return texts.flatMap((text, i) => {
      const id = text === undefined ? undefined : readValue(names[i] ?? '', text, String, this.#report);
      return id ?? [];
    });
  }

  /** Adds a row for a device that has none, or one that cannot be read. */
  async add(changes: Changes, row: DeviceRow): Promise<void> {
    const { deviceId } = row;
    const [found] = await this.#find([deviceId]);
    changes.put(PREFIX.deviceOfKey + keyText(revocationKey(deviceId)), deviceId);
    this.put(changes, { ...row, entry: this.#enterInIndex(changes, row) });
    if (!found?.isThere) changes.rows++;
  }

  /** Writes a row anew that is there. */
  put(changes: Changes, row: StoredRow): void {
    changes.put(PREFIX.row + row.deviceId, rowValue(row));
  }

  /** A row after a token, or after a sign of life. A confirmation is not to be lost. */
  renewed(
    changes: Changes,
    row: StoredRow,
    { expiresAtMs, issuedAtMs, address }: Omit<Renewal, 'deviceId'>,
  ): StoredRow {
    const next = {
      ...row,
      expiresAtMs: Math.max(row.expiresAtMs, expiresAtMs),
      seenMs: this.#settings.nowMs(),
      address: address ?? row.address,
    };
    return issuedAtMs >= row.firstIssuedMs + this.#settings.confirmAfterMs ? this.confirmed(changes, next) : next;
  }

  /** A row as it is when it is confirmed. */
  confirmed(changes: Changes, row: StoredRow): StoredRow {
    if (row.isConfirmed) return row;
    const next = { ...row, isConfirmed: true };
    changes.delete(row.entry);
    changes.isSync = true;
    return { ...next, entry: this.#enterInIndex(changes, next) };
  }

  delete(changes: Changes, { deviceId, entry }: StoredRow): void {
    changes.delete(entry);
    this.#forget(changes, deviceId);
  }

  /** Deletes rows of a wallet that cannot be read. */
  async deleteUnreadable(changes: Changes, wallet: string): Promise<void> {
    for (const [key, text] of await this.#database.iterator(rowsOf(wallet)).all())
      if (this.#read(key, text) === undefined) this.#forget(changes, key.slice(PREFIX.row.length));
  }

  /** Unconfirmed rows whose token ended before a time, the earliest first, some or as many as asked for. */
  endedBefore(timeMs: number, most: number): Promise<readonly StoredRow[]> {
    return this.#due(this.#unconfirmed, timeMs, most, ({ expiresAtMs }) => expiresAtMs < timeMs);
  }

  /** The same for confirmed rows that have been idle for too long. */
  idleSince(nowMs: number, most: number): Promise<readonly StoredRow[]> {
    const untilMs = nowMs - this.#settings.idleMs;
    return this.#due(this.#confirmed, untilMs + 1, most, (row) => idleFromMs(row) <= untilMs);
  }

  /** Writes changes, and how many rows there are. */
  async commit(changes: Changes): Promise<void> {
    if (changes.isEmpty) return;
    const size = this.#size + changes.rows;
    if (changes.rows !== 0) changes.put(ROWS_KEY, size);
    await changes.write(this.#database);
    this.#size = size;
  }

  async #due(
    index: EndIndex,
    beforeMs: number,
    most: number,
    isDue: (row: StoredRow) => boolean,
  ): Promise<readonly StoredRow[]> {
    const due: StoredRow[] = [];
    while (due.length === 0) {
      const entries = await index.before(this.#database, beforeMs, Math.min(most, SLICE));
      if (entries.length === 0) break;
      const changes = new Changes();
      const found = await this.#find(entries.map((entry) => index.deviceOf(entry)));
      for (const [i, entry] of entries.entries()) {
        const { isThere, row } = found[i] ?? { isThere: false, row: undefined };
        if (row?.entry === entry && isDue(row)) due.push(row);
        else changes.delete(entry);
        if (row?.entry === entry && !isDue(row)) this.put(changes, { ...row, entry: this.#enterInIndex(changes, row) });
        if (isThere && row === undefined) this.#forget(changes, index.deviceOf(entry));
      }
      await this.commit(changes);
    }
    return due;
  }

  #enterInIndex(changes: Changes, row: DeviceRow): string {
    const { deviceId, expiresAtMs, isConfirmed } = row;
    const entry = isConfirmed
      ? this.#confirmed.entryOf(idleFromMs(row), deviceId)
      : this.#unconfirmed.entryOf(expiresAtMs, deviceId);
    changes.put(entry, 0);
    return entry;
  }

  #forget(changes: Changes, deviceId: string): void {
    changes.delete(PREFIX.row + deviceId);
    changes.delete(PREFIX.deviceOfKey + keyText(revocationKey(deviceId)));
    changes.rows--;
  }

  async #find(deviceIds: readonly string[]): Promise<readonly Found[]> {
    const keys = deviceIds.map((id) => PREFIX.row + id);
    const texts = await this.#database.getMany(keys);
    return texts.map((text, i) => {
      const isThere = text !== undefined;
      return { isThere, row: isThere ? this.#read(keys[i] ?? '', text) : undefined };
    });
  }

  #read(key: string, text: string): StoredRow | undefined {
    return readValue(key, text, (value) => rowOf(key.slice(PREFIX.row.length), value), this.#report);
  }
}

/** From when on a confirmed row is idle. */
function idleFromMs({ expiresAtMs, seenMs }: DeviceRow): number {
  return Math.max(expiresAtMs, seenMs);
}
