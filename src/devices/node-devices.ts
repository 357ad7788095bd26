import { refusal } from '../errors.js';
import { attachDevice, deviceOfIdentity, type WalletIdentity } from '../identity.js';
import type { DevicesOfGate } from './device-registry.js';
import type { DeviceEmitter } from './emitter.js';
import { LeaseQueue } from './leases/lease-queue.js';
import type { LeasedStream } from './leases/lease.js';
import { createLeases, type Leases } from './leases/leases.js';
import type { RegistrySettings } from './options.js';
import type { Outbox } from './outbox.js';
import { DeviceRecord, Records } from './records.js';
import { answerOf, deviceRevoked, registryClosed } from './refusals.js';
import { Revoked, type Revocable } from './revocation/revoked.js';
import type { DeviceRow, Entered, StoreListener } from './store.js';

/**
 * What a node knows of devices: records, leases, revocations, epochs. All of it only grows (later lives, larger ends, revoked), and
 * every change of a record is made at once, so events come in order and once.
 */
export class NodeDevices implements DevicesOfGate, StoreListener {
  /** Whether the store was opened and not closed. Nothing is told before. */
  isOpen = false;
  readonly records: Records;
  /** When the clock was looked at last, so that calls need not. */
  tickMs: number;
  /** Calls that were admitted without a row. */
  withoutRow = 0;
  /** Streams that gates closed hard. */
  hardCloses = 0;
  readonly #settings: RegistrySettings;
  readonly #emitter: DeviceEmitter;
  readonly #outbox: Outbox;
  readonly #revoked: Revoked;
  readonly #queue: LeaseQueue<DeviceRecord>;
  /** Streams of devices that have no record here, and those that are at-open. */
  readonly #strays: Leases;
  /** Devices that are entering now, so that concurrent calls cause one question. */
  readonly #entering = new Map<string, Promise<Entered>>();
  /** Called when a device is gone for good. */
  readonly #gone = new Set<(deviceId: string) => void>();

  constructor(settings: RegistrySettings, emitter: DeviceEmitter, outbox: Outbox) {
    this.#settings = settings;
    this.#emitter = emitter;
    this.#outbox = outbox;
    this.#revoked = new Revoked(settings.revocations, settings.nowMs);
    this.records = new Records(settings.records);
    this.#queue = new LeaseQueue(settings, { lapsed: (record) => this.#emit('lapsed', record) });
    this.#strays = createLeases(settings);
    this.tickMs = settings.nowMs();
  }

  get graceMs(): number {
    return this.#settings.graceMs;
  }

  get keepsAddress(): boolean {
    return this.#settings.keepAddress;
  }

  get streams(): number {
    return this.#queue.streams + this.#strays.streams;
  }

  get revocations(): number {
    return this.#revoked.devices;
  }

  get revokedWallets(): number {
    return this.#revoked.wallets;
  }

  present(identity: WalletIdentity): void {
    if (!this.isOpen) throw registryClosed();
    const record = this.#recordOf(identity);
    // streams that were opened while the device had no record
    if (this.#strays.devices > 0) this.#strays.renew(identity.deviceId, identity.expiresAtMs);
    if (record === undefined) {
      if (this.#revoked.covers(identity.wallet, identity)) throw deviceRevoked(identity.deviceId);
      return;
    }
    if (record.isRevoked) throw deviceRevoked(record.deviceId);
    record.wasUsed = true;
    record.seenMs = this.tickMs;
    if (identity.expiresAtMs > record.expiresAtMs) this.#renew(record, identity, undefined);
  }

  enter(identity: WalletIdentity, address: string | undefined, isExempt: boolean): Promise<void> | undefined {
    if (!this.isOpen) throw registryClosed();
    const record = this.#recordOf(identity);
    if (record === undefined) return this.#enter(identity, address, isExempt);
    if (record.isRevoked) throw deviceRevoked(record.deviceId); // since it was presented
    if (address !== undefined) record.address = address;
    return undefined;
  }

  hold(stream: LeasedStream): () => void {
    const { kind, deviceId } = stream;
    const record = this.records.get(deviceId);
    if (record === undefined && this.#revoked.has(deviceId)) throw deviceRevoked(deviceId); // since it entered
    // a stream that only a revocation ends outlives the record
    return record === undefined || kind === 'at-open' ? this.#strays.hold(stream) : this.#queue.hold(record, stream);
  }

  countHardClose(): void {
    this.hardCloses++;
  }

  /** Whether a device is revoked, by its id or with all of its wallet. */
  isRevoked(wallet: string, device: Revocable): boolean {
    return this.#revoked.covers(wallet, device);
  }

  /** The same by the id alone: by id, or if this node has its record and the epoch covers it. */
  isRevokedHere(deviceId: string): boolean {
    const record = this.records.get(deviceId);
    return record ? this.#revoked.covers(record.wallet, record) : this.#revoked.has(deviceId);
  }

  revoked(deviceIds: readonly string[]): void {
    for (const deviceId of deviceIds) this.revoke(deviceId);
  }

  /** Has a function called for each device that is gone for good. @returns what ends that. */
  onGone(gone: (deviceId: string) => void): () => void {
    this.#gone.add(gone);
    return () => void this.#gone.delete(gone);
  }

  /** Keeps a device's record from being evicted. @returns the record; `undefined` if there is none here. */
  pin(deviceId: string): DeviceRecord | undefined {
    const record = this.records.get(deviceId);
    if (record !== undefined) record.pins++;
    return record;
  }

  /** Undoes one `pin`. */
  unpin(record: DeviceRecord): void {
    record.pins--;
  }

  /** The record that a cached identity holds, if it is still the device's, else that of the table. */
  #recordOf(identity: WalletIdentity): DeviceRecord | undefined {
    const held = deviceOfIdentity(identity);
    if (held instanceof DeviceRecord && !held.isDropped) return held;
    const record = this.records.get(identity.deviceId);
    if (record !== undefined) attachDevice(identity, record);
    return record;
  }

  async #enter(identity: WalletIdentity, address: string | undefined, isExempt: boolean): Promise<void> {
    const { deviceId, wallet } = identity;
    let entering = this.#entering.get(deviceId);
    if (entering === undefined) {
      const { certifiedAtMs, issuedAtMs, expiresAtMs } = identity;
      const sighting = { deviceId, wallet, certifiedAtMs, issuedAtMs, expiresAtMs, address };
      entering = this.#settings.store.enter(sighting);
      this.#entering.set(deviceId, entering);
      const forget = () => void this.#entering.delete(deviceId);
      entering.finally(forget).catch(() => undefined); // whoever waits for it gets the rejection
    }
    const entered = await answerOf(entering);
    if (entered === 'revoked' || this.#revoked.covers(wallet, entered instanceof Object ? entered.row : identity))
      throw deviceRevoked(deviceId);
    if (entered === 'limit') {
      if (isExempt) return;
      throw refusal('DEVICE_LIMIT');
    }
    if (entered === 'full') {
      this.withoutRow++;
      return this.#emitter.emit('without-row', { deviceId, wallet });
    }
    this.#admit(entered.row, entered.isNew, identity, address);
  }

  /** Makes the record of a device, unless another call of it was faster. */
  #admit(row: DeviceRow, isNew: boolean, identity: WalletIdentity, address: string | undefined): void {
    let record = this.records.get(row.deviceId);
    if (record === undefined) {
      record = new DeviceRecord(row);
      this.#queue.begin(record, row.expiresAtMs);
      record.hasLapsed = row.expiresAtMs + this.#settings.graceMs <= this.#settings.nowMs();
      for (const dropped of this.records.add(record)) this.#queue.forget(dropped);
      this.#queue.watch(record);
      if (isNew) this.#emit('first-seen', record);
    }
    attachDevice(identity, record);
    if (!record.isRevoked && identity.expiresAtMs > record.expiresAtMs) this.#renew(record, identity, address);
    if (record.isRevoked) throw deviceRevoked(record.deviceId); // by a listener
  }

  #renew(record: DeviceRecord, identity: WalletIdentity, address: string | undefined): void {
    const { deviceId } = record;
    const event = record.hasLapsed ? 'returned' : 'renewed';
    record.isConfirmed ||= identity.issuedAtMs >= record.firstSeenMs + this.#settings.confirmAfterMs;
    this.#queue.renew(record, identity.expiresAtMs);
    this.#queue.watch(record);
    this.#outbox.add({ deviceId, expiresAtMs: identity.expiresAtMs, issuedAtMs: identity.issuedAtMs, address });
    this.#emit(event, record);
  }

  /** Revokes by id. Every source of a revocation goes through here: once is enough. @returns whether it is news. */
  revoke(deviceId: string): boolean {
    if (!this.#revoked.add(deviceId)) return false;
    this.#end(deviceId);
    return true;
  }

  walletRevoked(wallet: string, atMs: number, survivor: string | undefined): void {
    if (!this.#revoked.addWallet(wallet, atMs, survivor) || !this.isOpen) return;
    this.#emitter.emit('wallet-revoked', { wallet, atMs });
    const own = [...this.records.values()].filter((record) => record.wallet === wallet);
    for (const record of own) {
      if (!this.#revoked.covers(wallet, record)) continue;
      // by id as well, so that it is told once, whatever covers it later
      if (this.#revoked.hasRoom) this.revoke(record.deviceId);
      else this.#end(record.deviceId);
    }
    // a device whose record is still here came later
    const isStray = (deviceId: string) =>
      deviceId !== survivor && deviceId.startsWith(`${wallet}/`) && this.records.get(deviceId) === undefined;
    for (const deviceId of this.#strays.deviceIds()) if (isStray(deviceId)) this.#endStreams(deviceId);
  }

  purged(deviceIds: readonly string[]): void {
    for (const deviceId of deviceIds) this.#purge(deviceId);
  }

  #purge(deviceId: string): void {
    const record = this.records.get(deviceId);
    if (record === undefined) return;
    this.records.delete(record);
    record.isDropped = true;
    this.#queue.endAll(record, refusal('TOKEN_EXPIRED'));
    this.#queue.forget(record);
    this.#emit('purged', record);
    this.#release(deviceId);
  }

  /** The record, if there is one, stays with those who hold it, and says no. */
  #end(deviceId: string): void {
    const record = this.records.get(deviceId);
    if (record !== undefined) {
      record.isRevoked = true;
      this.records.delete(record);
      this.#outbox.delete(deviceId);
      this.#queue.endAll(record, deviceRevoked(deviceId));
      this.#queue.forget(record);
    }
    this.#endStreams(deviceId);
    if (this.isOpen) this.#emitter.emit('revoked', { deviceId });
    this.#release(deviceId);
  }

  /** Ends the streams of a device that has no record. */
  #endStreams(deviceId: string): void {
    this.#strays.endDevice(deviceId, deviceRevoked(deviceId));
  }

  #release(deviceId: string): void {
    for (const gone of this.#gone) gone(deviceId);
  }

  #emit(event: 'first-seen' | 'renewed' | 'lapsed' | 'returned' | 'purged', { deviceId, wallet }: DeviceRecord): void {
    this.#emitter.emit(event, { deviceId, wallet });
  }
}
