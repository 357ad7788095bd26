import type { Backlog, DeviceRow, Fact, StoreListener } from '../store.js';
import { Revoked } from './revoked.js';

/** Listens to a store and keeps what is revoked, as a node does, and nothing else of what it hears. */
export class RevocationCopy implements StoreListener {
  /** Facts that were news. */
  added = 0;
  readonly #revoked: Revoked;

  /** @param max how many there may be. */
  constructor(max: number, nowMs: () => number) {
    this.#revoked = new Revoked(max, nowMs);
  }

  /** All that is revoked. */
  facts(): Iterable<Fact> {
    return this.#revoked.facts();
  }

  /** Whether a device is revoked by its id. */
  has(deviceId: string): boolean {
    return this.#revoked.has(deviceId);
  }

  revoked(facts: readonly Fact[]): void {
    for (const fact of facts) if (this.#revoked.add(fact)) this.added++;
  }

  isRevoked(wallet: string, device: Pick<DeviceRow, 'deviceId' | 'firstSeenMs' | 'certifiedAtMs'>): boolean {
    return this.#revoked.covers(wallet, device);
  }

  purged(_deviceIds: readonly string[]): void {}
  fresh(_state: { readonly agoMs: number; readonly backlog: Backlog }): void {}
  behind(): void {}
  missed(): void {}
  lost(): void {}
}
