import { RevocationsFull } from '../devices/revocation/revocations.js';
import type { Fact, StoreListener } from '../devices/store.js';

/** Facts that a node has taken, and why it took no more. */
export interface Told {
  readonly facts: readonly Fact[];
  readonly error: RevocationsFull | undefined;
}

/** Tells a node facts. Where there is no room for all of them, it takes those that come first. */
export function tell(listener: Pick<StoreListener, 'revoked'>, facts: readonly Fact[]): Told {
  if (facts.length === 0) return { facts, error: undefined };
  try {
    listener.revoked(facts);
    return { facts, error: undefined };
  } catch (error) {
    if (!(error instanceof RevocationsFull)) throw error;
  }
  const taken: Fact[] = [];
  for (const fact of facts) {
    try {
      listener.revoked([fact]);
      taken.push(fact);
    } catch (error) {
      if (error instanceof RevocationsFull) return { facts: taken, error };
      throw error;
    }
  }
  return { facts: taken, error: undefined };
}
