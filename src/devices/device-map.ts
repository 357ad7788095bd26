import { knownOptions, optionalFunction, quietly } from '../options.js';
import { deviceOfRecord } from './device-of.js';
import type { Device, DeviceRegistry } from './device-registry.js';
import { insideOf } from './inside.js';
import type { DeviceRecord } from './node/records.js';

/** What becomes of the values of a `deviceMap`. */
export interface DeviceMapOptions<V> {
  /**
   * Called once for each value, when its device was revoked or purged, with what was known of the device last. What it throws or
   * rejects with is dropped. Default: values are only let go.
   */
  release?: ((value: V, device: Device) => unknown) | undefined;
}

/** A value for each device, whatever tokens the device comes with. */
export interface DeviceMap<V> extends Iterable<[deviceId: string, value: V]> {
  /** How many devices have a value. */
  readonly size: number;
  /**
   * The value of a device; made now if it has none. The registry keeps the record of a device that has one, however long it is
   * away.
   * @returns `undefined` for a device without a record on this node: one that never called here, or is revoked or purged.
   * @throws what `create` throws; nothing is kept then.
   */
  get(deviceId: string): V | undefined;
  /** Whether a device has a value. */
  has(deviceId: string): boolean;
  /** The values by device, in the order in which they were made. */
  entries(): IterableIterator<[deviceId: string, value: V]>;
  /** Lets go of all values and makes no more. It releases none: their devices are not gone. */
  close(): void;
}

/**
 * Keeps a value for each device on this node, such as a queue: made when it is first asked for, the same across all tokens of the
 * device, released when the device is revoked or purged. A device whose token ended keeps its value.
 * @param create makes the value of a device.
 * @throws TypeError if `createDeviceRegistry` did not make the registry, or an option is wrong.
 * @example
 * import { deviceMap } from 'grpc-wallet-auth/devices';
 * import { requireIdentity } from 'grpc-wallet-auth/grpc';
 *
 * const queues = deviceMap(devices, (): string[] => [], { release: (queue) => queue.splice(0) });
 * queues.get(requireIdentity(call).deviceId)?.push('hello');
 */
export function deviceMap<V>(
  devices: DeviceRegistry,
  create: (device: Device) => V,
  options: DeviceMapOptions<V> = {},
): DeviceMap<V> {
  knownOptions(options, ['release']);
  if (typeof create !== 'function') throw new TypeError('create must be a function');
  const release = optionalFunction('release', options.release);
  const node = insideOf(devices);
  const held = new Map<string, { readonly value: V; readonly record: DeviceRecord }>();
  let isClosed = false;

  const stop = node.onGone((deviceId) => {
    const entry = held.get(deviceId);
    if (entry === undefined) return;
    held.delete(deviceId);
    drop(entry.record, entry.value);
  });

  function drop(record: DeviceRecord, value: V): void {
    node.unpin(record);
    quietly(() => release?.(value, deviceOfRecord(record)));
  }

  function make(deviceId: string): V | undefined {
    const record = isClosed ? undefined : node.pin(deviceId);
    if (record === undefined) return undefined;
    let value: V;
    try {
      value = create(deviceOfRecord(record));
    } catch (error) {
      node.unpin(record);
      throw error;
    }
    const isGone = record.isRevoked || record.isDropped; // while it was being made
    if (isGone) drop(record, value);
    else held.set(deviceId, { value, record });
    return isGone ? undefined : value;
  }

  function* entries(): IterableIterator<[string, V]> {
    for (const [deviceId, { value }] of held) yield [deviceId, value];
  }

  return Object.freeze<DeviceMap<V>>({
    get size() {
      return held.size;
    },
    get(deviceId) {
      const entry = held.get(deviceId);
      return entry === undefined ? make(deviceId) : entry.value;
    },
    has: (deviceId) => held.has(deviceId),
    entries,
    [Symbol.iterator]: entries,
    close() {
      isClosed = true;
      stop();
      for (const { record } of held.values()) node.unpin(record);
      held.clear();
    },
  });
}
