import { DeadlineHeap } from './leases/deadline-heap.js';
import type { DeviceRow, DeviceStore, Entered, Renewal, Sighting, StoreListener, StoreSettings } from './store.js';

/** Stale entries that are too few to clean up for. */
const FEW = 64;

type Row = { -readonly [K in keyof DeviceRow]: DeviceRow[K] };

/**
 * Keeps devices in this process, for one node. What is revoked is kept by the registry itself, which looks at it before and
 * after each answer.
 * @example
 * import { createDeviceRegistry, memoryDevices } from 'grpc-wallet-auth/devices';
 *
 * const devices = await createDeviceRegistry({ store: memoryDevices() }); // as without the option
 */
export function memoryDevices(): DeviceStore {
  return new MemoryDevices();
}

class MemoryDevices implements DeviceStore {
  readonly #rows = new Map<string, Row>();
  /** The devices of each wallet. Most have one: it needs no set. */
  readonly #wallets = new Map<string, string | Set<string>>();
  /** Unconfirmed rows by the end of their token, and confirmed ones by when they may be purged: too early if they were seen since. */
  readonly #unconfirmed = new DeadlineHeap<Row>();
  readonly #confirmed = new DeadlineHeap<Row>();
  /** The latest time of an epoch, and at which a row was made. A clock that is set back must not undo their order. */
  #lastEpochMs = -Infinity;
  #lastSeenMs = -Infinity;
  #settings!: StoreSettings;
  #listener!: StoreListener;

  async open(settings: StoreSettings, listener: StoreListener): Promise<void> {
    this.#settings = settings;
    this.#listener = listener;
  }

  async enter(sighting: Sighting): Promise<Entered> {
    const known = this.#rows.get(sighting.deviceId);
    if (known !== undefined) {
      const row = { ...known };
      this.#renew(known, sighting);
      return { row, isNew: false };
    }
    const { devicesPerWallet, devices } = this.#settings;
    if (this.#countOf(sighting.wallet) >= devicesPerWallet) return 'limit';
    if (this.#rows.size >= devices && !this.#makeRoom()) return 'full';
    return { row: { ...this.#make(sighting) }, isNew: true };
  }

  async renew(renewals: readonly Renewal[]): Promise<void> {
    for (const renewal of renewals) {
      const row = this.#rows.get(renewal.deviceId);
      if (row !== undefined) this.#renew(row, renewal);
    }
  }

  async list(wallet: string): Promise<readonly DeviceRow[]> {
    return this.#devicesOf(wallet).flatMap((id) => {
      const row = this.#rows.get(id);
      return row === undefined ? [] : [{ ...row }];
    });
  }

  async revoke(deviceId: string): Promise<{ changed: boolean }> {
    this.#delete(deviceId);
    this.#listener.revoked([deviceId]);
    return { changed: true };
  }

  async revokeWallet(wallet: string, survivor: string | undefined): Promise<{ changed: boolean }> {
    const atMs = Math.max(this.#settings.nowMs(), this.#lastSeenMs, this.#lastEpochMs + 1);
    this.#listener.walletRevoked(wallet, atMs, survivor); // throws if there is no room: then nothing has happened
    this.#lastEpochMs = atMs;
    const others = this.#devicesOf(wallet).filter((id) => id !== survivor);
    const isLater = (id: string) => (this.#rows.get(id)?.certifiedAtMs ?? -Infinity) > atMs;
    this.#listener.revoked(others.filter(isLater));
    for (const id of others) this.#delete(id);
    return { changed: true };
  }

  async edit(deviceId: string, { label, isConfirmed }: { label?: string; isConfirmed?: true }): Promise<boolean> {
    const row = this.#rows.get(deviceId);
    if (row === undefined) return false;
    row.label = label ?? row.label;
    row.isConfirmed ||= isConfirmed ?? false;
    return true;
  }

  async remove(deviceId: string): Promise<boolean> {
    return this.#delete(deviceId);
  }

  async purge(most: number): Promise<readonly string[]> {
    const { nowMs, unconfirmedMs } = this.#settings;
    const purged: string[] = [];
    while (purged.length < most) {
      const row = this.#endedBefore(nowMs() - unconfirmedMs) ?? this.#idleSince(nowMs());
      if (row === undefined) break;
      this.#delete(row.deviceId);
      purged.push(row.deviceId);
    }
    return purged;
  }

  async close(): Promise<void> {
    this.#rows.clear();
    this.#wallets.clear();
  }

  /** A copy, so that rows may go meanwhile. */
  #devicesOf(wallet: string): readonly string[] {
    const devices = this.#wallets.get(wallet);
    return devices instanceof Set ? [...devices] : devices === undefined ? [] : [devices];
  }

  #countOf(wallet: string): number {
    const devices = this.#wallets.get(wallet);
    return devices instanceof Set ? devices.size : devices === undefined ? 0 : 1;
  }

  #make(sighting: Sighting): Row {
    const nowMs = this.#settings.nowMs();
    const firstSeenMs = Math.max(nowMs, this.#lastEpochMs + 1);
    this.#lastSeenMs = Math.max(this.#lastSeenMs, firstSeenMs);
    const { issuedAtMs: firstIssuedMs, ...facts } = sighting;
    const row = { ...facts, firstIssuedMs, firstSeenMs, seenMs: nowMs, isConfirmed: false, label: '' };
    this.#rows.set(row.deviceId, row);
    this.#unconfirmed.push(row.expiresAtMs, row);
    const siblings = this.#wallets.get(row.wallet);
    if (siblings instanceof Set) siblings.add(row.deviceId);
    else this.#wallets.set(row.wallet, siblings === undefined ? row.deviceId : new Set([siblings, row.deviceId]));
    return row;
  }

  #renew(row: Row, { expiresAtMs, issuedAtMs, address }: Renewal | Sighting): void {
    row.expiresAtMs = Math.max(row.expiresAtMs, expiresAtMs);
    row.seenMs = this.#settings.nowMs();
    row.address = address ?? row.address;
    row.isConfirmed ||= issuedAtMs >= row.firstIssuedMs + this.#settings.confirmAfterMs;
  }

  #delete(deviceId: string): boolean {
    const row = this.#rows.get(deviceId);
    if (row === undefined) return false;
    this.#rows.delete(deviceId);
    const siblings = this.#wallets.get(row.wallet);
    if (siblings instanceof Set) siblings.delete(deviceId);
    if (!(siblings instanceof Set) || siblings.size === 0) this.#wallets.delete(row.wallet);
    this.#tidy();
    return true;
  }

  /** Rows that are gone leave the heaps before their time, where they are more than those that are there. */
  #tidy(): void {
    if (this.#unconfirmed.size + this.#confirmed.size <= 2 * this.#rows.size + FEW) return;
    for (const heap of [this.#unconfirmed, this.#confirmed])
      heap.filter((_, row) => this.#rows.get(row.deviceId) === row);
  }

  /** Takes out of the heap the unconfirmed row whose token ended first, if that was before a time. */
  #endedBefore(timeMs: number): Row | undefined {
    while (this.#unconfirmed.nextMs < timeMs) {
      const row = this.#unconfirmed.pop()?.item;
      if (row === undefined || this.#rows.get(row.deviceId) !== row) continue;
      if (row.isConfirmed) this.#confirmed.push(this.#purgeAtMs(row), row);
      else if (row.expiresAtMs < timeMs) return row;
      else this.#unconfirmed.push(row.expiresAtMs, row);
    }
    return undefined;
  }

  /** Takes out of the heap a confirmed row that has been idle for too long by now. */
  #idleSince(nowMs: number): Row | undefined {
    while (this.#confirmed.nextMs <= nowMs) {
      const row = this.#confirmed.pop()?.item;
      if (row === undefined || this.#rows.get(row.deviceId) !== row) continue;
      const purgeAtMs = this.#purgeAtMs(row);
      if (purgeAtMs <= nowMs) return row;
      this.#confirmed.push(purgeAtMs, row);
    }
    return undefined;
  }

  #purgeAtMs({ expiresAtMs, seenMs }: Row): number {
    return Math.max(expiresAtMs, seenMs) + this.#settings.idleMs;
  }

  /** Takes away the unconfirmed row whose token ended first, if there is one whose token has ended. */
  #makeRoom(): boolean {
    const row = this.#endedBefore(this.#settings.nowMs());
    if (row === undefined) return false;
    this.#delete(row.deviceId);
    this.#listener.purged([row.deviceId]);
    return true;
  }
}
