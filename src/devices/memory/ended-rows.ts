import { DeadlineHeap } from '../leases/deadline-heap.js';
import type { Backlog, Claim, CleanUp } from '../store.js';
import type { Row } from './rows.js';
import { WalletIndex } from './wallet-index.js';

/** Stale entries that are too few to clean up for. */
const FEW = 64;

/** A row that has ended and is not cleaned up yet. */
interface Ended {
  readonly row: Readonly<Row>;
  readonly cause: CleanUp['cause'];
  readonly sinceMs: number;
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
  #claims = 0;

  get size(): number {
    return this.#ended.size;
  }

  has(deviceId: string): boolean {
    return this.#ended.has(deviceId);
  }

  of(wallet: string): readonly Readonly<Row>[] {
    return this.#wallets.of(wallet).flatMap((id) => this.#ended.get(id)?.row ?? []);
  }

  add(row: Row, cause: CleanUp['cause'], nowMs: number): void {
    const ended: Ended = { row, cause, sinceMs: nowMs, dueMs: nowMs, attempt: 0, token: undefined };
    this.#ended.set(row.deviceId, ended);
    this.#wallets.add(row.wallet, row.deviceId);
    this.#due.push(nowMs, ended);
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
      const token = (ended.token = String(++this.#claims));
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
