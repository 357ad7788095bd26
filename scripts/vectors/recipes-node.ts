import { challengeBytes, restricted, type Kit, type Restrictions } from '../../src/cli/conformance/kit.js';
import { AUDIENCE, NAMED, OTHER_SECRET, SECRET, SLOT_MS, challengeAt } from './node.js';
import type { Recipe, VectorNode } from './vector.js';

const tokenWith = (restrictions: (kit: Kit) => Restrictions) => (kit: Kit) => restricted(kit, restrictions(kit));
const own = [AUDIENCE];

/** Names of nodes, and what they demand. */
export const audienceRecipes: readonly Recipe[] = [
  ...audience('second-name', 'a node of two names', ['spare', AUDIENCE], own, 'accepted'),
  ...audience('operator-s-name', 'a name without a colon', ['notes-eu'], ['notes-eu'], 'accepted'),
  ...audience('ipv6', 'an IPv6 address with its port', ['[2001:db8::1]:443'], ['[2001:db8::1]:443'], 'accepted'),
  ...audience(
    'ipv6-in-another-form',
    'names are compared exactly',
    ['[2001:db8::1]:443'],
    ['[2001:db8:0::1]:443'],
    'WRONG_AUDIENCE',
  ),
  ...audience('without-port', 'the port is a part of the name', own, ['node.example'], 'WRONG_AUDIENCE'),
  ...audience('node-without-name', 'a node that has no name', undefined, own, 'WRONG_AUDIENCE'),
  {
    name: 'require/audience',
    note: 'a node that demands an audience, and a token that has it',
    node: { audience: own, require: { audience: true } },
    make: tokenWith(() => ({ audience: own })),
    expected: 'accepted',
  },
  {
    name: 'require/audience-missing',
    note: 'a node that demands an audience, and an ordinary token',
    node: { audience: own, require: { audience: true } },
    make: tokenWith(() => ({})),
    expected: 'WRONG_AUDIENCE',
    xmtp: 'accepted',
  },
  {
    name: 'require/life',
    note: 'five minutes old, on a node that demands that',
    node: { require: { maxLifetimeMs: 300_000 } },
    make: (kit) => restricted({ ...kit, nowMs: kit.nowMs - 300_000 }, {}),
    expected: 'accepted',
  },
  {
    name: 'require/life-is-over',
    note: 'a millisecond more',
    node: { require: { maxLifetimeMs: 300_000 } },
    make: (kit) => restricted({ ...kit, nowMs: kit.nowMs - 300_001 }, {}),
    expected: 'TOKEN_EXPIRED',
    xmtp: 'accepted',
    info: { max_age_ms: '300000' },
  },
  {
    name: 'restrictions/method-on-a-plain-route',
    note: 'a token for methods, on an HTTP route that is none',
    method: null,
    make: tokenWith(({ method }) => ({ methods: [method] })),
    expected: 'ACCESS_DENIED',
    xmtp: 'accepted',
  },
];

function audience(
  name: string,
  note: string,
  names: readonly string[] | undefined,
  asked: readonly string[],
  expected: Recipe['expected'],
): Recipe[] {
  const make = tokenWith(() => ({ audience: asked }));
  return [
    {
      name: `audience/${name}`,
      note,
      node: names === undefined ? {} : { audience: names },
      make,
      expected,
      xmtp: 'accepted',
    },
  ];
}

/** Challenges of other slots and secrets. The time of the vectors is the beginning of a slot. */
export const challengeRecipes: readonly Recipe[] = [
  challenge('last-slot', 'of the last slot', ({ nowMs }) => challengeAt(nowMs - 1), 'accepted'),
  challenge(
    'slot-before-the-last',
    'of the slot before the last',
    ({ nowMs }) => challengeAt(nowMs - SLOT_MS - 1),
    'CHALLENGE_REQUIRED',
  ),
  challenge(
    'next-slot',
    'of the next slot, nine minutes before it begins',
    ({ nowMs }) => challengeAt(nowMs + SLOT_MS),
    'CHALLENGE_REQUIRED',
  ),
  {
    ...challenge('next-slot-a-minute-before', 'of the next slot, exactly 60 s before it begins', () => '', 'accepted', {
      ...NAMED,
      challenge: { secrets: [SECRET], slotMs: 60_000 },
    }),
    make: tokenWith(({ nowMs }) => ({
      audience: own,
      challenge: challengeBytes(challengeAt(nowMs + 60_000, SECRET, 60_000)),
    })),
  },
  challenge(
    'another-secret',
    'of another network',
    ({ nowMs }) => challengeAt(nowMs, OTHER_SECRET),
    'CHALLENGE_REQUIRED',
  ),
  challenge(
    'another-slot-length',
    'of a node with other slots',
    ({ nowMs }) => challengeAt(nowMs, SECRET, 900_000),
    'CHALLENGE_REQUIRED',
  ),
  challenge('second-secret', 'of the secret that is being replaced', ({ nowMs }) => challengeAt(nowMs), 'accepted', {
    audience: own,
    challenge: { secrets: [OTHER_SECRET, SECRET] },
  }),
  challenge('node-without-challenges', 'a node without challenges ignores one', () => '0'.repeat(32), 'accepted', {
    audience: own,
  }),
  {
    name: 'challenges/none',
    note: 'an ordinary token, on a node that does not demand one',
    node: NAMED,
    make: tokenWith(() => ({})),
    expected: 'accepted',
  },
  {
    name: 'challenges/missing',
    note: 'a token without one, on a node that demands it',
    node: { ...NAMED, require: { challenge: true } },
    make: tokenWith(() => ({ audience: own })),
    expected: 'CHALLENGE_REQUIRED',
    xmtp: 'accepted',
  },
  {
    name: 'challenges/without-audience-where-there-are-none',
    note: 'a challenge without an audience, on a node without challenges',
    make: tokenWith(() => ({ challenge: new Uint8Array(16) })),
    expected: 'accepted',
  },
];

function challenge(
  name: string,
  note: string,
  value: (kit: Kit) => string,
  expected: Recipe['expected'],
  node: VectorNode = NAMED,
): Recipe {
  const make = tokenWith((kit) => ({ audience: own, challenge: challengeBytes(value(kit)) }));
  return { name: `challenges/${name}`, note, node, make, expected, xmtp: 'accepted' };
}
