import type {
  Backlog,
  Claim,
  DeviceRow,
  DeviceStore,
  Entered,
  Fact,
  LostRow,
  Renewal,
  Sighting,
  StoreListener,
  StoreSettings,
} from '../devices/store.js';
import { openDatabase, type OpenDatabase } from './database.js';
import { Decisions } from './decisions.js';
import { forgetting } from './forgetting.js';
import { load } from './load.js';
import { Queue } from './queue.js';
import { publicRow } from './row-values.js';

/** Renewals that are written at once, so that what comes meanwhile need not wait for all of them. */
const RENEWALS = 500;
/** Rows that cannot be read and are reported, one by one. */
const MAX_REPORTS = 1_000;

/** How long nothing is tried after a folder could not be opened again, in milliseconds. */
const PAUSE_MS = 5_000;

/** What a store is opened with. */
interface Opening {
  readonly settings: StoreSettings;
  readonly listener: StoreListener;
}

interface Open extends OpenDatabase {
  readonly decisions: Decisions;
}

/**
 * A store of devices in a folder. All that changes it goes through one queue, so every decision sees what the ones before made.
 *
 * After a write that failed, as when the disk is full, LevelDB goes on writing behind what it left half done, and finds nothing of that
 * when it is opened. So the folder is opened again before anything else is written.
 */
export class LevelStore implements DeviceStore {
  readonly #path: string;
  readonly #onError: (error: Error) => void;
  readonly #queue = new Queue();
  readonly #reported = new Set<string>();
  #opening: Opening | undefined;
  #open: Open | undefined;
  /** When the folder may be opened again, and why that was not possible. */
  #pause: { readonly endsMs: number; readonly error: unknown } | undefined;
  #closing: Promise<void> | undefined;

  constructor(path: string, onError: (error: Error) => void) {
    this.#path = path;
    this.#onError = onError;
  }

  async open(settings: StoreSettings, listener: StoreListener): Promise<void> {
    await this.#queue.run(async () => {
      if (this.#opening !== undefined || this.#closing !== undefined)
        throw new Error(`${this.#path}: a store is opened once`);
      this.#opening = { settings, listener };
      try {
        this.#open = await this.#load(this.#opening);
      } catch (error) {
        this.#opening = undefined;
        throw error;
      }
    });
  }

  enter(sighting: Sighting): Promise<Entered> {
    return this.#decide((decisions) => decisions.enter(sighting));
  }

  async renew(renewals: readonly Renewal[]): Promise<void> {
    for (let i = 0; i < renewals.length; i += RENEWALS)
      await this.#decide((decisions) => decisions.renew(renewals.slice(i, i + RENEWALS)));
  }

  async read(deviceIds: readonly string[]): Promise<readonly (DeviceRow | undefined)[]> {
    const rows = await this.#now().decisions.rows.many(deviceIds);
    return rows.map((row) => row && publicRow(row));
  }

  async list(wallet: string): Promise<readonly DeviceRow[]> {
    return (await this.#now().decisions.rows.of(wallet)).map(publicRow);
  }

  revoke(facts: readonly Fact[]): Promise<{ changed: boolean }> {
    return this.#decide(async (decisions) => ({ changed: await decisions.revoke(facts) }));
  }

  revokeWallet(wallet: string, survivor: string | undefined): Promise<{ changed: boolean }> {
    return this.#decide(async (decisions) => {
      await decisions.revokeWallet(wallet, survivor);
      return { changed: true };
    });
  }

  restore(rows: readonly LostRow[]): Promise<void> {
    return this.#decide((decisions) => decisions.restore(rows));
  }

  edit(deviceId: string, change: { label?: string; isConfirmed?: true }): Promise<boolean> {
    return this.#decide((decisions) => decisions.edit(deviceId, change));
  }

  remove(deviceId: string): Promise<boolean> {
    return this.#decide((decisions) => decisions.remove(deviceId));
  }

  erase(wallet: string): Promise<readonly string[]> {
    return this.#decide(async (decisions) => {
      const { database } = this.#now();
      return forgetting(database, wallet, (changes) => decisions.erase(changes, wallet));
    });
  }

  purge(most: number): Promise<readonly string[]> {
    return this.#decide((decisions) => decisions.purge(most));
  }

  claim(most: number, leaseMs: number): Promise<readonly Claim[]> {
    return this.#decide((decisions) => decisions.claim(most, leaseMs));
  }

  defer(claim: Claim, delayMs: number): Promise<boolean> {
    return this.#decide(async (decisions) => decisions.defer(claim, delayMs));
  }

  finish(claim: Claim): Promise<boolean> {
    return this.#decide((decisions) => decisions.finish(claim));
  }

  async backlog(): Promise<Backlog> {
    return this.#now().decisions.backlog();
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue.run(async () => {
      const open = this.#open;
      this.#open = undefined;
      await open?.close();
    });
    return this.#closing;
  }

  #decide<T>(decide: (decisions: Decisions) => Promise<T>): Promise<T> {
    return this.#queue.run(async () => decide((await this.#whole()).decisions));
  }

  /** The store, opened again if a write has failed. */
  async #whole(): Promise<Open> {
    if (this.#open?.decisions.rows.hasFailed) {
      await this.#open.close();
      this.#open = undefined;
    }
    if (this.#open !== undefined || this.#opening === undefined || this.#closing !== undefined) return this.#now();
    if (this.#pause !== undefined && performance.now() < this.#pause.endsMs) throw this.#pause.error;
    try {
      this.#open = await this.#load(this.#opening);
      return this.#open;
    } catch (error) {
      this.#pause = { endsMs: performance.now() + PAUSE_MS, error };
      throw error;
    }
  }

  async #load({ settings, listener }: Opening): Promise<Open> {
    const opened = await openDatabase(this.#path);
    const report = (error: Error) => this.#report(error);
    try {
      const revoked = (facts: readonly Fact[]) => listener.revoked(facts);
      const loaded = await load(opened.database, { settings, revoked, report });
      return { ...opened, decisions: new Decisions(opened.database, settings, listener, loaded, report) };
    } catch (error) {
      await opened.close();
      if (error instanceof RangeError) throw error; // RevocationsFull
      throw new Error(`${this.#path}: ${(error as Error).message}`, { cause: error });
    }
  }

  #now(): Open {
    if (this.#open === undefined) throw new Error(`${this.#path} is not open`);
    return this.#open;
  }

  /** Reports a row, unless it was reported before. */
  #report(error: Error): void {
    const { message } = error;
    if (this.#reported.has(message) || this.#reported.size >= MAX_REPORTS) return;
    this.#reported.add(message);
    this.#onError(new Error(`${this.#path}: ${message}`, { cause: error }));
  }
}
