import { fromHex } from '../crypto/hex.js';
import { requiredInteger } from '../options.js';
import { audienceList } from '../token/audience.js';
import type { RestrictionFields } from '../token/fields.js';
import { CHALLENGE_LENGTH, isMethodPattern, MAX_METHODS } from '../token/restrictions.js';
import { epochNs } from './sign-token.js';

/** What a token may not do. Every option may be left out; nodes of 2022 take no notice of any but `strict`. */
export interface RestrictionOptions {
  /**
   * The names of the nodes where the token may be used: `host:port`, or what their operators call them; 1 to 16, one unless nodes may
   * read about each other. Default: everywhere.
   */
  audience?: string | readonly string[] | undefined;
  /** How long it is good, in milliseconds; nodes end it earlier if their `maxAgeMs` is less. 1 to 31 622 400 000 (366 days). Default: as long as nodes accept it. */
  validForMs?: number | undefined;
  /** The methods that it may call, `package.Service/Method` or `package.Service/*`; 1 to 32. Default: all. */
  methods?: readonly string[] | undefined;
  /** The challenge of the node, as it sent it: 16 bytes or 32 hex digits. It needs an `audience`. Default: none. */
  challenge?: Uint8Array | string | undefined;
  /** Whether it is signed in a form that nodes refuse which ignore restrictions. Default `false`. */
  strict?: boolean | undefined;
}

/** The names of all options of restrictions. */
export const restrictionOptionNames = ['audience', 'validForMs', 'methods', 'challenge', 'strict'] as const;

/** Restrictions after validation; those that depend on when and for whom a token is made are added then. */
export interface RestrictionSettings {
  readonly audience: readonly string[];
  readonly validForMs: number | undefined;
  readonly methods: readonly string[];
  readonly challenge: Uint8Array | undefined;
  readonly strict: boolean;
}

/**
 * Checks the options once and completes them.
 * @throws TypeError naming the option that is wrong.
 */
export function restrictionSettings(options: RestrictionOptions): RestrictionSettings {
  const { audience, validForMs, methods, challenge, strict } = options;
  if (validForMs !== undefined) requiredInteger('validForMs', validForMs, 1, 31_622_400_000);
  if (strict !== undefined && typeof strict !== 'boolean') throw new TypeError('strict must be true or false');
  const settings = {
    audience: audience === undefined ? [] : audienceList('audience', audience),
    validForMs,
    methods: methods === undefined ? [] : methodList(methods),
    challenge: challenge === undefined ? undefined : challengeOf(challenge),
    strict: strict === true,
  };
  if (settings.challenge !== undefined && settings.audience.length === 0) {
    throw new TypeError('challenge needs an audience: another node could have passed it on');
  }
  return Object.freeze(settings);
}

/**
 * What a token says about its restrictions.
 * @returns `undefined` if it has none.
 * @throws RangeError if it would end after 2554.
 */
export function restrictionFields(
  { audience, validForMs, methods, challenge, strict }: RestrictionSettings,
  createdMs: number,
): RestrictionFields | undefined {
  const isNone =
    audience.length + methods.length === 0 && validForMs === undefined && challenge === undefined && !strict;
  if (isNone) return undefined;
  const expiresNs = validForMs === undefined ? undefined : epochNs(createdMs + validForMs);
  return { audience, expiresNs, challenge, methods, proofRequired: false, strict, unknownField: undefined };
}

/** A node's challenge; `undefined` if it is none, as clients ignore what a node sends in another form. */
export function readChallenge(value: unknown): Uint8Array | undefined {
  const bytes = typeof value === 'string' ? fromHex(`0x${value}`) : value;
  return bytes instanceof Uint8Array && bytes.length === CHALLENGE_LENGTH ? Uint8Array.from(bytes) : undefined;
}

function challengeOf(value: unknown): Uint8Array {
  const challenge = readChallenge(value);
  if (challenge !== undefined) return challenge;
  throw new TypeError(`challenge must have ${CHALLENGE_LENGTH} bytes`);
}

function methodList(methods: unknown): readonly string[] {
  if (Array.isArray(methods) && methods.length > 0 && methods.length <= MAX_METHODS) {
    if (methods.every((each) => typeof each === 'string' && isMethodPattern(each))) return Object.freeze([...methods]);
  }
  throw new TypeError(`methods must be a list of 1 to ${MAX_METHODS} of package.Service/Method or package.Service/*`);
}
