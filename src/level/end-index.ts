import type { Database } from './database.js';

/** Digits of a time. */
const DIGITS = 15;
const MAX_TIME = 10 ** DIGITS - 1;

/**
 * Rows by a time. An entry may be earlier than what it stands for, so that a row that is renewed need not move; whoever finds it
 * looks at the row, and moves it then.
 */
export class EndIndex {
  readonly #prefix: string;
  /** No entry is earlier: what was taken out lately is passed over. */
  #fromMs = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The key of an entry that is about to be written. */
  entryOf(timeMs: number, deviceId: string): string {
    const ms = Math.max(0, Math.min(MAX_TIME, Math.ceil(timeMs)));
    this.#fromMs = Math.min(this.#fromMs, ms);
    return `${this.#prefix}${digits(ms)}!${deviceId}`;
  }

  deviceOf(entry: string): string {
    return entry.slice(this.#prefix.length + DIGITS + 1);
  }

  /** The earliest entries before a time, so many at most. */
  async before(database: Database, timeMs: number, most: number): Promise<readonly string[]> {
    const toMs = Math.max(0, Math.min(MAX_TIME, Math.ceil(timeMs)));
    if (toMs <= this.#fromMs) return [];
    const range = { gte: this.#prefix + digits(this.#fromMs), lt: this.#prefix + digits(toMs), limit: most };
    const entries = await database.keys(range).all();
    const [first] = entries;
    this.#fromMs = first === undefined ? toMs : Number(first.slice(this.#prefix.length).slice(0, DIGITS)) || 0;
    return entries;
  }
}

function digits(ms: number): string {
  return String(ms).padStart(DIGITS, '0');
}
