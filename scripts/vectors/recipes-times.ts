import { HOUR_MS, NS_PER_MS, bearer, restricted, type Kit } from '../../src/cli/conformance/kit.js';
import type { TokenPlan } from '../../src/cli/conformance/plan-token.js';
import { concat, written } from '../../src/cli/conformance/raw-proto.js';
import type { Recipe } from './vector.js';

const ns = (ms: number) => BigInt(ms) * NS_PER_MS;
const made = (createdNs: (kit: Kit) => bigint) => (kit: Kit) => bearer(kit, { createdNs: createdNs(kit) });
const agedMs = (ageMs: number) => made(({ nowMs }) => ns(nowMs - ageMs));
const certified = (change: (kit: Kit) => Partial<TokenPlan>) => (kit: Kit) => bearer(kit, change(kit));
const DAY_MS = 24 * HOUR_MS;

/** A token of a minute ago that ends at a time, in nanoseconds. */
const ending = (expiresNs: (kit: Kit) => bigint) => (kit: Kit) =>
  restricted(kit, { more: written(2, expiresNs(kit)) }, { createdNs: ns(kit.nowMs - 60_000) });

/** Edges of time, to the nanosecond. */
export const timeRecipes: readonly Recipe[] = [
  { name: 'times/exactly-as-old-as-allowed', note: 'an hour old', make: agedMs(HOUR_MS), expected: 'accepted' },
  {
    name: 'times/a-millisecond-too-old',
    note: 'an hour and a millisecond',
    make: agedMs(HOUR_MS + 1),
    expected: 'TOKEN_EXPIRED',
  },
  {
    name: 'times/a-nanosecond-too-old',
    note: 'an hour and a nanosecond',
    make: made(({ nowMs }) => ns(nowMs - HOUR_MS) - 1n),
    expected: 'TOKEN_EXPIRED',
  },
  {
    name: 'times/exactly-as-far-ahead-as-allowed',
    note: 'a minute ahead',
    make: agedMs(-60_000),
    expected: 'accepted',
  },
  {
    name: 'times/a-nanosecond-too-far-ahead',
    note: 'a minute and a nanosecond ahead',
    make: made(({ nowMs }) => ns(nowMs + 60_000) + 1n),
    expected: 'TOKEN_FROM_FUTURE',
    xmtp: 'accepted',
  },
  {
    name: 'times/of-a-node-with-other-limits',
    note: 'a second old, on a node that takes no older ones',
    node: { maxAgeMs: 1_000, maxFutureSkewMs: 0 },
    make: agedMs(1_000),
    expected: 'accepted',
  },
  {
    name: 'times/too-old-for-a-node-with-other-limits',
    note: 'a millisecond more',
    node: { maxAgeMs: 1_000, maxFutureSkewMs: 0 },
    make: agedMs(1_001),
    expected: 'TOKEN_EXPIRED',
    xmtp: 'accepted',
  },
  {
    name: 'times/nothing-from-the-future',
    note: 'a nanosecond ahead, on a node that takes none from the future',
    node: { maxFutureSkewMs: 0 },
    make: made(({ nowMs }) => ns(nowMs) + 1n),
    expected: 'TOKEN_FROM_FUTURE',
    xmtp: 'accepted',
  },
  {
    name: 'restrictions/ends-now',
    note: 'its last millisecond',
    make: ending(({ nowMs }) => ns(nowMs)),
    expected: 'accepted',
    endMs: ({ nowMs }) => nowMs,
  },
  {
    name: 'restrictions/ended-a-nanosecond-ago',
    note: 'nanoseconds are cut down to milliseconds',
    make: ending(({ nowMs }) => ns(nowMs) - 1n),
    expected: 'TOKEN_EXPIRED',
    xmtp: 'accepted',
  },
  {
    name: 'restrictions/ends-with-64-bits',
    note: 'the largest end: the node ends it after an hour',
    make: ending(() => 2n ** 64n - 1n),
    expected: 'accepted',
  },
  {
    name: 'restrictions/end-a-nanosecond-after-begin',
    note: 'the shortest life',
    make: (kit) => restricted(kit, { more: written(2, ns(kit.nowMs) + 1n) }),
    expected: 'accepted',
    endMs: ({ nowMs }) => nowMs,
  },
  {
    name: 'restrictions/end-twice',
    note: 'the last copy of a number counts',
    make: (kit) => restricted(kit, { more: concat(written(2, 1), written(2, ns(kit.nowMs + 60_000))) }),
    expected: 'accepted',
    endMs: ({ nowMs }) => nowMs + 60_000,
  },
  {
    name: 'certificates/ends-now',
    note: 'its last millisecond',
    make: certified(({ nowMs }) => ({ notAfterNs: ns(nowMs) })),
    expected: 'accepted',
    endMs: ({ nowMs }) => nowMs,
  },
  {
    name: 'certificates/ended-a-nanosecond-ago',
    note: 'nanoseconds are cut down to milliseconds',
    make: certified(({ nowMs }) => ({ notAfterNs: ns(nowMs) - 1n })),
    expected: 'CERTIFICATE_EXPIRED',
    xmtp: 'accepted',
  },
  {
    name: 'certificates/ends-with-64-bits',
    note: 'the largest end',
    make: certified(() => ({ notAfterNs: 2n ** 64n - 1n })),
    expected: 'accepted',
  },
  ...ages(),
];

/** Certificates on a node that limits their age. */
function ages(): Recipe[] {
  const node = { maxCertificateAgeMs: 30 * DAY_MS };
  const recipe = (
    name: string,
    note: string,
    keyTimestamp: (kit: Kit) => bigint,
    expected: Recipe['expected'],
  ): Recipe => ({
    name: `certificates/${name}`,
    note: `on a node that takes certificates of 30 days: ${note}`,
    node,
    make: certified((kit) => ({ keyTimestamp: keyTimestamp(kit) })),
    expected,
    xmtp: 'accepted',
  });
  const aged = (ms: number) => (kit: Kit) => BigInt(kit.nowMs - ms);
  return [
    {
      ...recipe('exactly-as-old-as-allowed', '30 days old', aged(30 * DAY_MS), 'accepted'),
      endMs: ({ nowMs }) => nowMs,
    },
    recipe('a-millisecond-too-old', '30 days and a millisecond', aged(30 * DAY_MS + 1), 'CERTIFICATE_EXPIRED'),
    {
      ...recipe(
        'in-nanoseconds',
        '30 days old, less a minute, in nanoseconds',
        (kit) => aged(30 * DAY_MS - 60_000)(kit) * NS_PER_MS,
        'accepted',
      ),
      endMs: ({ nowMs }) => nowMs + 60_000,
    },
    recipe(
      'in-nanoseconds-too-old',
      'a millisecond too old, in nanoseconds',
      (kit) => aged(30 * DAY_MS + 1)(kit) * NS_PER_MS,
      'CERTIFICATE_EXPIRED',
    ),
    recipe('of-unknown-time', 'a time of 0', () => 0n, 'CERTIFICATE_EXPIRED'),
    recipe('a-day-ahead', 'dated a day ahead', aged(-DAY_MS), 'accepted'),
    recipe('more-than-a-day-ahead', 'dated a day and a millisecond ahead', aged(-DAY_MS - 1), 'CERTIFICATE_EXPIRED'),
    recipe(
      'last-of-milliseconds',
      'the largest number that counts as milliseconds',
      () => 10n ** 15n - 1n,
      'CERTIFICATE_EXPIRED',
    ),
    recipe(
      'first-of-nanoseconds',
      'the smallest number that counts as nanoseconds: 1970',
      () => 10n ** 15n,
      'CERTIFICATE_EXPIRED',
    ),
  ];
}
