import type { Timers } from '../../options.js';
import type { CleanUp, LostRow } from '../store.js';
import type { DeviceRecord } from './records.js';

/** How many are kept; the newest are. */
const MAX_ROWS = 10_000;

interface Ended {
  readonly row: LostRow;
  readonly atMs: number;
}

/**
 * Rows that have ended on this node, until the store has said that all clean-ups are done: one that loses its data before has lost
 * what was to be cleaned up.
 */
export class EndedRows {
  readonly #timers: Timers;
  readonly #isKept: boolean;
  readonly #rows = new Map<string, Ended>();

  /** @param isKept whether the store may lose what it has while this node lives. */
  constructor(timers: Timers, isKept: boolean) {
    this.#timers = timers;
    this.#isKept = isKept;
  }

  add(record: DeviceRecord, cause: CleanUp['cause']): void {
    if (!this.#isKept) return;
    const row = { ...record.row(), ended: cause };
    this.#rows.delete(row.deviceId);
    this.#rows.set(row.deviceId, { row, atMs: this.#timers.monotonicMs() });
    const [oldest] = this.#rows.keys();
    if (this.#rows.size > MAX_ROWS && oldest !== undefined) this.#rows.delete(oldest);
  }

  all(): LostRow[] {
    return [...this.#rows.values()].map(({ row }) => row);
  }

  /** So many milliseconds ago, the store had nothing to clean up. */
  cleanedUp(agoMs: number): void {
    const untilMs = this.#timers.monotonicMs() - agoMs;
    for (const [deviceId, { atMs }] of this.#rows) {
      if (atMs >= untilMs) return; // so are those after it
      this.#rows.delete(deviceId);
    }
  }
}
