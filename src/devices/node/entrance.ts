import type { WalletIdentity } from '../../identity.js';
import type { Timers } from '../../options.js';
import type { DeviceStore, Entered } from '../store.js';

/** How often it is looked whether a device's last clean-up is done, in milliseconds. */
const LOOK_EVERY_MS = 100;

/** Asks the store about devices without a record here: concurrent calls of one device cause one question. */
export class Entrance {
  readonly #store: Pick<DeviceStore, 'enter'>;
  readonly #timers: Timers;
  readonly #cleaning: () => void;
  readonly #asking = new Map<string, Promise<Entered>>();
  /** Devices whose rows went while they were asked about: the answer may be older. */
  readonly #purged = new Set<string>();

  /** @param cleaning called when a device has to wait for a clean-up. */
  constructor(store: Pick<DeviceStore, 'enter'>, timers: Timers, cleaning: () => void) {
    this.#store = store;
    this.#timers = timers;
    this.#cleaning = cleaning;
  }

  /**
   * Enters a device.
   * @param limitMs how long to wait for the clean-up of what its last life left, in milliseconds.
   * @throws what the store rejects with.
   */
  enter(identity: WalletIdentity, address: string | undefined, limitMs: number): Promise<Entered> {
    const { deviceId } = identity;
    let asking = this.#asking.get(deviceId);
    if (asking === undefined) {
      asking = this.#enter(identity, address, limitMs);
      this.#asking.set(deviceId, asking);
      const forget = () => {
        this.#asking.delete(deviceId);
        this.#purged.delete(deviceId);
      };
      asking.then(forget, forget);
    }
    return asking;
  }

  /** Rows are gone: an answer that is on its way is not to be relied on. */
  purged(deviceIds: readonly string[]): void {
    for (const deviceId of deviceIds) if (this.#asking.has(deviceId)) this.#purged.add(deviceId);
  }

  async #enter(identity: WalletIdentity, address: string | undefined, limitMs: number): Promise<Entered> {
    const { deviceId, wallet, certifiedAtMs, issuedAtMs, expiresAtMs } = identity;
    const untilMs = this.#timers.monotonicMs() + limitMs;
    for (;;) {
      const entered = await this.#store.enter({ deviceId, wallet, certifiedAtMs, issuedAtMs, expiresAtMs, address });
      if (this.#purged.delete(deviceId)) continue;
      const leftMs = untilMs - this.#timers.monotonicMs();
      if (entered !== 'cleaning' || leftMs <= 0) return entered;
      this.#cleaning();
      await new Promise<void>((resolve) => void this.#timers.after(Math.min(LOOK_EVERY_MS, leftMs), resolve));
    }
  }
}
