import type {
  Backlog,
  Claim,
  CleanUp,
  DeviceRow,
  DeviceStore,
  Entered,
  Fact,
  LostRow,
  Renewal,
  Sighting,
  StoreListener,
  StoreSettings,
} from '../store.js';
import { EndedRows } from './ended-rows.js';
import { Floors } from './floors.js';
import { revokeFacts } from './revoke-facts.js';
import { Rows, type Row } from './rows.js';

/**
 * Keeps devices in this process, for one node. It keeps no revocations: the registry does, and is asked for them.
 * @example
 * import { createDeviceRegistry, memoryDevices } from 'grpc-wallet-auth/devices';
 *
 * const devices = await createDeviceRegistry({ store: memoryDevices() }); // as without the option
 */
export function memoryDevices(): DeviceStore {
  return new MemoryDevices();
}

/** All of it is decided before the first promise: the registry has its answers at once, and in order. */
class MemoryDevices implements DeviceStore {
  #rows = new Rows({ idleMs: Infinity });
  readonly #ended = new EndedRows();
  /** A clock that is set back must not undo the order of rows and of times that were chosen for wallets. */
  readonly #floors = new Floors();
  #settings!: StoreSettings;
  #listener!: StoreListener;

  async open(settings: StoreSettings, listener: StoreListener): Promise<void> {
    this.#settings = settings;
    this.#listener = listener;
    this.#rows = new Rows(settings);
  }

  async enter(sighting: Sighting): Promise<Entered> {
    const { deviceId, wallet, certifiedAtMs } = sighting;
    const known = this.#rows.get(deviceId);
    if (known !== undefined) {
      if (this.#listener.isRevoked(wallet, known)) return 'revoked';
      const row = { ...known };
      this.#renew(known, sighting);
      return { row, isNew: false };
    }
    const nowMs = this.#settings.nowMs();
    const firstSeenMs = Math.max(nowMs, this.#floors.of(wallet) + 1);
    if (this.#listener.isRevoked(wallet, { deviceId, firstSeenMs, certifiedAtMs })) return 'revoked';
    if (this.#ended.has(deviceId)) return 'cleaning';
    if (this.#rows.countOf(wallet) >= this.#settings.devicesPerWallet) return 'limit';
    if (!this.#hasRoom(nowMs)) return 'full';
    const { issuedAtMs: firstIssuedMs, ...facts } = sighting;
    const row = { ...facts, firstIssuedMs, firstSeenMs, seenMs: nowMs, isConfirmed: false, label: '' };
    this.#rows.add(row);
    return { row: { ...row }, isNew: true };
  }

  async renew(renewals: readonly Renewal[]): Promise<void> {
    for (const renewal of renewals) {
      const row = this.#rows.get(renewal.deviceId);
      if (row !== undefined) this.#renew(row, renewal);
    }
  }

  async read(deviceIds: readonly string[]): Promise<readonly (DeviceRow | undefined)[]> {
    return deviceIds.map((id) => {
      const row = this.#rows.get(id);
      return row && { ...row };
    });
  }

  async list(wallet: string): Promise<readonly DeviceRow[]> {
    return this.#rows.of(wallet).map((row) => ({ ...row }));
  }

  async revoke(facts: readonly Fact[]): Promise<{ changed: boolean }> {
    return { changed: this.#revoke(facts) };
  }

  async revokeWallet(wallet: string, survivor: string | undefined): Promise<{ changed: boolean }> {
    const rows = this.#rows.of(wallet);
    const latestMs = Math.max(...rows.map(({ firstSeenMs }) => firstSeenMs));
    const atMs = Math.max(this.#settings.nowMs(), this.#floors.of(wallet) + 1, latestMs);
    // a device that was revoked meanwhile must not come back as the one that goes on
    const goesOn = rows.some((row) => row.deviceId === survivor && !this.#listener.isRevoked(wallet, row));
    const fact = { wallet, atMs, survivor: goesOn ? survivor : undefined };
    this.#revoke([fact], new Set([fact]));
    return { changed: true };
  }

  async restore(rows: readonly LostRow[]): Promise<void> {
    for (const { ended, ...row } of rows) {
      const known = this.#rows.get(row.deviceId);
      const isOther = known !== undefined && (ended === undefined || known.firstSeenMs !== row.firstSeenMs);
      if (isOther || this.#ended.has(row.deviceId) || this.#rows.size >= this.#settings.devices) continue;
      if (known === undefined) this.#rows.add(row);
      const cause = ended ?? (this.#listener.isRevoked(row.wallet, row) ? 'revoked' : undefined);
      if (cause !== undefined) this.#end(known ?? row, cause);
      if (cause === 'purged') this.#listener.purged([row.deviceId]);
    }
  }

  async edit(deviceId: string, { label, isConfirmed }: { label?: string; isConfirmed?: true }): Promise<boolean> {
    const row = this.#rows.get(deviceId);
    if (row === undefined) return false;
    row.label = label ?? row.label;
    if (isConfirmed) this.#rows.confirm(row);
    return true;
  }

  async remove(deviceId: string): Promise<boolean> {
    const row = this.#rows.get(deviceId);
    if (row !== undefined) this.#end(row, 'purged');
    return row !== undefined;
  }

  async erase(wallet: string): Promise<readonly string[]> {
    const rows = this.#rows.of(wallet);
    for (const row of rows) this.#end(row, 'purged');
    return rows.map(({ deviceId }) => deviceId);
  }

  async purge(most: number): Promise<readonly string[]> {
    const nowMs = this.#settings.nowMs();
    const purged: string[] = [];
    while (purged.length < most) {
      const row = this.#rows.endedBefore(nowMs - this.#settings.unconfirmedMs) ?? this.#rows.idleSince(nowMs);
      if (row === undefined) break;
      this.#end(row, 'purged');
      purged.push(row.deviceId);
    }
    return purged;
  }

  async claim(most: number, leaseMs: number): Promise<readonly Claim[]> {
    return this.#ended.claim(most, this.#settings.nowMs(), leaseMs);
  }

  async defer(claim: Claim, delayMs: number): Promise<boolean> {
    return this.#ended.defer(claim, this.#settings.nowMs() + delayMs);
  }

  async finish(claim: Claim): Promise<boolean> {
    return this.#ended.finish(claim);
  }

  async backlog(): Promise<Backlog> {
    return this.#ended.backlog(this.#settings.nowMs());
  }

  async close(): Promise<void> {
    this.#rows.clear();
    this.#ended.clear();
  }

  #renew(row: Row, { expiresAtMs, issuedAtMs, address }: Renewal | Sighting): void {
    row.expiresAtMs = Math.max(row.expiresAtMs, expiresAtMs);
    row.seenMs = this.#settings.nowMs();
    row.address = address ?? row.address;
    if (issuedAtMs >= row.firstIssuedMs + this.#settings.confirmAfterMs) this.#rows.confirm(row);
  }

  /** Ends a row: what it was, and that it has gone, matters no more once it is cleaned up. */
  #end(row: Row, cause: CleanUp['cause']): void {
    this.#floors.raise(row.wallet, row.firstSeenMs);
    this.#rows.delete(row);
    if (this.#settings.cleansUp) this.#ended.add(row, cause, this.#settings.nowMs());
  }

  /** @param news those that are known to be. @returns whether any is news. @throws RevocationsFull if there is no room. */
  #revoke(facts: readonly Fact[], news?: ReadonlySet<Fact>): boolean {
    const revoking = {
      rows: this.#rows,
      ended: this.#ended,
      floors: this.#floors,
      listener: this.#listener,
      nowMs: this.#settings.nowMs(),
      end: (row: Row) => this.#end(row, 'revoked'),
    };
    return revokeFacts(facts, revoking, news);
  }

  /** Whether there is room for one more; makes some where the token of an unconfirmed device has ended. */
  #hasRoom(nowMs: number): boolean {
    const { devices } = this.#settings;
    if (this.#ended.size >= devices) return false; // nothing is cleaned up
    if (this.#rows.size < devices) return true;
    const row = this.#rows.endedBefore(nowMs);
    if (row === undefined) return false;
    this.#end(row, 'purged');
    this.#listener.purged([row.deviceId]);
    return true;
  }
}
