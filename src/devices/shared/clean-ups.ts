import type { Timers } from '../../options.js';
import type { Backlog, Claim, CleanUp, DeviceStore } from '../store.js';
import { EarliestTimer } from './earliest-timer.js';

/** Cleans up what an operator keeps of a device that is gone, such as its queue. It is done when it resolves. */
export type CleanUpHook = (device: CleanUp) => unknown;

/** How long a claim holds, and how often it is renewed while its clean-up runs, in milliseconds. */
const LEASE_MS = 60_000;
const RENEW_MS = 20_000;
/** How often a node looks for clean-ups, and how soon after it heard of one, in milliseconds. */
const EVERY_MS = 5_000;
const SOON_MS = 50;
/** Clean-ups that a node runs at once. */
const AT_ONCE = 16;
/** How long a clean-up waits after it failed once; twice as long each time, up to ten minutes. */
const BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 600_000;

/**
 * Runs the operator's clean-ups: each by one node at a time, which holds a lease on it, and again until one has succeeded.
 * If this process ends meanwhile, its lease runs out and another node takes over.
 */
export class CleanUps {
  backlog: Backlog = { pending: 0, oldestMs: 0 };
  readonly #store: DeviceStore;
  readonly #timers: Timers;
  readonly #cleanUp: CleanUpHook | undefined;
  #running = 0;
  #isClaiming = false;
  #isStarted = false;
  readonly #timer: EarliestTimer;

  constructor(store: DeviceStore, timers: Timers, cleanUp: CleanUpHook | undefined) {
    this.#store = store;
    this.#timers = timers;
    this.#cleanUp = cleanUp;
    this.#timer = new EarliestTimer(timers, () => this.#claim());
  }

  start(): void {
    if (this.#cleanUp === undefined) return;
    this.#isStarted = true;
    this.soon();
  }

  /** There may be something to do. */
  soon(): void {
    this.#schedule(SOON_MS);
  }

  /** Claims nothing any more. What runs goes on, on its lease. */
  stop(): void {
    this.#timer.stop();
  }

  #schedule(delayMs: number): void {
    if (this.#isStarted) this.#timer.within(delayMs);
  }

  async #claim(): Promise<void> {
    if (this.#isClaiming) return;
    this.#isClaiming = true;
    let isFull = false;
    try {
      const claims = await this.#store.claim(AT_ONCE - this.#running, LEASE_MS);
      for (const claim of claims) void this.#run(claim);
      isFull = claims.length > 0;
      if (this.#store.isShared !== true) this.backlog = await this.#store.backlog();
    } catch {
      // the store is away: the next time
    }
    this.#isClaiming = false;
    this.#schedule(isFull && this.#running < AT_ONCE ? 0 : EVERY_MS);
  }

  async #run(claim: Claim): Promise<void> {
    const { deviceId, wallet, incarnation, cause, attempt } = claim;
    this.#running++;
    const stopRenewing = this.#renewing(claim);
    let isDone = true;
    try {
      await this.#cleanUp?.({ deviceId, wallet, incarnation, cause });
    } catch {
      isDone = false;
    }
    stopRenewing();
    this.#running--;
    const backoffMs = Math.min(BACKOFF_MS * 2 ** Math.min(attempt - 1, 20), MAX_BACKOFF_MS);
    try {
      await (isDone ? this.#store.finish(claim) : this.#store.defer(claim, backoffMs));
    } catch {
      // the store is away, and the lease runs out: it is cleaned up once more
    }
    this.#schedule(isDone ? SOON_MS : backoffMs);
  }

  /** Keeps a lease. @returns what ends that. */
  #renewing(claim: Claim): () => void {
    let cancel: (() => void) | undefined;
    const again = (): void => {
      cancel = this.#timers.after(RENEW_MS, () => {
        this.#store.defer(claim, LEASE_MS).catch(() => undefined);
        again();
      });
    };
    again();
    return () => cancel?.();
  }
}
