import type { WalletIdentity } from '../../identity.js';
import type { DevicesOfGate } from '../device-registry.js';
import type { LeasedStream } from '../leases/lease.js';
import { deviceRevoked, registryClosed, storeAway } from '../refusals.js';
import type { Statements } from '../revocation/statements.js';
import { Admissions } from './admissions.js';
import { Endings } from './endings.js';
import type { NodeState } from './node-state.js';
import type { DeviceRecord } from './records.js';

/** The devices of a node, for its gates and for what hangs on devices. */
export class NodeDevices implements DevicesOfGate {
  readonly state: NodeState;
  readonly endings: Endings;
  readonly admissions: Admissions;
  /** When the clock was looked at last, so that calls need not. */
  tickMs: number;
  /** Streams that gates closed hard. */
  hardCloses = 0;
  /** What keeps statements of wallets; `undefined` where the network has no name. */
  statements: Statements | undefined = undefined;

  constructor(state: NodeState) {
    this.state = state;
    this.endings = new Endings(state);
    this.admissions = new Admissions(state);
    this.tickMs = state.settings.nowMs();
  }

  get graceMs(): number {
    return this.state.settings.graceMs;
  }

  get keepsAddress(): boolean {
    return this.state.settings.keepAddress;
  }

  get streams(): number {
    return this.state.queue.streams + this.state.strays.streams;
  }

  present(identity: WalletIdentity): void {
    const { isOpen, sharing, strays } = this.state;
    if (!isOpen) throw registryClosed();
    if (sharing.isAway) throw storeAway();
    const record = this.state.recordOf(identity);
    if (record === undefined) this.state.refuseRevoked(identity);
    else if (record.isRevoked) throw deviceRevoked(record.deviceId);
    // streams that were opened while the device had no record
    if (strays.devices > 0) strays.renew(identity.deviceId, identity.expiresAtMs);
    if (record === undefined) return;
    record.wasUsed = true;
    record.seenMs = this.tickMs;
    if (identity.expiresAtMs > record.expiresAtMs) this.state.renewByToken(record, identity, undefined);
  }

  enter(
    identity: WalletIdentity,
    address: string | undefined,
    isExempt: boolean,
    limitMs: number,
  ): Promise<void> | undefined {
    if (!this.state.isOpen) throw registryClosed();
    const record = this.state.recordOf(identity);
    if (record === undefined) return this.admissions.enter(identity, address, isExempt, limitMs);
    if (record.isRevoked) throw deviceRevoked(record.deviceId); // since it was presented
    if (address !== undefined) record.address = address;
    return undefined;
  }

  hold(stream: LeasedStream, identity: WalletIdentity): () => void {
    const { queue, records, strays } = this.state;
    const record = records.get(stream.deviceId);
    if (record === undefined) this.state.refuseRevoked(identity); // since it entered
    // a stream that only a revocation ends outlives the record
    const isStray = record === undefined || stream.kind === 'at-open';
    return isStray ? strays.hold(stream) : queue.hold(record, stream);
  }

  countHardClose(): void {
    this.hardCloses++;
  }

  async agree(maxAgeMs: number): Promise<number | undefined> {
    return this.state.settings.store.agree?.(maxAgeMs).catch(() => undefined);
  }

  /** Has a function called for each device that is gone for good. @returns what ends that. */
  onGone(gone: (deviceId: string) => void): () => void {
    return this.endings.onGone(gone);
  }

  /** Keeps a device's record from being evicted. @returns the record; `undefined` if there is none here. */
  pin(deviceId: string): DeviceRecord | undefined {
    const record = this.state.records.get(deviceId);
    if (record !== undefined) record.pins++;
    return record;
  }

  /** Undoes one `pin`. */
  unpin(record: DeviceRecord): void {
    record.pins--;
  }
}
