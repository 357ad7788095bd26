import { EndedRows } from './memory/ended-rows.js';
import { Floors } from './memory/floors.js';
import { Rows, type Row } from './memory/rows.js';
import { revocationKey } from './revocation/revocations.js';
import type {
  Backlog,
  Claim,
  CleanUp,
  DeviceRow,
  DeviceStore,
  Entered,
  Fact,
  Renewal,
  Sighting,
  StoreListener,
  StoreSettings,
} from './store.js';

/** What has no epoch, and what has no revocation: to ask for the other alone. */
const NO_WALLET = '';
const NO_DEVICE = '';

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

  async restore(rows: readonly DeviceRow[]): Promise<void> {
    for (const row of rows) {
      const isThere = this.#rows.get(row.deviceId) !== undefined || this.#ended.has(row.deviceId);
      if (isThere || this.#rows.size >= this.#settings.devices || this.#listener.isRevoked(row.wallet, row)) continue;
      this.#rows.add({ ...row });
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

  /** Tells facts, and ends what they revoke. @returns whether any is news. @throws RevocationsFull if there is no room. */
  #revoke(facts: readonly Fact[], news = new Set(facts.filter((fact) => this.#isNews(fact)))): boolean {
    let ended = 0;
    try {
      this.#listener.revoked(facts);
    } finally {
      ended = this.#endRevoked(facts, news); // also if only some of them had room
    }
    return news.size > 0 || ended > 0;
  }

  /**
   * As far as can be asked: a key tells nothing of its device, and neither does a time of a known one's survivor. Those show by
   * the rows that end.
   */
  #isNews(fact: Fact): boolean {
    if ('key' in fact) return false;
    const isRevoked = (wallet: string, deviceId: string, timeMs: number) =>
      this.#listener.isRevoked(wallet, { deviceId, firstSeenMs: timeMs, certifiedAtMs: timeMs });
    if ('deviceId' in fact) return !isRevoked(NO_WALLET, fact.deviceId, Infinity);
    // of a time that is known, or of an earlier one, no device is certified since
    return !isRevoked(fact.wallet, NO_DEVICE, Math.min(fact.atMs, this.#settings.nowMs()));
  }

  /** @returns how many rows ended. */
  #endRevoked(facts: readonly Fact[], news: ReadonlySet<Fact>): number {
    const rows = new Set(this.#rowsOf(facts));
    const isRevoked = (row: DeviceRow) => this.#listener.isRevoked(row.wallet, row);
    const revoked = [...rows].filter(isRevoked);
    const later: Fact[] = [];
    for (const fact of facts) {
      if (!('wallet' in fact)) continue;
      const { wallet, atMs } = fact;
      this.#floors.raise(wallet, atMs);
      const own = revoked.filter((row) => row.wallet === wallet);
      const ended = news.has(fact) ? this.#ended.of(wallet).filter(isRevoked) : [];
      for (const { deviceId, firstSeenMs, certifiedAtMs = -Infinity } of [...own, ...ended])
        if (firstSeenMs <= atMs && certifiedAtMs > atMs) later.push({ deviceId });
    }
    for (const row of revoked) this.#end(row, 'revoked');
    if (later.length > 0) this.#listener.revoked(later);
    return revoked.length;
  }

  /** The rows that facts may revoke. */
  #rowsOf(facts: readonly Fact[]): readonly Row[] {
    const keys = new Set(facts.flatMap((fact) => ('key' in fact ? String(fact.key) : [])));
    const byKey = keys.size === 0 ? [] : [...this.#rows.values()].filter(({ deviceId }) => keys.has(keyOf(deviceId)));
    return facts
      .flatMap((fact) => {
        if ('wallet' in fact) return this.#rows.of(fact.wallet);
        return 'deviceId' in fact ? (this.#rows.get(fact.deviceId) ?? []) : [];
      })
      .concat(byKey);
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

function keyOf(deviceId: string): string {
  return String(revocationKey(deviceId));
}
