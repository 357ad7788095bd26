import type { DeviceRecord } from '../../../src/devices/node/records.js';
import { deviceById, type CastDevice, type DeviceName } from './cast.js';
import type { Ledger } from './ledger.js';
import type { ModelNode } from './model-node.js';

type DeviceEventName = 'first-seen' | 'renewed' | 'lapsed' | 'returned' | 'revoked' | 'purged' | 'provisional';

/** The events of a process: each device's in order, each transition once. */
export class EventOrder {
  /** How often each device was first seen here. */
  readonly firstSeen = new Map<DeviceName, number>();
  readonly #node: ModelNode;
  readonly #ledger: Ledger;
  readonly #told = new Map<DeviceName, DeviceEventName[]>();
  /** What the last event of each record was. */
  readonly #ofRecord = new WeakMap<DeviceRecord, DeviceEventName>();
  readonly #lastRecord = new Map<DeviceName, DeviceRecord>();

  constructor(node: ModelNode, ledger: Ledger) {
    this.#node = node;
    this.#ledger = ledger;
  }

  listen(): void {
    const { records } = this.#node.inside.state;
    const add = records.add.bind(records);
    records.add = (record) => {
      this.#lastRecord.set(deviceById(record.deviceId).name, record);
      return add(record);
    };
    for (const event of ['first-seen', 'renewed', 'lapsed', 'returned', 'purged', 'provisional', 'revoked'] as const)
      this.#node.devices.on(event, ({ deviceId }) => {
        if (this.#node.isAlive) this.#on(event, deviceById(deviceId));
      });
  }

  /** Whether the last that was told of a device is that it is gone. */
  isGone(name: DeviceName): boolean {
    const last = this.#told.get(name)?.at(-1);
    return last === 'revoked' || last === 'purged';
  }

  wasToldRevoked(name: DeviceName): boolean {
    return this.#told.get(name)?.includes('revoked') === true;
  }

  #on(event: DeviceEventName, device: CastDevice): void {
    const { name } = device;
    const record = this.#node.inside.state.records.get(device.id);
    const last = record && this.#ofRecord.get(record);
    const all = this.#told.get(name) ?? [];
    if (all.includes('revoked')) this.#fail(`told ${event} of ${name} after revoked`);
    if (event === 'purged') this.#onPurged(device, this.#lastRecord.get(name));
    else if (event === 'first-seen') this.firstSeen.set(name, (this.firstSeen.get(name) ?? 0) + 1);
    if (event === 'first-seen' || event === 'renewed' || event === 'lapsed' || event === 'returned') {
      const isInOrder = {
        'first-seen': last === undefined,
        renewed: last !== 'lapsed',
        lapsed: last !== 'lapsed',
        returned: last === undefined || last === 'lapsed',
      }[event];
      if (record === undefined) this.#fail(`told ${event} of ${name}, of which it has no record`);
      else if (!isInOrder) this.#fail(`told ${event} of ${name} after ${last}`);
      if (record !== undefined) this.#ofRecord.set(record, event);
    }
    this.#told.set(name, [...all, event]);
  }

  #onPurged({ name }: CastDevice, record: DeviceRecord | undefined): void {
    if (record === undefined) return;
    if (this.#ofRecord.get(record) === 'purged') this.#fail(`told purged of ${name} twice`);
    this.#ofRecord.set(record, 'purged');
    const row = this.#ledger.rows.get(name);
    if (row?.firstSeenMs === record.firstSeenMs) this.#fail(`forgot ${name}, whose row is there`);
  }

  #fail(what: string): void {
    this.#ledger.fail(`node ${this.#node.number} ${what}`);
  }
}
