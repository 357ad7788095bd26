import { DeadlineHeap } from '../leases/deadline-heap.js';
import type { Backlog, Claim, CleanUp, DeviceRow } from '../store.js';
import { WalletIndex } from './wallet-index.js';

/** Stale entries that are too few to clean up for. */
const FEW = 64;

/** What is kept of a row that has ended: neither label nor address. */
export type EndedRow = Pick<DeviceRow, 'deviceId' | 'wallet' | 'firstSeenMs' | 'certifiedAtMs'>;

/** A clean-up that is not done, without who has claimed it. */
export interface EndedState {
  readonly row: EndedRow;
  readonly cause: CleanUp['cause'];
  readonly sinceMs: number;
  /** How often it was claimed. */
  readonly attempt: number;
}

interface Ended extends EndedState {
  /** When it may be claimed; entries of the heap at other times are stale. */
  dueMs: number;
  attempt: number;
  token: string | undefined;
}

/** Rows that have ended, until their clean-ups are done. */
export class EndedRows {
  readonly #ended = new Map<string, Ended>();
  readonly #wallets = new WalletIndex();
  readonly #due = new DeadlineHeap<Ended>();
  /** What the tokens of claims begin with, where they outlive this process. */
  readonly #tokenPrefix: string;
  #claims = 0;

  constructor(tokenPrefix = '') {
    this.#tokenPrefix = tokenPrefix;
  }

  get size(): number {
    return this.#ended.size;
  }

  has(deviceId: string): boolean {
    return this.#ended.has(deviceId);
  }

  get(deviceId: string): EndedState | undefined {
    return this.#ended.get(deviceId);
  }

  of(wallet: string): readonly EndedRow[] {
    return this.#wallets.of(wallet).flatMap((id) => this.#ended.get(id)?.row ?? []);
  }

  add({ deviceId, wallet, firstSeenMs, certifiedAtMs }: EndedRow, cause: CleanUp['cause'], nowMs: number): void {
    this.load({ row: { deviceId, wallet, firstSeenMs, certifiedAtMs }, cause, sinceMs: nowMs, attempt: 0 });
  }

  /** Adds one that was added elsewhere; nobody has claimed it now. The oldest come first. @param dueMs when it may be claimed. */
  load(state: EndedState, dueMs = state.sinceMs): void {
    const { deviceId, wallet } = state.row;
    const ended: Ended = { ...state, dueMs, token: undefined };
    this.#ended.set(deviceId, ended);
    this.#wallets.add(wallet, deviceId);
    this.#due.push(dueMs, ended);
  }

  /** Claims what is due, so many at most, for so long. */
  claim(most: number, nowMs: number, leaseMs: number): readonly Claim[] {
    const claimed: Ended[] = [];
    while (claimed.length < most && this.#due.nextMs <= nowMs) {
      const { atMs, item: ended } = this.#due.pop() ?? {};
      if (ended === undefined || !this.#isCurrent(ended, atMs)) continue;
      ended.dueMs = NaN; // other entries are stale, also those of the same time
      claimed.push(ended);
    }
    return claimed.map((ended) => {
      this.#delay(ended, nowMs + leaseMs);
      const { deviceId, wallet, firstSeenMs: incarnation } = ended.row;
      const token = (ended.token = `${this.#tokenPrefix}${++this.#claims}`);
      return { deviceId, wallet, incarnation, cause: ended.cause, attempt: ++ended.attempt, token };
    });
  }

  /** Has it claimed at a time, and not before. @returns whether nobody else has claimed it since. */
  defer(claim: Claim, dueMs: number): boolean {
    const ended = this.#claimed(claim);
    if (ended === undefined) return false;
    this.#delay(ended, dueMs);
    return true;
  }

  /** @returns whether nobody else had claimed it since. */
  finish(claim: Claim): boolean {
    const ended = this.#claimed(claim);
    if (ended === undefined) return false;
    this.#ended.delete(claim.deviceId);
    this.#wallets.delete(ended.row.wallet, claim.deviceId);
    this.#tidy();
    return true;
  }

  backlog(nowMs: number): Backlog {
    const [oldest] = this.#ended.values();
    return { pending: this.#ended.size, oldestMs: Math.max(0, nowMs - (oldest?.sinceMs ?? nowMs)) };
  }

  clear(): void {
    this.#ended.clear();
    this.#wallets.clear();
    this.#tidy();
  }

  #claimed({ deviceId, token }: Claim): Ended | undefined {
    const ended = this.#ended.get(deviceId);
    return ended?.token === token ? ended : undefined;
  }

  #delay(ended: Ended, dueMs: number): void {
    ended.dueMs = dueMs;
    this.#due.push(dueMs, ended);
    this.#tidy();
  }

  #isCurrent(ended: Ended, atMs: number | undefined): boolean {
    return ended.dueMs === atMs && this.#ended.get(ended.row.deviceId) === ended;
  }

  #tidy(): void {
    if (this.#due.size <= 2 * this.#ended.size + FEW) return;
    this.#due.filter((atMs, ended) => this.#isCurrent(ended, atMs));
  }
}
