import { toUtf8Bytes } from 'ethers';
import fc from 'fast-check';

import type { AuthReason } from '../../src/index.js';
import { NOTHING } from '../support/raw-proto.js';
import { addressOf, type Answer, type FaultKit, type Families, type Family } from './fault-kit.js';
import { AUTH_DATA, NOW_NS } from './good-tokens.js';
import { brokenField, numbers, otherWireType, unknownField } from './odd-fields.js';
import { within, type Field, type Message } from './wire-model.js';

const RESTRICTIONS = 1600;

/** Restrictions that a node without a name takes, in one copy or in two. */
const good: readonly Field[] = [
  { number: 2, value: NOW_NS + 60_000_000_000n },
  { number: 3, value: new Uint8Array(16).fill(9) },
  { number: 4, value: toUtf8Bytes('a.S/M') },
  { number: 4, value: toUtf8Bytes('b.T/*') },
  { number: 5, value: 0n },
  { number: 6, value: 0n },
];

/** Tokens that say what they may not do, to a node without a name and without a challenge. */
export function restrictionFaults({ changed, signed }: FaultKit): Families {
  const withRestrictions = (
    copies: fc.Arbitrary<readonly Message[]>,
    answer: AuthReason | 'accepted',
    signAgain = true,
  ): Family =>
    changed(copies, (token, each) => {
      const fields = each.map((value): Field => ({ number: RESTRICTIONS, value }));
      const message = within(token.message, AUTH_DATA, (content) => [...content, ...fields]);
      const expected: Answer = answer === 'accepted' ? addressOf(token) : answer;
      return [signAgain ? signed(token, message) : message, expected];
    });

  const inOrder = fc.shuffledSubarray([...good], { minLength: 1 });
  const split = fc
    .tuple(inOrder, fc.nat(6))
    .map(([fields, at]): readonly Message[] => [fields.slice(0, at), fields.slice(at)]);
  const seeds = fc.nat(2 ** 30);
  const misshapen = fc.constantFrom<Field>(
    { number: 1, value: NOTHING },
    { number: 1, value: Uint8Array.of(0x20) },
    { number: 1, value: Uint8Array.of(0x41, 0x7f) },
    { number: 1, value: new Uint8Array(256).fill(0x41) },
    { number: 2, value: NOW_NS / 1_000_000n },
    { number: 2, value: NOW_NS - 10n ** 15n },
    { number: 3, value: new Uint8Array(15) },
    { number: 3, value: new Uint8Array(32) },
    { number: 4, value: NOTHING },
    { number: 4, value: toUtf8Bytes('/a.S/M') },
    { number: 4, value: toUtf8Bytes('*') },
  );
  const extra = (field: fc.Arbitrary<Message>) =>
    fc.tuple(inOrder, field).map(([fields, more]) => [[...fields, ...more]]);

  return {
    'restrictions that the node keeps': withRestrictions(split, 'accepted'),
    'restrictions that were not signed': withRestrictions(split, 'INVALID_AUTH_DATA_SIGNATURE', false),
    'restrictions that say nothing': withRestrictions(
      fc.constantFrom([[]], [[], []], [[{ number: 2, value: 0n }]]),
      'accepted',
    ),
    'a restriction of another shape': withRestrictions(extra(misshapen.map((field) => [field])), 'MALFORMED_AUTH_DATA'),
    'a restriction of another wire type': withRestrictions(
      extra(fc.tuple(fc.constantFrom(...good), seeds).map(([field, seed]) => [otherWireType(field, numbers(seed))])),
      'MALFORMED_AUTH_DATA',
    ),
    'broken restrictions': withRestrictions(
      extra(seeds.map((seed) => [brokenField(numbers(seed))])),
      'MALFORMED_AUTH_DATA',
    ),
    'too many restrictions of one kind': withRestrictions(
      fc
        .integer({ min: 33, max: 60 })
        .map((count) => [Array.from({ length: count }, (): Field => ({ number: 4, value: toUtf8Bytes('a.S/M') }))]),
      'MALFORMED_AUTH_DATA',
    ),
    'an unknown restriction, in any copy': withRestrictions(
      fc.tuple(split, seeds, fc.boolean()).map(([copies, seed, first]) => {
        const random = numbers(seed);
        const unknown = [unknownField(random, 7)];
        return first ? [unknown, ...copies] : [...copies, unknown];
      }),
      'UNSUPPORTED_RESTRICTION',
    ),
    'a proof that is required': withRestrictions(
      extra(fc.constant([{ number: 5, value: 1n }])),
      'UNSUPPORTED_RESTRICTION',
    ),
    'an audience, of a node without a name': withRestrictions(
      extra(fc.constantFrom('node.example:443', 'x').map((name) => [{ number: 1, value: toUtf8Bytes(name) }])),
      'WRONG_AUDIENCE',
    ),
    'said to be strict, and signed otherwise': withRestrictions(
      extra(fc.constant([{ number: 6, value: 1n }])),
      'INVALID_AUTH_DATA_SIGNATURE',
    ),
  };
}
