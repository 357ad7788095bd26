import type { Admissions } from '../node/admissions.js';
import type { DeviceEmitter } from '../node/emitter.js';
import type { Endings } from '../node/endings.js';
import type { NodeState, Sharing } from '../node/node-state.js';
import type { DeviceRecord } from '../node/records.js';
import type { RegistrySettings } from '../options.js';
import type { Revocable } from '../revocation/revoked.js';
import type { Backlog, DeviceRow, Fact, StoreListener } from '../store.js';
import type { CleanUps } from './clean-ups.js';
import { Freshness } from './freshness.js';
import { PutBack } from './put-back.js';

/** Records whose rows are read at once. */
const BATCH = 500;

/** What this node knows. */
interface Inside {
  readonly state: NodeState;
  readonly admissions: Admissions;
  readonly endings: Endings;
}

/** What a node shares with others by its store: what it hears of them, how old that is, and what the store has lost of it. */
export class SharedState implements StoreListener, Sharing {
  /** How often what the store has was read again, because something was missed or lost. */
  reloads = 0;
  /** Facts that the store has and this node has not heard yet. */
  behindBy = 0;
  readonly freshness: Freshness;
  readonly putBack: PutBack;
  readonly #settings: RegistrySettings;
  readonly #cleanUps: CleanUps;
  readonly #inside: () => Inside;
  /** Devices whose purge was heard while the store was without what it had lost. */
  readonly #doubtful = new Set<string>();
  /** Whether rows of this node's devices may have gone unnoticed. */
  #mayHaveMissed = false;
  /** Whether that is because the store has lost some: devices that came before theirs was put back have other ones. */
  #mayHaveLost = false;

  /** @param inside what this node knows, which needs this in turn. */
  constructor(settings: RegistrySettings, emitter: DeviceEmitter, cleanUps: CleanUps, inside: () => Inside) {
    const { store, timers, onStoreError } = settings;
    this.#settings = settings;
    this.#cleanUps = cleanUps;
    this.#inside = inside;
    this.freshness = new Freshness({ ...settings, isShared: store.isShared === true }, (isStale) => {
      this.isAway = isStale && onStoreError === 'deny';
      emitter.emit(isStale ? 'stale' : 'fresh', { staleMs: this.freshness.ageMs });
    });
    this.putBack = new PutBack(store, timers, {
      facts: () => inside().state.revoked.facts(),
      rows: () => {
        const { ended, records } = inside().state;
        const live = [...records.values()].filter(({ deviceId }) => !this.#doubtful.has(deviceId));
        return [...ended.all(), ...live.map((record) => record.row())];
      },
      endedSince: (rows) =>
        rows
          .filter(({ deviceId, ended }) => ended === undefined && this.#doubtful.has(deviceId))
          .map((row) => ({ ...row, ended: 'purged' })),
    });
  }

  isAway = false;

  cleaning(): void {
    this.#cleanUps.soon();
  }

  revoked(facts: readonly Fact[]): void {
    this.putBack.told(facts);
    this.#inside().endings.revoke(facts);
    this.#cleanUps.soon();
  }

  purged(deviceIds: readonly string[]): void {
    const { admissions, endings, state } = this.#inside();
    admissions.purged(deviceIds);
    this.#cleanUps.soon();
    if (this.#settings.store.isShared !== true) return endings.purge(deviceIds);
    // what a store was told to purge after it lost it is not put back
    if (this.putBack.isDue) for (const deviceId of deviceIds) this.#doubtful.add(deviceId);
    // that may be old news of a device that is back
    const records = deviceIds.map((deviceId) => state.records.get(deviceId)).filter((record) => record !== undefined);
    if (records.length > 0) void this.#lookAtAll(records, false);
  }

  fresh({ agoMs, backlog }: { readonly agoMs: number; readonly backlog: Backlog }): void {
    this.behindBy = 0;
    this.#cleanUps.backlog = backlog;
    this.freshness.fresh(agoMs);
    if (backlog.pending === 0 && !this.putBack.isDue && this.putBack.unacknowledged === 0)
      this.#inside().state.ended.cleanedUp(agoMs);
    this.putBack.fresh();
    // rows that the store has lost are put back first
    if (this.#mayHaveMissed && !this.putBack.isDue) void this.#lookAtRows();
  }

  behind(facts: number): void {
    this.behindBy = facts;
  }

  missed(): void {
    this.reloads++;
    this.#mayHaveMissed = true;
  }

  lost(): void {
    this.reloads++;
    this.#doubtful.clear();
    this.#mayHaveMissed = true;
    this.#mayHaveLost = true;
    this.putBack.lost();
  }

  isRevoked(wallet: string, device: Revocable): boolean {
    return this.#inside().state.revoked.covers(wallet, device);
  }

  stop(): void {
    this.freshness.stop();
    this.putBack.stop();
  }

  /** Finds devices of this node whose rows are gone, and newer tokens of the others. */
  async #lookAtRows(): Promise<void> {
    const hasLost = this.#mayHaveLost;
    this.#mayHaveMissed = false;
    this.#mayHaveLost = false;
    if (!(await this.#lookAtAll([...this.#inside().state.records.values()], hasLost))) this.#mayHaveLost ||= hasLost;
  }

  /** @returns whether the store answered; if not, it is looked again when it is back. */
  async #lookAtAll(records: readonly DeviceRecord[], hasLost: boolean): Promise<boolean> {
    try {
      for (let i = 0; i < records.length; i += BATCH) await this.#lookAt(records.slice(i, i + BATCH), hasLost);
      return true;
    } catch {
      this.#mayHaveMissed = true;
      return false;
    }
  }

  async #lookAt(some: readonly DeviceRecord[], hasLost: boolean): Promise<void> {
    const { endings, state } = this.#inside();
    const rows = await this.#settings.store.read(some.map(({ deviceId }) => deviceId));
    for (const [i, record] of some.entries()) {
      const row = rows[i];
      const isSame = row !== undefined && (hasLost || row.firstSeenMs === record.firstSeenMs);
      if (isSame) this.#renewEach(record, row);
      // a row that the store has lost is put back
      else if (state.records.get(record.deviceId) === record && !this.putBack.isDue) endings.purge([record.deviceId]);
    }
  }

  /** The newer end counts: here, and in the store. */
  #renewEach(record: DeviceRecord, row: DeviceRow): void {
    const { state } = this.#inside();
    const { deviceId, expiresAtMs } = record;
    if (row.expiresAtMs < expiresAtMs && !record.isRevoked)
      state.outbox.add({ deviceId, expiresAtMs, issuedAtMs: -Infinity, address: undefined });
    else state.renew(record, row.expiresAtMs);
  }
}
