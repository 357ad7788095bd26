import type { Timers } from '../../options.js';
import { createRevocationSet } from '../revocation/revocations.js';
import type { DeviceStore, Fact, LostRow } from '../store.js';
import { EarliestTimer } from './earliest-timer.js';

/** Longest time that a node waits before it puts back what a store has lost, so that not all do so at once. */
const MAX_WAIT_MS = 2_000;
/** How long it waits after the store did not take something, at first and at most. */
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** Facts, and rows, that are put back at once. */
const FACTS = 500;
const ROWS = 100;

/** What a node has that a store may have lost. */
export interface Copy {
  /** All that is revoked. */
  facts(): Iterable<Fact>;
  /** The rows of the devices that it serves, and those that have ended and may not be cleaned up. */
  rows(): readonly LostRow[];
  /** Those of the rows of which it has heard since that they have ended. */
  endedSince(rows: readonly LostRow[]): readonly LostRow[];
}

/**
 * Gets into the store what it does not have: revocations that it did not acknowledge, and whatever it has lost. Nothing is given
 * up: what the store does not take is tried again.
 */
export class PutBack {
  /** Facts that were put back. */
  count = 0;
  readonly #store: Pick<DeviceStore, 'revoke' | 'restore'>;
  readonly #copy: Copy;
  readonly #timer: EarliestTimer;
  #unacknowledged: Fact[] = [];
  /** What the store has told since it was found to have lost something. */
  #told: Told | undefined;
  #retryMs = RETRY_MS;
  #isRunning = false;

  constructor(store: Pick<DeviceStore, 'revoke' | 'restore'>, timers: Timers, copy: Copy) {
    this.#store = store;
    this.#copy = copy;
    this.#timer = new EarliestTimer(timers, () => this.#run());
  }

  /** Facts that the store has not acknowledged. */
  get unacknowledged(): number {
    return this.#unacknowledged.length;
  }

  /** Whether the store has lost something that is not put back yet. */
  get isDue(): boolean {
    return this.#told !== undefined;
  }

  /** Has the store told about facts that it did not acknowledge, until it does. */
  add(facts: readonly Fact[]): void {
    this.#unacknowledged.push(...facts);
    this.#schedule(this.#retryMs);
  }

  /** The store has lost something. What it has is told from now on. */
  lost(): void {
    this.#told = new Told();
  }

  /** The store has these. */
  told(facts: readonly Fact[]): void {
    if (this.#told !== undefined) for (const fact of facts) this.#told.add(fact);
  }

  /** The store has told all that it has, and answers. */
  fresh(): void {
    this.#retryMs = RETRY_MS;
    if (this.#told !== undefined) this.#schedule(Math.floor(Math.random() * MAX_WAIT_MS));
    else if (this.#unacknowledged.length > 0) this.#schedule(0);
  }

  stop(): void {
    this.#timer.stop();
  }

  #schedule(delayMs: number): void {
    if (!this.#isRunning) this.#timer.within(delayMs); // what runs sees to it when it is done
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    let isDone = true;
    try {
      await this.#acknowledge();
      await this.#putBack();
    } catch {
      isDone = false;
    }
    this.#isRunning = false;
    if (isDone) this.#retryMs = RETRY_MS;
    if (!isDone || this.#unacknowledged.length > 0) this.#schedule(this.#retryMs);
    if (!isDone) this.#retryMs = Math.min(2 * this.#retryMs, MAX_RETRY_MS);
  }

  async #acknowledge(): Promise<void> {
    while (this.#unacknowledged.length > 0) {
      const facts = this.#unacknowledged.slice(0, FACTS);
      await this.#store.revoke(facts);
      this.#unacknowledged = this.#unacknowledged.filter((fact) => !facts.includes(fact));
    }
  }

  async #putBack(): Promise<void> {
    const told = this.#told;
    if (told === undefined) return;
    for (const facts of batches(missing(this.#copy.facts(), told), FACTS)) {
      await this.#store.revoke(facts);
      for (const fact of facts) told.add(fact);
      this.count += facts.length;
    }
    for (const rows of batches(this.#copy.rows(), ROWS)) {
      await this.#store.restore(rows);
      const ended = this.#copy.endedSince(rows); // while they were on their way, so that they are there again
      if (ended.length > 0) await this.#store.restore(ended);
    }
    if (this.#told === told) this.#told = undefined; // else it was lost again meanwhile
  }
}

/** What a store is known to have. */
class Told {
  readonly #devices = createRevocationSet(Infinity);
  readonly #wallets = new Map<string, number>();

  add(fact: Fact): void {
    if ('deviceId' in fact) this.#devices.add(fact.deviceId);
    else if ('key' in fact) this.#devices.addKey(fact.key);
    else this.#wallets.set(fact.wallet, Math.max(fact.atMs, this.#wallets.get(fact.wallet) ?? -Infinity));
  }

  has(fact: Fact): boolean {
    if ('deviceId' in fact) return this.#devices.has(fact.deviceId);
    if ('key' in fact) return this.#devices.hasKey(fact.key);
    return (this.#wallets.get(fact.wallet) ?? -Infinity) >= fact.atMs;
  }
}

function* missing(facts: Iterable<Fact>, told: Told): Iterable<Fact> {
  for (const fact of facts) if (!told.has(fact)) yield fact;
}

function* batches<T>(items: Iterable<T>, size: number): Iterable<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
