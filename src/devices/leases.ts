import { refusal, type AuthError } from '../errors.js';
import { quietly, type Timers } from '../options.js';
import { DeadlineHeap } from './deadline-heap.js';

/** What a stream's life depends on: the token that opened it, or the newest token of its device and a grace period. */
export type LeaseKind = 'until-expiry' | 'while-renewed';

/** A stream on a lease. */
export interface LeasedStream {
  readonly kind: LeaseKind;
  /** The device that opened it. */
  readonly deviceId: string;
  /** When the token that opened it ends, in milliseconds since the Unix epoch. */
  readonly expiresAtMs: number;
  /** Ends the stream; called at most once, and never after its release. */
  end(error: AuthError): void;
}

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
  /** Ends all streams of a device that are on leases. */
  endDevice(deviceId: string, error: AuthError): void;
}

/** How leases are kept. */
export interface LeaseSettings {
  /** How long a stream goes on after the newest token of its device ended, in milliseconds. */
  readonly graceMs: number;
  /** The clock, in milliseconds since the Unix epoch. */
  readonly nowMs: () => number;
  readonly timers: Timers;
}

/** Streams that are ended in one turn of the event loop. */
const SLICE = 200;

/** Dead entries that are too few to clean up for. */
const FEW = 64;

interface Stream {
  readonly lease: LeasedStream;
  /** Monotonic end of a stream that nothing renews. */
  readonly fixedEndMs: number | undefined;
}

interface Device {
  readonly deviceId: string;
  /** The newest end of its tokens, in milliseconds since the Unix epoch. */
  expiresAtMs: number;
  /** The same and the grace period, on the monotonic clock: a clock that is set cuts no stream. */
  endMs: number;
  readonly streams: Set<Stream>;
  /** Where the device stands in the heap; entries at other times are stale. */
  queuedMs: number;
}

/**
 * Makes leases. One lazy heap and one timer serve all streams: a renewal changes a number, and a device that comes up too
 * early is put back.
 */
export function createLeases({ graceMs, nowMs, timers }: LeaseSettings): Leases {
  const devices = new Map<string, Device>();
  const heap = new DeadlineHeap<Device>();
  let streams = 0;
  let timerMs = Infinity;
  let cancelTimer: (() => void) | undefined;

  /** A time of the clock as one of the monotonic clock. */
  const monotonic = (atMs: number) => timers.monotonicMs() + atMs - nowMs();

  function endOf(device: Device, { fixedEndMs }: Stream): number {
    return fixedEndMs ?? device.endMs;
  }

  function queue(device: Device, atMs: number): void {
    if (atMs >= device.queuedMs) return;
    device.queuedMs = atMs;
    heap.push(atMs, device);
    schedule();
  }

  function schedule(): void {
    if (heap.nextMs >= timerMs) return;
    cancelTimer?.();
    timerMs = heap.nextMs;
    cancelTimer = timers.after(Math.max(timerMs - timers.monotonicMs(), 0), run);
  }

  function stopTimer(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    timerMs = Infinity;
  }

  function run(): void {
    stopTimer();
    let ended = 0;
    while (ended < SLICE && heap.nextMs <= timers.monotonicMs()) {
      const { atMs, item: device } = heap.pop() ?? {};
      if (device === undefined || atMs !== device.queuedMs) continue;
      device.queuedMs = Infinity;
      ended += endDue(device, SLICE - ended);
    }
    schedule();
  }

  /** Ends the device's streams whose time has come, as many as fit in, and queues it for the others. */
  function endDue(device: Device, most: number): number {
    const now = timers.monotonicMs();
    let ended = 0;
    let nextMs = Infinity;
    for (const stream of device.streams) {
      const endMs = endOf(device, stream);
      if (endMs > now || ended >= most) {
        nextMs = Math.min(nextMs, endMs);
        continue;
      }
      remove(device, stream);
      quietly(() => stream.lease.end(refusal('TOKEN_EXPIRED')));
      ended++;
    }
    if (device.streams.size > 0) queue(device, nextMs);
    return ended;
  }

  function remove(device: Device, stream: Stream): void {
    if (!device.streams.delete(stream)) return;
    streams--;
    if (device.streams.size > 0) return;
    devices.delete(device.deviceId);
    device.queuedMs = Infinity; // whatever stands in the heap is stale
    if (devices.size === 0) stopTimer();
    if (heap.size > 2 * devices.size + FEW) heap.filter((atMs, { queuedMs }) => atMs === queuedMs);
  }

  function deviceOf({ deviceId, expiresAtMs }: LeasedStream): Device {
    const known = devices.get(deviceId);
    if (known) return known;
    const endMs = monotonic(expiresAtMs + graceMs);
    const device = { deviceId, expiresAtMs, endMs, streams: new Set<Stream>(), queuedMs: Infinity };
    devices.set(deviceId, device);
    return device;
  }

  function renew(deviceId: string, expiresAtMs: number): void {
    const device = devices.get(deviceId);
    if (device === undefined || expiresAtMs <= device.expiresAtMs) return;
    device.expiresAtMs = expiresAtMs;
    device.endMs = monotonic(expiresAtMs + graceMs);
  }

  return Object.freeze({
    get streams() {
      return streams;
    },
    get devices() {
      return devices.size;
    },
    renew,
    hold(lease: LeasedStream) {
      const device = deviceOf(lease);
      renew(lease.deviceId, lease.expiresAtMs);
      const fixedEndMs = lease.kind === 'until-expiry' ? monotonic(lease.expiresAtMs + 1) : undefined;
      const stream = { lease, fixedEndMs };
      device.streams.add(stream);
      streams++;
      queue(device, endOf(device, stream));
      return () => remove(device, stream);
    },
    endDevice(deviceId: string, error: AuthError) {
      const device = devices.get(deviceId);
      for (const stream of device?.streams ?? []) {
        if (device) remove(device, stream);
        quietly(() => stream.lease.end(error));
      }
    },
  });
}
