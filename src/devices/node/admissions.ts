import { isAuthError, refusal } from '../../errors.js';
import { attachDevice, type WalletIdentity } from '../../identity.js';
import { cleaningUp, deviceRevoked } from '../refusals.js';
import type { DeviceRow, Entered } from '../store.js';
import { Entrance } from './entrance.js';
import type { NodeState } from './node-state.js';
import { Provisional, type Guest } from './provisional.js';
import { DeviceRecord } from './records.js';

/** How devices without a record come to a node: by the store's word, or provisionally without it. */
export class Admissions {
  /** Calls that were admitted without a row. */
  withoutRow = 0;
  readonly provisional: Provisional;
  readonly #node: NodeState;
  readonly #entrance: Entrance;

  constructor(node: NodeState) {
    const { store, timers } = node.settings;
    this.#node = node;
    this.#entrance = new Entrance(store, timers, () => node.sharing.cleaning());
    this.provisional = new Provisional(timers, (guest) => this.#enterGuest(guest));
  }

  /** @throws AuthError DEVICE_REVOKED, DEVICE_LIMIT, AUTH_UNAVAILABLE */
  enter(
    identity: WalletIdentity,
    address: string | undefined,
    isExempt: boolean,
    limitMs: number,
  ): Promise<void> | undefined {
    this.#node.refuseRevoked(identity); // since it was presented
    const guest = { identity, address };
    if (!this.provisional.has(identity.deviceId)) return this.#ask(guest, isExempt, limitMs);
    this.provisional.add(guest);
    return undefined;
  }

  /** Rows are gone. */
  purged(deviceIds: readonly string[]): void {
    this.#entrance.purged(deviceIds);
  }

  async #ask(guest: Guest, isExempt: boolean, limitMs: number): Promise<void> {
    let entered: Entered;
    try {
      entered = await this.#entrance.enter(guest.identity, guest.address, limitMs);
    } catch (cause) {
      this.#node.refuseRevoked(guest.identity);
      return this.#admitProvisionally(guest, cause);
    }
    this.#settle(entered, guest, isExempt);
  }

  /** What the store said of a device. @throws AuthError DEVICE_REVOKED, DEVICE_LIMIT, AUTH_UNAVAILABLE */
  #settle(entered: Entered, guest: Guest, isExempt: boolean): void {
    const { emitter, revoked } = this.#node;
    const { deviceId, wallet } = guest.identity;
    if (entered === 'revoked' || revoked.covers(wallet, entered instanceof Object ? entered.row : guest.identity))
      throw deviceRevoked(deviceId);
    if (entered === 'cleaning') throw cleaningUp(deviceId);
    if (entered === 'limit') {
      if (isExempt) return;
      throw refusal('DEVICE_LIMIT');
    }
    if (entered === 'full') {
      this.withoutRow++;
      return emitter.emit('without-row', { deviceId, wallet });
    }
    this.#admit(entered.row, entered.isNew, guest);
  }

  /** Without the store's word: while what is revoked is known well enough, and there is nothing to count. */
  #admitProvisionally(guest: Guest, cause: unknown): void {
    const { emitter, isOpen, settings, sharing } = this.#node;
    const { deviceId, wallet } = guest.identity;
    const isKnown = this.provisional.has(deviceId); // by another call that waited for the same answer
    const mayEnter = settings.store.isShared === true && settings.devicesPerWallet === Infinity;
    if (!mayEnter || sharing.isAway || !isOpen || !this.provisional.add(guest))
      throw refusal('AUTH_UNAVAILABLE', { cause });
    if (!isKnown) emitter.emit('provisional', { deviceId, wallet });
  }

  /** @returns whether that is settled. */
  async #enterGuest(guest: Guest): Promise<boolean> {
    const { deviceId } = guest.identity;
    try {
      this.#settle(await this.#entrance.enter(guest.identity, guest.address, 0), guest, true);
    } catch (error) {
      if (!isAuthError(error) || error.reason !== 'DEVICE_REVOKED') return false;
      this.#node.strays.endDevice(deviceId, deviceRevoked(deviceId));
    }
    return true;
  }

  /** Makes the record of a device, unless another call of it was faster. */
  #admit(row: DeviceRow, isNew: boolean, { identity, address }: Guest): void {
    const { queue, records, settings } = this.#node;
    let record = records.get(row.deviceId);
    if (record === undefined) {
      record = new DeviceRecord(row);
      queue.begin(record, row.expiresAtMs);
      // one that is first seen only now lapses after that
      record.hasLapsed = !isNew && row.expiresAtMs + settings.graceMs <= settings.nowMs();
      for (const dropped of records.add(record)) queue.forget(dropped);
      queue.watch(record);
      if (isNew) this.#node.emit('first-seen', record);
    }
    attachDevice(identity, record);
    if (!record.isRevoked && identity.expiresAtMs > record.expiresAtMs)
      this.#node.renewByToken(record, identity, address);
    if (record.isRevoked) throw deviceRevoked(record.deviceId); // by a listener
  }
}
