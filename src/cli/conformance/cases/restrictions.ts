import type { ConformanceCase } from '../conformance-case.js';
import { NS_PER_MS, basis, bearer, demandedOf, restricted, restrictionsOf } from '../kit.js';
import type { Kit, Restrictions } from '../kit.js';
import { planToken } from '../plan-token.js';
import { NOTHING, bytes, concat, tag, text, uint, varint, written } from '../raw-proto.js';

const FAR = 'nowhere.invalid:443';
const MINUTE_MS = 60_000;
const own = ({ audience }: Kit) => audience ?? '';

type Named = [name: string, note: string, restrictions: (kit: Kit) => Restrictions];

/** Cases that a node of 2022 accepts, as it ignores all restrictions. */
function cases(expected: ConformanceCase['expected'], list: readonly Named[]): ConformanceCase[] {
  return list.map(([name, note, restrictions]) => ({
    name: `restrictions/${name}`,
    note,
    make: (kit) => restricted(kit, restrictions(kit)),
    expected,
    xmtp: 'accepted',
  }));
}

/** The same where a name of the node must be known. */
function forThisNode(expected: ConformanceCase['expected'], list: readonly Named[]): ConformanceCase[] {
  return cases(expected, list).map((each) => ({ ...each, needs: 'audience' }));
}

const serviceOf = (method: string) => method.slice(0, method.indexOf('/'));
const names = (count: number) => Array.from({ length: count }, (_, i) => `node-${i}.invalid:443`);
const patterns = (count: number) => Array.from({ length: count }, (_, i) => `none.None/Method${i}`);

/** PROTOCOL.md section 11. */
export const restrictionCases: readonly ConformanceCase[] = [
  ...forThisNode('accepted', [
    ['audience', 'for a name of this node', (kit) => ({ audience: [own(kit)] })],
    [
      'audience-among-others',
      'for 16 nodes, the last of which is this one',
      (kit) => ({ audience: [...names(15), own(kit)] }),
    ],
  ]),
  ...cases('WRONG_AUDIENCE', [
    ['audience-of-another-node', 'for another node alone', () => ({ audience: [FAR] })],
    ['audience-of-16-others', 'for 16 other nodes', () => ({ audience: names(16) })],
    ['audience-of-255-characters', 'the longest name, of another node', () => ({ audience: ['x'.repeat(255)] })],
  ]),
  ...forThisNode('WRONG_AUDIENCE', [
    ['audience-with-another-port', 'the same host with another port', (kit) => ({ audience: [otherPort(own(kit))] })],
    ['audience-in-upper-case', 'names are compared exactly', (kit) => ({ audience: [`${own(kit)}X`.toUpperCase()] })],
    ['audience-as-prefix', 'a name that begins like that of this node', (kit) => ({ audience: [`${own(kit)}.`] })],
  ]),
  ...cases('MALFORMED_AUTH_DATA', [
    ['audience-empty', 'an audience of no characters', () => ({ audience: [''] })],
    ['audience-twice', 'the same audience twice', () => ({ audience: [FAR, FAR] })],
    ['audience-with-space', 'a character below 0x21', () => ({ audience: ['no where'] })],
    ['audience-no-ascii', 'a character above 0x7e', () => ({ audience: ['n\u00f6where.invalid:443'] })],
    ['audience-with-delete', 'the character 0x7f', () => ({ audience: ['nowhere\u007f'] })],
    ['audience-of-256-characters', 'a name that is too long', () => ({ audience: ['x'.repeat(256)] })],
    ['audience-of-17', 'too many names', () => ({ audience: names(17) })],
    ['audience-as-number', 'the audience as a varint', () => ({ more: written(1, 1) })],
    ['end-before-begin', 'it ends before it was made', ({ nowMs }) => ({ expiresMs: nowMs - 1 })],
    ['end-at-begin', 'it ends when it was made', ({ nowMs }) => ({ expiresMs: nowMs })],
    ['end-as-bytes', 'the end of another wire type', () => ({ more: bytes(2, Uint8Array.of(1)) })],
    ['challenge-of-15-bytes', 'a challenge that is too short', () => ({ challenge: new Uint8Array(15) })],
    ['challenge-of-17-bytes', 'a challenge that is too long', () => ({ challenge: new Uint8Array(17) })],
    ['challenge-as-number', 'a challenge of another wire type', () => ({ more: written(3, 1) })],
    ['methods-33', 'too many methods', () => ({ methods: patterns(33) })],
    ['method-empty', 'a method of no characters', () => ({ methods: [''] })],
    ['method-without-service', 'a method alone', () => ({ methods: ['List'] })],
    ['method-with-slash', 'a slash at the beginning', ({ method }) => ({ methods: [`/${method}`] })],
    ['method-star', 'a star for everything', () => ({ methods: ['*'] })],
    ['method-half-star', 'a star after a part of a name', () => ({ methods: ['none.None/Li*'] })],
    ['method-as-number', 'a method of another wire type', () => ({ more: written(4, 1) })],
    ['proof-as-bytes', 'proof_required of another wire type', () => ({ more: bytes(5, Uint8Array.of(1)) })],
    ['strict-as-bytes', 'strict of another wire type', () => ({ more: bytes(6, Uint8Array.of(1)) })],
    ['broken', 'restrictions that end in the middle of a field', () => ({ more: concat(tag(1, 2), varint(9)) })],
  ]),
  ...cases('accepted', [
    [
      'all-unset',
      'end, challenge, proof and strict as 0 or empty: they are not set',
      () => ({
        more: concat(written(2, 0), written(5, 0), written(6, 0)),
      }),
    ],
    ['method', 'for this method', ({ method }) => ({ methods: [method] })],
    ['method-of-service', 'for all methods of this service', ({ method }) => ({ methods: [`${serviceOf(method)}/*`] })],
    [
      'method-among-others',
      'for 32 methods, the last of which is this one',
      ({ method }) => ({
        methods: [...patterns(31), method],
      }),
    ],
  ]),
  ...cases('ACCESS_DENIED', [
    [
      'method-of-another-name',
      'for another method of this service',
      ({ method }) => ({
        methods: [`${serviceOf(method)}/NoSuchMethod`],
      }),
    ],
    [
      'method-as-prefix',
      'for a method whose name this one begins with',
      ({ method }) => ({
        methods: [method.slice(0, -1)].filter((each) => !each.endsWith('/')).concat('none.None/None'),
      }),
    ],
    ['method-of-another-service', 'for all methods of another service', () => ({ methods: ['none.None/*'] })],
    [
      'method-of-longer-service',
      'for a service whose name begins like this one',
      ({ method }) => ({
        methods: [`${serviceOf(method)}2/*`],
      }),
    ],
  ]),
  {
    name: 'restrictions/end-later',
    note: 'it ends in a minute, by its own word',
    make: (kit) => restricted(kit, { expiresMs: kit.nowMs + MINUTE_MS }),
    expected: 'accepted',
    endMs: ({ nowMs }) => nowMs + MINUTE_MS,
  },
  {
    name: 'restrictions/end-after-the-node-s',
    note: 'it ends in 366 days, and so after an hour all the same',
    make: (kit) => restricted(kit, { expiresMs: kit.nowMs + 31_622_400_000 }),
    expected: 'accepted',
    endMs: ({ nowMs }) => nowMs + 31_622_400_000,
  },
  {
    name: 'restrictions/ended',
    note: 'made a minute ago, ended five seconds ago',
    make: (kit) =>
      restricted(kit, { expiresMs: kit.nowMs - 5_000 }, { createdNs: BigInt(kit.nowMs - MINUTE_MS) * NS_PER_MS }),
    expected: 'TOKEN_EXPIRED',
    xmtp: 'accepted',
  },
  ...cases('UNSUPPORTED_RESTRICTION', [
    [
      'proof-required',
      'good only with a proof of possession, which no version makes yet',
      () => ({ proofRequired: true }),
    ],
    ['unknown', 'a restriction of an unknown number', () => ({ more: uint(77, 1) })],
    ['unknown-of-0', 'the same with the value 0', () => ({ more: written(77, 0) })],
    ['unknown-of-bytes', 'an unknown restriction of another wire type', () => ({ more: text(78, 'x') })],
  ]),
  {
    name: 'restrictions/unknown-before-wrong-audience',
    note: 'what is unknown is told before the audience',
    make: (kit) => restricted(kit, { audience: [FAR], more: uint(77, 1) }),
    expected: 'UNSUPPORTED_RESTRICTION',
    xmtp: 'accepted',
  },
  {
    name: 'restrictions/copies-merge',
    note: 'two copies of restrictions: an audience in the first holds',
    make: (kit) => restricted(kit, { audience: [FAR] }, { authData: twoCopies(kit) }),
    expected: 'WRONG_AUDIENCE',
    xmtp: 'accepted',
  },
  {
    name: 'restrictions/unsigned',
    note: 'a restriction that was added after the device signed',
    make: (kit) => unsigned(kit),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
  },
  {
    name: 'restrictions/of-another-wire-type',
    note: 'restrictions as a varint',
    make: (kit) => restricted(kit, {}, { authData: concat(claimOf(kit), written(1600, 1)) }),
    expected: 'MALFORMED_AUTH_DATA',
    xmtp: 'accepted',
  },
  {
    name: 'restrictions/strict',
    note: 'signed in the strict form',
    make: (kit) => restricted(kit, { strict: true }),
    expected: 'accepted',
    xmtp: 'INVALID_AUTH_DATA_SIGNATURE',
  },
  {
    name: 'restrictions/strict-signed-as-usual',
    note: 'strict, but the hash of the auth data alone was signed',
    make: (kit) => restricted(kit, { strict: true }, { strict: false }),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
    xmtp: 'accepted',
  },
  {
    name: 'restrictions/usual-signed-as-strict',
    note: 'signed in the strict form, but not strict',
    make: (kit) => restricted(kit, {}, { strict: true }),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
  },
];

/** Address and time, as auth data without restrictions has them. */
function claimOf(kit: Kit): Uint8Array {
  return planToken({ ...basis(kit), restrictions: NOTHING }).authData;
}

function unsigned(kit: Kit): string {
  const { authSignature, restrictions } = planToken(basis(kit));
  const more = restrictionsOf({ methods: [kit.method] });
  return bearer(kit, { authSignature, restrictions: concat(restrictions, more) });
}

/** The name with another port, or, where it has none, with one. */
function otherPort(name: string): string {
  const [, host = name, port] = /^(.*):(\d+)$/.exec(name) ?? [];
  return `${host}:${port === '444' ? 445 : 444}`;
}

function twoCopies(kit: Kit): Uint8Array {
  const first = restrictionsOf({ ...demandedOf(kit), audience: [FAR] });
  return concat(claimOf(kit), bytes(1600, first), bytes(1600, restrictionsOf({ methods: [kit.method] })));
}
