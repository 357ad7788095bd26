import { toHex } from '../crypto/hex.js';
import { readChallenge } from './token-restrictions.js';

/** How long a token with the last challenge is used on, in milliseconds: nodes accept it at least as long, and not all clients renew at once. */
const SPREAD_MS = 30_000;

/** How many challenges are known by which an older one is told from a newer one: those of some nodes while a secret is changed. */
const MAX_KNOWN = 8;

/** The challenge of one node, and whether the current token has it. */
export interface NewestChallenge {
  /** What tokens carry; `undefined` for none. */
  readonly newest: Uint8Array | undefined;
  /**
   * A node has said its challenge.
   * @param atMs when, in milliseconds since the Unix epoch; `undefined` where it has refused the current token for an older one.
   */
  note(challenge: unknown, atMs: number | undefined): void;
  /** A token was made with the newest. */
  used(): void;
  /** Whether the token is to be renewed for a newer one. @param jitter its share of the delay, 0 to 1. */
  isDue(nowMs: number, jitter: number): boolean;
}

/** @param isWanted `false` if tokens carry none, whatever nodes say. */
export function newestChallenge(isWanted: boolean): NewestChallenge {
  const known: string[] = [];
  let newest: Uint8Array | undefined;
  /** Since when the current token lacks the newest. */
  let lackingSinceMs: number | undefined;

  return {
    get newest() {
      return newest;
    },
    note(value, atMs) {
      const challenge = isWanted ? challengeOf(value) : undefined;
      if (challenge === undefined) return;
      const hex = toHex(challenge);
      // two nodes that are given a new secret one after the other hand out different ones, and both accept both
      if (atMs !== undefined && known.includes(hex)) return;
      known.push(hex);
      if (known.length > MAX_KNOWN) known.shift();
      newest = challenge;
      lackingSinceMs = atMs ?? -Infinity;
    },
    used() {
      lackingSinceMs = undefined;
    },
    isDue: (nowMs, jitter) =>
      lackingSinceMs !== undefined && !(nowMs >= lackingSinceMs && nowMs - lackingSinceMs < jitter * SPREAD_MS),
  };
}

/** What a node sent, or whoever passed it on; it must never throw. */
function challengeOf(value: unknown): Uint8Array | undefined {
  try {
    return readChallenge(value);
  } catch {
    return undefined;
  }
}
