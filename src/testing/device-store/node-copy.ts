import { RevocationCopy } from '../../devices/revocation/revocation-copy.js';
import { revocationKey } from '../../devices/revocation/revocations.js';
import type { Backlog, Fact } from '../../devices/store.js';

/** Far more than any case revokes. */
const ROOM = 100_000;

/** What a node hears of a store, with a real copy of what is revoked. */
export class NodeCopy extends RevocationCopy {
  /** Devices that are said to be purged. */
  readonly gone = new Set<string>();
  /** Devices that are revoked by an id that was told. */
  readonly toldIds = new Set<string>();
  /** What was told, in order: `revoked`, `lost`, `fresh`. */
  readonly log: string[] = [];
  /** How often purges may have been missed. */
  timesMissed = 0;
  /** What came with the last `fresh`. */
  last: { readonly agoMs: number; readonly backlog: Backlog } | undefined;

  constructor(nowMs: () => number) {
    super(ROOM, nowMs);
  }

  override revoked(facts: readonly Fact[]): void {
    this.log.push('revoked');
    for (const fact of facts) if ('deviceId' in fact) this.toldIds.add(fact.deviceId);
    super.revoked(facts);
  }

  override purged(deviceIds: readonly string[]): void {
    for (const deviceId of deviceIds) this.gone.add(deviceId);
  }

  override fresh(state: { readonly agoMs: number; readonly backlog: Backlog }): void {
    this.log.push('fresh');
    this.last = state;
  }

  override missed(): void {
    this.timesMissed++;
  }

  override lost(): void {
    this.log.push('lost');
  }

  /** What is known of a wallet. */
  epochOf(wallet: string): { readonly atMs: number; readonly survivor: string | undefined } | undefined {
    for (const fact of this.facts())
      if ('wallet' in fact && fact.wallet === wallet) return { atMs: fact.atMs, survivor: fact.survivor };
    return undefined;
  }

  /** All that is revoked, as a node puts it back. */
  override facts(): readonly Fact[] {
    return [...super.facts()];
  }

  /** The same in an order that does not depend on how it came. */
  content(): readonly string[] {
    return this.facts()
      .map((fact) => ('wallet' in fact ? `${fact.wallet} ${fact.atMs} ${fact.survivor}` : textOf(fact)))
      .toSorted();
  }
}

function textOf(fact: Exclude<Fact, { wallet: string }>): string {
  return ('key' in fact ? fact.key : revocationKey(fact.deviceId)).join();
}
