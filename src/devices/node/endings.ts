import { refusal } from '../../errors.js';
import { deviceRevoked } from '../refusals.js';
import type { Fact } from '../store.js';
import type { NodeState } from './node-state.js';
import type { DeviceRecord } from './records.js';

/** Records that are looked at in one turn of the event loop. */
const SLICE = 2_000;

/** How devices end on a node: they are revoked or purged, their streams end, and what hangs on them is let go. */
export class Endings {
  readonly #node: NodeState;
  /** Called when a device is gone for good. */
  readonly #gone = new Set<(deviceId: string) => void>();

  constructor(node: NodeState) {
    this.#node = node;
  }

  /** Has a function called for each device that is gone for good. @returns what ends that. */
  onGone(gone: (deviceId: string) => void): () => void {
    this.#gone.add(gone);
    return () => void this.#gone.delete(gone);
  }

  /** Takes in what is revoked, from wherever it is known: once is enough. @throws RevocationsFull */
  revoke(facts: readonly Fact[]): void {
    const { emitter, isOpen, records, revoked } = this.#node;
    const wallets = new Set<string>();
    let anyKey = false;
    for (const fact of facts) {
      if (!revoked.add(fact)) continue;
      if ('deviceId' in fact) this.#end(fact.deviceId);
      else if ('key' in fact) anyKey = true;
      else {
        wallets.add(fact.wallet);
        if (isOpen) emitter.emit('wallet-revoked', { wallet: fact.wallet, atMs: fact.atMs });
      }
    }
    if (!isOpen) return;
    if (wallets.size > 0) this.#endDevicesOf(wallets);
    if (anyKey) this.#endRevoked([...records.values()]);
  }

  /** Their rows are gone, or are being cleaned up. */
  purge(deviceIds: readonly string[]): void {
    const { queue, records } = this.#node;
    for (const deviceId of deviceIds) {
      const record = records.get(deviceId);
      if (record === undefined) continue;
      records.delete(record);
      this.#node.ended.add(record, 'purged');
      record.isDropped = true;
      queue.endAll(record, refusal('TOKEN_EXPIRED'));
      queue.forget(record);
      this.#node.emit('purged', record);
      this.#release(deviceId);
    }
  }

  #endDevicesOf(wallets: ReadonlySet<string>): void {
    const { records, revoked, strays } = this.#node;
    const own = [...records.values()].filter((record) => wallets.has(record.wallet));
    for (const record of own) {
      const { deviceId } = record;
      if (!revoked.covers(record.wallet, record)) continue;
      // by id as well, so that it is told once, whatever covers it later
      if (!revoked.hasRoom || revoked.add({ deviceId })) this.#end(deviceId);
    }
    for (const deviceId of strays.deviceIds()) {
      const wallet = deviceId.slice(0, deviceId.indexOf('/'));
      // a device whose record is still here came later
      if (wallets.has(wallet) && records.get(deviceId) === undefined && revoked.covers(wallet, { deviceId }))
        strays.endDevice(deviceId, deviceRevoked(deviceId));
    }
  }

  /** Ends the devices that were revoked by key, which tells no id. */
  #endRevoked(rest: DeviceRecord[]): void {
    const { records, revoked, settings, strays } = this.#node;
    for (const { deviceId } of rest.splice(0, SLICE))
      if (revoked.has(deviceId) && records.get(deviceId) !== undefined) this.#end(deviceId);
    if (rest.length > 0) return void settings.timers.after(0, () => this.#endRevoked(rest));
    for (const deviceId of strays.deviceIds())
      if (revoked.has(deviceId)) strays.endDevice(deviceId, deviceRevoked(deviceId));
  }

  /** The record, if there is one, stays with those who hold it, and says no. */
  #end(deviceId: string): void {
    const { emitter, isOpen, outbox, queue, records, strays } = this.#node;
    const record = records.get(deviceId);
    if (record !== undefined) {
      record.isRevoked = true;
      records.delete(record);
      this.#node.ended.add(record, 'revoked');
      outbox.delete(deviceId);
      queue.endAll(record, deviceRevoked(deviceId));
      queue.forget(record);
    }
    strays.endDevice(deviceId, deviceRevoked(deviceId));
    if (isOpen) emitter.emit('revoked', { deviceId });
    this.#release(deviceId);
  }

  #release(deviceId: string): void {
    for (const gone of this.#gone) gone(deviceId);
  }
}
