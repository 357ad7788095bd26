import type { Fact } from '../store.js';
import { createEpochs, type Epochs } from './epochs.js';
import { createRevocationBound, createRevocationSet, type RevocationBound, type RevocationSet } from './revocations.js';

/** What may be revoked: a device, as far as it is known. */
export interface Revocable {
  readonly deviceId: string;
  readonly firstSeenMs?: number | undefined;
  readonly certifiedAtMs?: number | undefined;
}

/** All that a node knows to be revoked: devices by id, and wallets until a time. It only grows. */
export class Revoked {
  readonly #nowMs: () => number;
  readonly #bound: RevocationBound;
  readonly #devices: RevocationSet;
  readonly #epochs: Epochs;

  /** @param max how many devices and wallets there may be. */
  constructor(max: number, nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#bound = createRevocationBound(max);
    this.#devices = createRevocationSet(this.#bound);
    this.#epochs = createEpochs(this.#bound);
  }

  get devices(): number {
    return this.#devices.size;
  }

  get wallets(): number {
    return this.#epochs.size;
  }

  get hasRoom(): boolean {
    return this.#bound.used < this.#bound.max;
  }

  /** Whether there is room for this device or wallet, or it is in. */
  canAdd(fact: Exclude<Fact, { readonly key: Uint8Array }>): boolean {
    return this.hasRoom || ('wallet' in fact ? this.hasEpoch(fact.wallet) : this.has(fact.deviceId));
  }

  /** Whether all devices of a wallet were revoked at some time. */
  hasEpoch(wallet: string): boolean {
    return this.#epochs.get(wallet) !== undefined;
  }

  /** Whether a device is revoked by its id. */
  has(deviceId: string): boolean {
    return this.#devices.size > 0 && this.#devices.has(deviceId);
  }

  /** Whether it is, by its id or with all of its wallet. */
  covers(wallet: string, { deviceId, firstSeenMs, certifiedAtMs }: Revocable): boolean {
    if (this.has(deviceId)) return true;
    if (this.#epochs.size === 0) return false;
    return this.#epochs.covers(wallet, { deviceId, firstSeenMs, certifiedAtMs, nowMs: this.#nowMs() });
  }

  /** Until when the devices of a wallet are revoked, in milliseconds since the Unix epoch; `-Infinity` if they are not. */
  revokedUntil(wallet: string): number {
    return this.#epochs.get(wallet)?.atMs ?? -Infinity;
  }

  /** @returns whether that is news. @throws RevocationsFull if there is no room. */
  add(fact: Fact): boolean {
    if ('deviceId' in fact) return this.#devices.add(fact.deviceId);
    if ('key' in fact) return this.#devices.addKey(fact.key);
    return this.#epochs.merge(fact.wallet, fact.atMs, fact.survivor);
  }

  /** @yields all of it; devices by their keys, as their ids are not kept. */
  *facts(): IterableIterator<Fact> {
    for (const key of this.#devices.keys()) yield { key };
    for (const [wallet, { atMs, survivor }] of this.#epochs.entries()) yield { wallet, atMs, survivor };
  }
}
