import { hmacSha256 } from '../crypto/hash.js';
import { toHex } from '../crypto/hex.js';
import { integer, knownOptions } from '../options.js';
import { CHALLENGE_LENGTH } from '../token/restrictions.js';

/** A challenge that changes slowly: tokens that carry it were made lately, whatever time they claim. */
export interface ChallengeOptions {
  /**
   * What challenges are made of, the same on all nodes that accept each other's: 32 to 1 024 bytes, those of its UTF-8 if it is a
   * text. Whoever has it can make tokens for tomorrow.
   */
  readonly secret?: Uint8Array | string | undefined;
  /** In place of `secret`, one or two of them, while they are changed: the first hands out, both are accepted. */
  readonly secrets?: readonly (Uint8Array | string)[] | undefined;
  /** How long one challenge is handed out, in milliseconds; it is accepted for as long again. 60 000 to 86 400 000 (a day). Default 600 000 (ten minutes). */
  readonly slotMs?: number | undefined;
}

/** The challenges of a node. */
export interface Challenges {
  /** The one that is handed out: 32 lower-case hex digits. */
  current(nowMs: number): string;
  /** Whether a token may carry it: that of this slot, of the last one, or of the next one shortly before it begins. */
  accepts(challenge: string, nowMs: number): boolean;
}

/** How long before its slot a challenge is accepted, in milliseconds: clocks of nodes differ. */
const EARLY_MS = 60_000;

const MIN_SECRET_LENGTH = 32;
const MAX_SECRET_LENGTH = 1_024;

/** @throws TypeError naming what is wrong. */
export function createChallenges(options: ChallengeOptions): Challenges {
  if (typeof options !== 'object' || options === null) throw new TypeError('challenge must be { secret, slotMs }');
  knownOptions(options, ['secret', 'secrets', 'slotMs']);
  const secrets = secretsOf(options);
  const slotMs = integer('challenge.slotMs', options.slotMs, 600_000, 60_000, 86_400_000);
  /** By slot, for each secret; those of three slots. */
  const known = new Map<number, readonly string[]>();

  function ofSlot(slot: number): readonly string[] {
    let challenges = known.get(slot);
    if (challenges === undefined) {
      const message = new TextEncoder().encode(`walletauth/challenge/1\n${slotMs}\n${slot}`);
      challenges = secrets.map((secret) => toHex(hmacSha256(secret, message).subarray(0, CHALLENGE_LENGTH)).slice(2));
      if (known.size >= 8) known.clear();
      known.set(slot, challenges);
    }
    return challenges;
  }

  return Object.freeze({
    current: (nowMs: number) => ofSlot(Math.floor(nowMs / slotMs))[0] ?? '',
    accepts(challenge: string, nowMs: number) {
      const slot = Math.floor(nowMs / slotMs);
      if (ofSlot(slot).includes(challenge) || ofSlot(slot - 1).includes(challenge)) return true;
      return (slot + 1) * slotMs - nowMs <= EARLY_MS && ofSlot(slot + 1).includes(challenge);
    },
  });
}

function secretsOf({ secret, secrets }: ChallengeOptions): readonly Uint8Array[] {
  if ((secret === undefined) === (secrets === undefined)) throw new TypeError('challenge must have secret or secrets');
  const list = secrets ?? [secret];
  if (!Array.isArray(list) || list.length < 1 || list.length > 2) {
    throw new TypeError('challenge.secrets must be a list of one or two');
  }
  return list.map((each: unknown) => {
    const bytes = typeof each === 'string' ? new TextEncoder().encode(each) : each;
    if (bytes instanceof Uint8Array && bytes.length >= MIN_SECRET_LENGTH && bytes.length <= MAX_SECRET_LENGTH) {
      return Uint8Array.from(bytes);
    }
    throw new TypeError(`challenge.secret must have ${MIN_SECRET_LENGTH} to ${MAX_SECRET_LENGTH} bytes`);
  });
}
