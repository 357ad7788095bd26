import type { WalletIdentity } from '../../identity.js';
import type { Timers } from '../../options.js';

/** A device that was admitted without the store's word. */
export interface Guest {
  readonly identity: WalletIdentity;
  readonly address: string | undefined;
}

/** How many there may be. */
const MAX_GUESTS = 10_000;
/** How often they are tried to be entered, in milliseconds, and how many at once. */
const EVERY_MS = 1_000;
const AT_ONCE = 100;

/** Devices that were admitted while the store did not answer. They are entered when it does. */
export class Provisional {
  /** How many devices were admitted so. */
  count = 0;
  readonly #timers: Timers;
  readonly #enter: (guest: Guest) => Promise<boolean>;
  readonly #guests = new Map<string, Guest>();
  #cancelTimer: (() => void) | undefined;
  #isStopped = false;

  /** @param enter enters one; answers whether that is settled, and never rejects. */
  constructor(timers: Timers, enter: (guest: Guest) => Promise<boolean>) {
    this.#timers = timers;
    this.#enter = enter;
  }

  has(deviceId: string): boolean {
    return this.#guests.has(deviceId);
  }

  /** A device with several tokens is entered with the newest. @returns whether there is room. */
  add(guest: Guest): boolean {
    const { deviceId, expiresAtMs } = guest.identity;
    const known = this.#guests.get(deviceId);
    if (known === undefined) {
      if (this.#guests.size >= MAX_GUESTS) return false;
      this.count++;
    }
    if (known === undefined || known.identity.expiresAtMs < expiresAtMs) this.#guests.set(deviceId, guest);
    this.#wait();
    return true;
  }

  delete(deviceId: string): void {
    this.#guests.delete(deviceId);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer?.();
  }

  #wait(): void {
    if (this.#isStopped || this.#guests.size === 0) return;
    this.#cancelTimer ??= this.#timers.after(EVERY_MS, () => void this.#enterAll());
  }

  async #enterAll(): Promise<void> {
    for (;;) {
      const some = [...this.#guests].slice(0, AT_ONCE);
      const settled = await Promise.all(some.map(async ([, guest]) => this.#enter(guest)));
      for (const [i, [deviceId, guest]] of some.entries())
        if (settled[i] && this.#guests.get(deviceId) === guest) this.#guests.delete(deviceId);
      if (settled.length < AT_ONCE || settled.includes(false)) break;
    }
    this.#cancelTimer = undefined;
    this.#wait();
  }
}
