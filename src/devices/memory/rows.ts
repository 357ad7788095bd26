import { DeadlineHeap } from '../leases/deadline-heap.js';
import type { DeviceRow, StoreSettings } from '../store.js';
import { WalletIndex } from './wallet-index.js';

/** Stale entries that are too few to clean up for. */
const FEW = 64;

export type Row = { -readonly [K in keyof DeviceRow]: DeviceRow[K] };

/** The rows of devices that are there, by id, by wallet and by when they may be purged. */
export class Rows {
  readonly #rows = new Map<string, Row>();
  readonly #wallets = new WalletIndex();
  /** Unconfirmed rows by the end of their token, and confirmed ones by when they may be purged: too early if they were seen since. */
  readonly #unconfirmed = new DeadlineHeap<Row>();
  readonly #confirmed = new DeadlineHeap<Row>();
  readonly #settings: Pick<StoreSettings, 'idleMs'>;

  constructor(settings: Pick<StoreSettings, 'idleMs'>) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(deviceId: string): Row | undefined {
    return this.#rows.get(deviceId);
  }

  values(): Iterable<Row> {
    return this.#rows.values();
  }

  of(wallet: string): readonly Row[] {
    return this.#wallets.of(wallet).flatMap((id) => this.#rows.get(id) ?? []);
  }

  countOf(wallet: string): number {
    return this.#wallets.count(wallet);
  }

  add(row: Row): void {
    this.#rows.set(row.deviceId, row);
    this.#wallets.add(row.wallet, row.deviceId);
    if (row.isConfirmed) this.#confirmed.push(this.#purgeAtMs(row), row);
    else this.#unconfirmed.push(row.expiresAtMs, row);
  }

  /** One that is confirmed already stays as it is. */
  confirm(row: Row): void {
    if (row.isConfirmed) return;
    row.isConfirmed = true;
    this.#confirmed.push(this.#purgeAtMs(row), row);
  }

  delete({ deviceId, wallet }: Row): void {
    this.#rows.delete(deviceId);
    this.#wallets.delete(wallet, deviceId);
    this.#tidy();
  }

  clear(): void {
    this.#rows.clear();
    this.#wallets.clear();
    this.#tidy();
  }

  /** Takes out of its heap the unconfirmed row whose token ended first, if that was before a time. It has to be deleted then. */
  endedBefore(timeMs: number): Row | undefined {
    while (this.#unconfirmed.nextMs < timeMs) {
      const row = this.#unconfirmed.pop()?.item;
      if (row === undefined || !this.#isThere(row) || row.isConfirmed) continue;
      if (row.expiresAtMs < timeMs) return row;
      this.#unconfirmed.push(row.expiresAtMs, row);
    }
    return undefined;
  }

  /** The same for a confirmed row that has been idle for too long by now. */
  idleSince(nowMs: number): Row | undefined {
    while (this.#confirmed.nextMs <= nowMs) {
      const row = this.#confirmed.pop()?.item;
      if (row === undefined || !this.#isThere(row)) continue;
      const purgeAtMs = this.#purgeAtMs(row);
      if (purgeAtMs <= nowMs) return row;
      this.#confirmed.push(purgeAtMs, row);
    }
    return undefined;
  }

  /** Rows that are gone leave the heaps before their time, where they are more than those that are there. */
  #tidy(): void {
    if (this.#unconfirmed.size + this.#confirmed.size <= 2 * this.#rows.size + FEW) return;
    this.#unconfirmed.filter((_, row) => this.#isThere(row) && !row.isConfirmed);
    this.#confirmed.filter((_, row) => this.#isThere(row));
  }

  #isThere(row: Row): boolean {
    return this.#rows.get(row.deviceId) === row;
  }

  #purgeAtMs({ expiresAtMs, seenMs }: Row): number {
    return Math.max(expiresAtMs, seenMs) + this.#settings.idleMs;
  }
}
