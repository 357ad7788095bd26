import { attachDevice, deviceOfIdentity, type WalletIdentity } from '../../identity.js';
import { LeaseQueue } from '../leases/lease-queue.js';
import { createLeases, type Leases } from '../leases/leases.js';
import type { RegistrySettings } from '../options.js';
import { deviceRevoked } from '../refusals.js';
import { Revoked } from '../revocation/revoked.js';
import type { Outbox } from '../shared/outbox.js';
import type { DeviceRow, Fact } from '../store.js';
import type { DeviceEmitter } from './emitter.js';
import { EndedRows } from './ended-rows.js';
import { DeviceRecord, Records } from './records.js';

/** What a node needs of what it shares with others. */
export interface Sharing {
  /** Whether the copy of what is revoked is too old to admit anybody. A field: each call reads it. */
  readonly isAway: boolean;
  /** A clean-up is waited for. */
  cleaning(): void;
}

/**
 * What a node knows of devices: records, their streams, what is revoked. All of it only grows (later lives, larger ends, revoked),
 * and every change of a record is made at once, so events come in order and once.
 */
export class NodeState {
  /** Whether the store was opened and not closed. Nothing is told before. */
  isOpen = false;
  /** Wallets whose epoch is known to be more than the statement of a wallet that anybody made: others are bounded by their number. */
  confirmedEpochs = 0;
  readonly settings: RegistrySettings;
  readonly emitter: DeviceEmitter;
  readonly outbox: Outbox;
  readonly sharing: Sharing;
  readonly records: Records;
  readonly ended: EndedRows;
  readonly revoked: Revoked;
  /** The streams of devices with a record. */
  readonly queue: LeaseQueue<DeviceRecord>;
  /** Streams of devices that have no record here, and those that are at-open. */
  readonly strays: Leases;

  constructor(settings: RegistrySettings, emitter: DeviceEmitter, outbox: Outbox, sharing: Sharing) {
    this.settings = settings;
    this.emitter = emitter;
    this.outbox = outbox;
    this.sharing = sharing;
    this.records = new Records(settings.records);
    this.ended = new EndedRows(settings.timers, settings.store.isShared === true);
    this.revoked = new Revoked(settings.revocations, settings.nowMs);
    const isShared = settings.store.isShared === true;
    this.queue = new LeaseQueue(settings, {
      lapsed: (record) => this.emit('lapsed', record),
      ...(isShared && { ask: (holders) => this.#askFor(holders) }),
    });
    this.strays = createLeases(settings, isShared ? (devices) => this.#askFor(devices) : undefined);
  }

  /** The record that a cached identity holds, if it is still the device's, else that of the table. */
  recordOf(identity: WalletIdentity): DeviceRecord | undefined {
    const held = deviceOfIdentity(identity);
    if (held instanceof DeviceRecord && !held.isDropped) return held;
    const record = this.records.get(identity.deviceId);
    if (record !== undefined) attachDevice(identity, record);
    return record;
  }

  /** Whether a device is revoked, as far as this node can tell by its id: by id, or if its record is here and the epoch covers it. */
  isRevoked(deviceId: string): boolean {
    const record = this.records.get(deviceId);
    return record ? this.revoked.covers(record.wallet, record) : this.revoked.has(deviceId);
  }

  /** For a device without a record. @throws AuthError DEVICE_REVOKED */
  refuseRevoked(identity: WalletIdentity): void {
    if (this.revoked.covers(identity.wallet, identity)) throw deviceRevoked(identity.deviceId);
  }

  /**
   * What revokes a wallet now, as far as this node can say: all that it knows of it, although its clock may be behind the store's.
   * @param row of the one device that goes on, unless that is revoked by now.
   */
  walletFact(wallet: string, row: DeviceRow | undefined): Fact {
    let atMs = Math.max(this.settings.nowMs(), this.revoked.revokedUntil(wallet) + 1);
    for (const record of this.records.values()) if (record.wallet === wallet) atMs = Math.max(atMs, record.firstSeenMs);
    const goesOn = row !== undefined && !this.revoked.covers(wallet, row);
    return { wallet, atMs, survivor: goesOn ? row.deviceId : undefined };
  }

  /** A newer token was presented here. */
  renewByToken(record: DeviceRecord, identity: WalletIdentity, address: string | undefined): void {
    const { expiresAtMs, issuedAtMs } = identity;
    record.isConfirmed ||= issuedAtMs >= record.firstSeenMs + this.settings.confirmAfterMs;
    this.outbox.add({ deviceId: record.deviceId, expiresAtMs, issuedAtMs, address });
    this.renew(record, expiresAtMs);
  }

  /** A newer token was presented here or elsewhere. */
  renew(record: DeviceRecord, expiresAtMs: number): void {
    if (record.isRevoked || record.isDropped || expiresAtMs <= record.expiresAtMs) return;
    const event = record.hasLapsed ? 'returned' : 'renewed';
    this.queue.renew(record, expiresAtMs);
    this.queue.watch(record);
    this.emit(event, record);
  }

  emit(event: 'first-seen' | 'renewed' | 'lapsed' | 'returned' | 'purged', { deviceId, wallet }: DeviceRecord): void {
    this.emitter.emit(event, { deviceId, wallet });
  }

  /** Looks in the store for newer tokens of devices that are about to lapse. @returns whether the others may. */
  async #askFor(holders: readonly { readonly deviceId: string }[]): Promise<boolean> {
    try {
      const rows = await this.settings.store.read(holders.map(({ deviceId }) => deviceId));
      for (const row of rows) {
        if (row === undefined) continue;
        const record = this.records.get(row.deviceId);
        if (record !== undefined) this.renew(record, row.expiresAtMs);
        this.strays.renew(row.deviceId, row.expiresAtMs);
      }
      return true;
    } catch {
      return this.sharing.isAway;
    }
  }
}
