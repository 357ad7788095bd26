import { EndedRows } from '../devices/memory/ended-rows.js';
import { Floors } from '../devices/memory/floors.js';
import type { Fact, StoreSettings } from '../devices/store.js';
import { Changes } from './changes.js';
import type { Database } from './database.js';
import { keyOfText, PREFIX, startingWith } from './keys.js';
import { ROWS_KEY } from './level-rows.js';
import { endedOf, epochOf } from './row-values.js';
import { readValue, unsealed } from './values.js';

const STORE_KEY = `${PREFIX.meta}store`;
/** The layout of this version. */
const VERSION = 1;
/** Entries that are read at once. */
const SLICE = 4_000;

/** What the store says of itself. */
interface About {
  readonly version: number;
  /** Of the floors. */
  readonly seed: number;
  /** Whether a node cleans up, or did. */
  readonly cleansUp: boolean;
}

/** What is in memory of an open store. */
export interface Loaded {
  readonly rows: number;
  readonly cleansUp: boolean;
  readonly floors: Floors;
  readonly ended: EndedRows;
}

/** What to load it with. */
export interface Loading {
  readonly settings: Pick<StoreSettings, 'cleansUp' | 'nowMs' | 'openTimeoutMs'>;
  /** Called with all that is revoked. */
  readonly revoked: (facts: readonly Fact[]) => void;
  /** Called with what cannot be read and is passed over. */
  readonly report: (error: Error) => void;
}

/**
 * Loads what has to be in memory.
 * @throws Error if a revocation cannot be read, if it takes too long, or if this is not a store of devices.
 */
export async function load(database: Database, { settings, revoked, report }: Loading): Promise<Loaded> {
  const { cleansUp, nowMs, openTimeoutMs: timeoutMs } = settings;
  const endsMs = performance.now() + timeoutMs;
  const each = (prefix: string, take: (entries: readonly [key: string, text: string][]) => void) =>
    eachOf(database, prefix, take, () => {
      if (performance.now() > endsMs)
        throw new Error(`it was not loaded within ${timeoutMs} ms, staleness.openTimeoutMs`);
    });
  const about = await aboutOf(database, cleansUp);
  await each(PREFIX.epoch, (entries) => revoked(entries.map(([key, text]) => epochFact(key, text))));
  await each(PREFIX.revoked, (entries) => revoked(entries.map(([key, text]) => keyFact(key, text))));
  const floors = new Floors(about.seed);
  await each(PREFIX.floor, (entries) => {
    for (const [key, text] of entries)
      floors.raiseAt(Number(key.slice(PREFIX.floor.length)), readValue(key, text, Number, report) ?? -Infinity);
  });
  const ended = await endedRows(each, nowMs(), report);
  return { rows: await rowCount(database, each, report), cleansUp: about.cleansUp, floors, ended };
}

type Each = (prefix: string, take: (entries: readonly [key: string, text: string][]) => void) => Promise<void>;

async function eachOf(
  database: Database,
  prefix: string,
  take: (entries: readonly [key: string, text: string][]) => void,
  check: () => void,
): Promise<void> {
  const iterator = database.iterator(startingWith(prefix));
  try {
    for (;;) {
      const entries = await iterator.nextv(SLICE);
      if (entries.length === 0) return;
      take(entries);
      check();
    }
  } finally {
    await iterator.close();
  }
}

/** Makes it in an empty database. */
async function aboutOf(database: Database, cleansUp: boolean): Promise<About> {
  const text = await database.get(STORE_KEY);
  if (text === undefined && (await database.keys({ limit: 1 }).all()).length > 0)
    throw new Error('it has something else in it');
  const known: About =
    text === undefined
      ? { version: VERSION, seed: new Floors().seed, cleansUp: false }
      : unsealed(STORE_KEY, text, (value) => value as About);
  if (known.version !== VERSION) throw new Error(`it was written by another version (layout ${known.version})`);
  const about = { ...known, cleansUp: known.cleansUp || cleansUp };
  if (text !== undefined && about.cleansUp === known.cleansUp) return about;
  const changes = new Changes();
  changes.put(STORE_KEY, about);
  changes.isSync = true;
  await changes.write(database);
  return about;
}

function epochFact(key: string, text: string): Fact {
  const { atMs, survivor } = vital(() => unsealed(key, text, epochOf));
  return { wallet: key.slice(PREFIX.epoch.length), atMs, survivor };
}

function keyFact(name: string, text: string): Fact {
  return vital(() =>
    unsealed(name, text, () => {
      const key = keyOfText(name.slice(PREFIX.revoked.length));
      if (key === undefined) throw new TypeError('it is no key');
      return { key };
    }),
  );
}

/** Reads what must not be passed over. */
function vital<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${(error as Error).message}, and what it revokes would come back`, { cause: error });
  }
}

async function endedRows(each: Each, nowMs: number, report: (error: Error) => void): Promise<EndedRows> {
  const states: ReturnType<typeof endedOf>[] = [];
  await each(PREFIX.cleanUp, (entries) => {
    for (const [key, text] of entries) {
      const state = readValue(key, text, (value) => endedOf(key.slice(PREFIX.cleanUp.length), value), report);
      if (state !== undefined) states.push(state);
    }
  });
  const ended = new EndedRows(`${Date.now()}-${Math.floor(Math.random() * 2 ** 32)}-`);
  for (const state of states.toSorted((a, b) => a.sinceMs - b.sinceMs))
    ended.load(state, Math.min(state.sinceMs, nowMs));
  return ended;
}

/** As it was written, or counted if that cannot be read. */
async function rowCount(database: Database, each: Each, report: (error: Error) => void): Promise<number> {
  const text = await database.get(ROWS_KEY);
  const written = text === undefined ? 0 : readValue(ROWS_KEY, text, Number, report);
  if (written !== undefined) return written;
  let count = 0;
  await each(PREFIX.row, (entries) => void (count += entries.length));
  return count;
}
