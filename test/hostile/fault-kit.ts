import fc from 'fast-check';

import type { AuthReason } from '../../src/index.js';
import { base64, CURVE_ORDER } from '../support/token-workshop.js';
import { type GoodToken, type TokenMaker } from './good-tokens.js';
import { encode, has, valueAt, type Message, type Path } from './wire-model.js';

/** What a verifier may answer: the wallet's address, or the reason of the refusal. */
export type Answer = AuthReason | `0x${string}`;

/** An `authorization` value with the answers that are right for it. */
export interface HostileCase {
  readonly authorization: unknown;
  readonly expected: readonly Answer[];
}

export type Family = fc.Arbitrary<HostileCase>;

/** Families by what they break. */
export type Families = Readonly<Record<string, Family>>;

/** Reasons that mean: these bytes do not hold what a token holds. */
export const UNREADABLE: readonly AuthReason[] = [
  'MALFORMED_TOKEN',
  'MISSING_IDENTITY_KEY',
  'UNSIGNED_IDENTITY_KEY',
  'UNSUPPORTED_KEY_TYPE',
  'UNSUPPORTED_SIGNATURE_TYPE',
  'INVALID_IDENTITY_KEY',
  'MISSING_AUTH_DATA',
  'MISSING_AUTH_DATA_SIGNATURE',
];
/** Reasons that mean: they do, but it is not right. */
export const JUDGED: readonly AuthReason[] = [
  'MALFORMED_AUTH_DATA',
  'INVALID_WALLET_ADDRESS',
  'INVALID_AUTH_DATA_SIGNATURE',
  'INVALID_WALLET_SIGNATURE',
  'WALLET_MISMATCH',
  'TOKEN_EXPIRED',
  'TOKEN_FROM_FUTURE',
];

const FIELD_PRIME = 2n ** 256n - 2n ** 32n - 977n;
/** The numbers at which a curve library might slip. */
const EDGES = [0n, 1n, CURVE_ORDER - 1n, CURVE_ORDER, CURVE_ORDER + 1n, FIELD_PRIME, 2n ** 256n - 1n] as const;

/** Numbers of 256 bits, those at which a curve library might slip before all. */
export const curveNumbers = fc.oneof(fc.constantFrom(...EDGES), fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }));

/** Bytes that are hardly ever what they should be. */
export const otherBytes = fc.uint8Array({ maxLength: 80 });

/** A token as an `authorization` value. */
export const bearer = (message: Message) => `Bearer ${base64(encode(message))}`;

/** The path of a field; without numbers, of the token itself. */
export const asPath = (...fields: number[]): Path => fields;

export const addressOf = (token: GoodToken) => token.address as Answer;

/** The recovery id in a signature; 0 is not written. */
export function recoveryOf(message: Message, parent: Path): bigint {
  return has(message, [...parent, 2]) ? (valueAt(message, [...parent, 2]) as bigint) : 0n;
}

/** What all families are made with. */
export function faultKit(maker: TokenMaker) {
  const good = fc.constantFrom(...maker.pool);

  /** Changes a good token, and names the answers that are right then. */
  const changed = <T>(
    value: fc.Arbitrary<T>,
    change: (token: GoodToken, value: T) => readonly [Message, ...Answer[]],
  ): Family =>
    fc.tuple(good, value).map(([token, each]) => {
      const [message, ...expected] = change(token, each);
      return { authorization: bearer(message), expected };
    });

  /** Another way to write the header; the token may be any text. */
  const header = (value: fc.Arbitrary<(text: string) => unknown>, ...expected: AuthReason[]): Family =>
    fc.tuple(good, value).map(([token, write]) => ({
      authorization: write(base64(encode(token.message))),
      expected: expected.length > 0 ? expected : [addressOf(token)],
    }));

  return { ...maker, good, changed, header };
}

export type FaultKit = ReturnType<typeof faultKit>;
