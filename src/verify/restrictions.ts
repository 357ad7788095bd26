import type { Bytes } from '../bytes/bytes.js';
import { refusal } from '../errors.js';
import type { RestrictionFields } from '../token/fields.js';
import type { Challenges } from './challenge.js';
import { TokenIdentity, type ProvenToken } from './token-identity.js';

/** What a node demands of the tokens of a call. */
export interface Demands {
  /** That an audience names this node. */
  readonly audience: boolean;
  /** That it carries a challenge of this node. */
  readonly challenge: boolean;
  /** How old it may be, where that is less than `maxAgeMs`; in milliseconds. */
  readonly maxLifetimeMs: number | undefined;
}

/** The names and challenges of a node. */
export interface NodeFacts {
  readonly maxAgeMs: number;
  readonly audience: readonly string[];
  readonly challenges: Challenges | undefined;
}

/** What of a token's restrictions is looked at on each call. */
export interface KeptRestrictions {
  /** Whether it has an audience; if so, one that names this node. */
  readonly hasAudience: boolean;
  /** 32 lower-case hex digits. */
  readonly challenge: string | undefined;
  /** `package.Service/Method` or `package.Service/*`; none for all. */
  readonly methods: readonly string[];
}

/** What an identity's token may not do; `undefined` where that depends on no call. */
export let restrictionsOf: (identity: object) => KeptRestrictions | undefined;

/** The identity of a token whose restrictions depend on the call. One without is no larger for it. */
export class RestrictedIdentity extends TokenIdentity {
  readonly #kept: KeptRestrictions;

  constructor(proven: ProvenToken, kept: KeptRestrictions) {
    super(proven);
    this.#kept = kept;
  }

  static {
    restrictionsOf = (identity) => (#kept in identity ? identity.#kept : undefined);
  }
}

/** What is to be kept; `undefined` if nothing depends on the call. */
export function keptRestrictions(
  { audience, challenge, methods }: RestrictionFields,
  { toHex }: Pick<Bytes, 'toHex'>,
): KeptRestrictions | undefined {
  if (audience.length === 0 && challenge === undefined && methods.length === 0) return undefined;
  return { hasAudience: audience.length > 0, challenge: challenge && toHex(challenge), methods };
}

/**
 * What of step 4 does not depend on the call: this version knows all restrictions, and a name of this node is among the audience.
 * @throws AuthError UNSUPPORTED_RESTRICTION or WRONG_AUDIENCE
 */
export function checkAudience({ audience, proofRequired, unknownField }: RestrictionFields, node: NodeFacts): void {
  if (unknownField !== undefined) throw refusal('UNSUPPORTED_RESTRICTION', { cause: { field: unknownField } });
  if (proofRequired) throw refusal('UNSUPPORTED_RESTRICTION', { cause: 'a proof of possession' });
  if (audience.length === 0 || audience.some((name) => node.audience.includes(name))) return;
  throw refusal('WRONG_AUDIENCE', { cause: { audience, names: node.audience } });
}

/**
 * What of step 4 depends on the call.
 * @throws AuthError WRONG_AUDIENCE where an audience is demanded and missing, and where a challenge has none.
 */
export function checkDemandedAudience(
  kept: KeptRestrictions | undefined,
  { challenges }: NodeFacts,
  demands: Demands | undefined,
): void {
  if (kept?.hasAudience === true) return;
  const relayed = kept?.challenge !== undefined && challenges !== undefined;
  if (relayed || demands?.audience === true) throw refusal('WRONG_AUDIENCE', { cause: 'the token has no audience' });
}

/**
 * What of step 5 depends on the call.
 * @param issuedAtMs when the token was made.
 * @throws AuthError TOKEN_EXPIRED or CHALLENGE_REQUIRED
 */
export function checkDemandedTimes(
  kept: KeptRestrictions | undefined,
  issuedAtMs: number,
  nowMs: number,
  { challenges, maxAgeMs }: NodeFacts,
  demands: Demands | undefined,
): void {
  const lifetimeMs = demands?.maxLifetimeMs;
  if (lifetimeMs !== undefined && lifetimeMs < maxAgeMs && nowMs > issuedAtMs + lifetimeMs) {
    const cause = { nowMs, issuedAtMs, lifetimeMs };
    throw refusal('TOKEN_EXPIRED', { info: { max_age_ms: String(lifetimeMs) }, cause });
  }
  if (challenges === undefined) return;
  const challenge = kept?.challenge;
  const isGood = challenge === undefined ? demands?.challenge !== true : challenges.accepts(challenge, nowMs);
  if (isGood) return;
  const cause = challenge === undefined ? 'the token has no challenge' : 'the challenge is none of these slots';
  throw refusal('CHALLENGE_REQUIRED', { info: { challenge: challenges.current(nowMs) }, cause });
}

/**
 * What of step 9 a token says itself: which methods it may call.
 * @param method `/package.Service/Method`; `undefined` where a call has none, as on a plain HTTP route.
 * @throws AuthError ACCESS_DENIED
 */
export function checkMethods(identity: object, method: string | undefined): void {
  const kept = restrictionsOf(identity);
  if (kept === undefined || kept.methods.length === 0) return;
  if (method !== undefined && kept.methods.some((pattern) => covers(pattern, method))) return;
  throw refusal('ACCESS_DENIED', { cause: { method, methods: kept.methods } });
}

/** @param pattern without the slash at the beginning, which the method has. */
function covers(pattern: string, method: string): boolean {
  if (!pattern.endsWith('/*')) return method.length === pattern.length + 1 && method.endsWith(pattern);
  const service = pattern.slice(0, -1);
  return method.startsWith(service, 1) && !method.includes('/', service.length + 1);
}
