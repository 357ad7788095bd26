import type { Timers } from '../../options.js';
import type { Renewal } from '../store.js';

/** How long a renewal may wait, in milliseconds. */
const DELAY_MS = 1_000;

/** Renewals on their way to the store, the newest of each device, in batches. */
export class Outbox {
  readonly #timers: Timers;
  readonly #write: (batch: readonly Renewal[]) => Promise<void>;
  #waiting = new Map<string, Renewal>();
  #cancel: (() => void) | undefined;
  #isStopped = false;

  /** @param write writes a batch; a rejection puts it back, unless there is newer. */
  constructor(timers: Timers, write: (batch: readonly Renewal[]) => Promise<void>) {
    this.#timers = timers;
    this.#write = write;
  }

  add(renewal: Renewal): void {
    const waiting = this.#waiting.get(renewal.deviceId);
    this.#waiting.set(renewal.deviceId, waiting === undefined ? renewal : merged(waiting, renewal));
    if (!this.#isStopped) this.#cancel ??= this.#timers.after(DELAY_MS, () => void this.flush());
  }

  delete(deviceId: string): void {
    this.#waiting.delete(deviceId);
  }

  /** Writes what waits. Never rejects: what cannot be written waits on. */
  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    const batch = this.#waiting;
    if (batch.size === 0) return;
    this.#waiting = new Map();
    try {
      await this.#write([...batch.values()]);
    } catch {
      for (const renewal of batch.values()) if (!this.#waiting.has(renewal.deviceId)) this.add(renewal);
    }
  }

  /** Writes nothing by itself any more. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

/** Two renewals of a device as one. One of them may say no more than that it is still there. */
function merged(first: Renewal, second: Renewal): Renewal {
  return {
    deviceId: second.deviceId,
    expiresAtMs: Math.max(first.expiresAtMs, second.expiresAtMs),
    issuedAtMs: Math.max(first.issuedAtMs, second.issuedAtMs),
    address: second.address ?? first.address,
  };
}
