import type { CleanUps } from './clean-ups.js';
import type { DeviceEmitter } from './emitter.js';
import type { Endings } from './endings.js';
import { Freshness } from './freshness.js';
import type { NodeState, Sharing } from './node-state.js';
import type { RegistrySettings } from './options.js';
import { PutBack } from './put-back.js';
import type { DeviceRecord } from './records.js';
import type { Revocable } from './revocation/revoked.js';
import type { Backlog, Fact, StoreListener } from './store.js';

/** Records whose rows are read at once. */
const BATCH = 500;

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
  readonly #inside: () => { readonly state: NodeState; readonly endings: Endings };
  /** Whether rows of this node's devices may have gone unnoticed. */
  #mayHaveMissed = false;

  /** @param inside what this node knows, which needs this in turn. */
  constructor(
    settings: RegistrySettings,
    emitter: DeviceEmitter,
    cleanUps: CleanUps,
    inside: () => { readonly state: NodeState; readonly endings: Endings },
  ) {
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
      rows: () => [
        ...inside().state.ended.all(),
        ...[...inside().state.records.values()].map((record) => record.row()),
      ],
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
    this.#inside().endings.purge(deviceIds);
    this.#cleanUps.soon();
  }

  fresh({ agoMs, backlog }: { readonly agoMs: number; readonly backlog: Backlog }): void {
    this.behindBy = 0;
    this.#cleanUps.backlog = backlog;
    this.freshness.fresh(agoMs);
    if (backlog.pending === 0 && !this.putBack.isDue && this.putBack.unacknowledged === 0)
      this.#inside().state.ended.cleanedUp(agoMs);
    this.putBack.fresh();
    if (this.#mayHaveMissed) void this.#lookAtRows();
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
    this.#mayHaveMissed = false;
    const { records } = this.#inside().state;
    const all = [...records.values()];
    try {
      while (all.length > 0) await this.#lookAt(all.splice(0, BATCH));
    } catch {
      this.#mayHaveMissed = true; // the store is away: when it is back
    }
  }

  async #lookAt(some: readonly DeviceRecord[]): Promise<void> {
    const { endings, state } = this.#inside();
    const rows = await this.#settings.store.read(some.map(({ deviceId }) => deviceId));
    for (const [i, record] of some.entries()) {
      const row = rows[i];
      if (row !== undefined) state.renew(record, row.expiresAtMs);
      // a row that the store has lost is put back
      else if (state.records.get(record.deviceId) === record && !this.putBack.isDue) endings.purge([record.deviceId]);
    }
  }
}
