import type { AuthError } from '../../errors.js';
import { LeaseQueue } from './lease-queue.js';
import { LeaseHolder, type LeasedStream, type LeaseSettings } from './lease.js';

/** The leases of all open streams: who keeps its stream open, and until when. */
export interface Leases {
  /** How many streams are on leases now. */
  readonly streams: number;
  /** How many devices have such streams. */
  readonly devices: number;
  /** A device has presented a good token. An older end than the newest changes nothing. */
  renew(deviceId: string, expiresAtMs: number): void;
  /** Puts a stream on a lease. @returns what takes it off again, when the stream is over. */
  hold(stream: LeasedStream): () => void;
  /** The devices that have such streams. */
  deviceIds(): readonly string[];
  /** Ends all streams of a device that are on leases. */
  endDevice(deviceId: string, error: AuthError): void;
}

class Device extends LeaseHolder {
  readonly deviceId: string;

  constructor(deviceId: string) {
    super();
    this.deviceId = deviceId;
  }
}

/**
 * Makes leases for a node that keeps no devices: one is known as long as it has streams open.
 * @param ask looks for newer tokens of devices elsewhere before their streams end, and calls `renew` for those that have some; it
 *   answers whether the others may end.
 */
export function createLeases(
  settings: LeaseSettings,
  ask?: (devices: readonly { readonly deviceId: string }[]) => Promise<boolean>,
): Leases {
  const devices = new Map<string, Device>();
  const queue = new LeaseQueue<Device>(settings, {
    ...(ask && { ask }),
    idle(device) {
      devices.delete(device.deviceId);
      queue.forget(device);
    },
  });

  function deviceOf({ deviceId, expiresAtMs }: LeasedStream): Device {
    let device = devices.get(deviceId);
    if (device === undefined) {
      device = new Device(deviceId);
      queue.begin(device, expiresAtMs);
      devices.set(deviceId, device);
    }
    return device;
  }

  function renew(deviceId: string, expiresAtMs: number): void {
    const device = devices.get(deviceId);
    if (device !== undefined) queue.renew(device, expiresAtMs);
  }

  return Object.freeze({
    get streams() {
      return queue.streams;
    },
    get devices() {
      return devices.size;
    },
    renew,
    hold(stream: LeasedStream) {
      const device = deviceOf(stream);
      queue.renew(device, stream.expiresAtMs);
      return queue.hold(device, stream);
    },
    deviceIds: () => [...devices.keys()],
    endDevice(deviceId: string, error: AuthError) {
      const device = devices.get(deviceId);
      if (device !== undefined) queue.endAll(device, error);
    },
  });
}
