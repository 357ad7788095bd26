import { Revoked } from '../devices/revocation/revoked.js';
import type { Fact, StoreListener } from '../devices/store.js';

/** What is revoked, as a node keeps it. */
export class NodeCopy implements StoreListener {
  /** Facts that were news since it was set. */
  added = 0;
  readonly #revoked: Revoked;

  /** @param max how many there may be. */
  constructor(max: number) {
    this.#revoked = new Revoked(max, () => Date.now());
  }

  facts(): Iterable<Fact> {
    return this.#revoked.facts();
  }

  revoked(facts: readonly Fact[]): void {
    for (const fact of facts) if (this.#revoked.add(fact)) this.added++;
  }

  isRevoked: StoreListener['isRevoked'] = (wallet, device) => this.#revoked.covers(wallet, device);
  purged(): void {}
  fresh(): void {}
  behind(): void {}
  missed(): void {}
  lost(): void {}
}
