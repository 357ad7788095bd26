import { memoryDevices } from '../../../src/devices/memory/memory-store.js';
import { Revoked } from '../../../src/devices/revocation/revoked.js';
import type { DeviceStore, Fact, StoreListener, StoreSettings } from '../../../src/devices/store.js';

const ROOM = 100_000;
/** How often nodes hear that they are fresh, in milliseconds. */
const FRESH_EVERY_MS = 5;

/** One memory store for many nodes, with its own clock and its own revocations: what a right shared store does, and no more. */
export class SharedMemory {
  readonly #nowMs: () => number;
  readonly #listeners = new Set<StoreListener>();
  readonly #timer = setInterval(() => void this.#tellFresh(), FRESH_EVERY_MS);
  #revoked!: Revoked;
  #core!: DeviceStore;
  #settings: StoreSettings | undefined;
  #cleansUp = false;
  #maxAgeMs: number | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#begin();
  }

  /** The store of one more node. */
  store(): DeviceStore {
    let own: StoreListener | undefined;
    const core = () => this.#core;
    return {
      isShared: true,
      open: async (settings, listener) => {
        own = listener;
        this.#settings = settings;
        this.#cleansUp ||= settings.cleansUp;
        await this.#openCore();
        listener.revoked([...this.#revoked.facts()]);
        this.#listeners.add(listener);
      },
      enter: (sighting) => core().enter(sighting),
      renew: (renewals) => core().renew(renewals),
      read: (deviceIds) => core().read(deviceIds),
      list: (wallet) => core().list(wallet),
      revoke: (facts) => this.#revoke(facts),
      revokeWallet: (wallet, survivor) => core().revokeWallet(wallet, survivor),
      restore: (rows) => core().restore(rows),
      edit: (deviceId, change) => core().edit(deviceId, change),
      remove: async (deviceId) => this.#told(await core().remove(deviceId), [deviceId]),
      erase: async (wallet) => {
        const erased = await core().erase(wallet);
        return this.#told(erased, erased);
      },
      purge: async (most) => {
        const purged = await core().purge(most);
        return this.#told(purged, purged);
      },
      claim: (most, leaseMs) => core().claim(most, leaseMs),
      defer: (claim, delayMs) => core().defer(claim, delayMs),
      finish: (claim) => core().finish(claim),
      backlog: () => core().backlog(),
      agree: async (maxAgeMs) => {
        const before = this.#maxAgeMs;
        this.#maxAgeMs = maxAgeMs;
        return before === maxAgeMs ? undefined : before;
      },
      close: async () => {
        if (own) this.#listeners.delete(own);
      },
    };
  }

  async lose(): Promise<void> {
    this.#begin();
    await this.#openCore();
    for (const listener of this.#listeners) listener.lost();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #begin(): void {
    this.#revoked = new Revoked(ROOM, this.#nowMs);
    this.#core = memoryDevices();
    this.#isCoreOpen = false;
  }

  #isCoreOpen = false;

  async #openCore(): Promise<void> {
    if (this.#isCoreOpen || this.#settings === undefined) return;
    this.#isCoreOpen = true;
    const hasCleanUp = () => this.#cleansUp;
    const newest = () => this.#settings as StoreSettings;
    const settings: StoreSettings = {
      nowMs: this.#nowMs,
      openTimeoutMs: 0,
      get idleMs() {
        return newest().idleMs;
      },
      get unconfirmedMs() {
        return newest().unconfirmedMs;
      },
      get confirmAfterMs() {
        return newest().confirmAfterMs;
      },
      get devicesPerWallet() {
        return newest().devicesPerWallet;
      },
      get devices() {
        return newest().devices;
      },
      get cleansUp() {
        return hasCleanUp();
      },
    };
    await this.#core.open(settings, {
      revoked: (facts) => this.#hear(facts),
      purged: (deviceIds) => this.#told(undefined, deviceIds),
      fresh() {},
      behind() {},
      missed() {},
      lost() {},
      isRevoked: (wallet, device) => this.#revoked.covers(wallet, device),
    });
  }

  /** The core cannot tell whether keys are news; here they are kept. */
  async #revoke(facts: readonly Fact[]): Promise<{ changed: boolean }> {
    const before = this.#revoked.devices;
    const { changed } = await this.#core.revoke(facts);
    return { changed: changed || this.#revoked.devices > before };
  }

  #hear(facts: readonly Fact[]): void {
    for (const fact of facts) this.#revoked.add(fact);
    for (const listener of this.#listeners) listener.revoked(facts);
  }

  #told<T>(answer: T, purged: readonly string[]): T {
    for (const listener of this.#listeners) listener.purged(purged);
    return answer;
  }

  async #tellFresh(): Promise<void> {
    if (!this.#isCoreOpen) return;
    const backlog = await this.#core.backlog();
    for (const listener of this.#listeners) listener.fresh({ agoMs: 0, backlog });
  }
}
