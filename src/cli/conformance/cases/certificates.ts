import type { ConformanceCase } from '../conformance-case.js';
import { NS_PER_MS, basis, bearer, changed, type Kit } from '../kit.js';
import { planToken } from '../plan-token.js';
import { NOTHING, bytes, concat, tag, varint, written } from '../raw-proto.js';

const MINUTE_MS = 60_000;
const inMs = (kit: Kit, ms: number) => BigInt(kit.nowMs + ms) * NS_PER_MS;

/** PROTOCOL.md section 12: certificates that end, and the one form of the message around a key. */
export const certificateCases: readonly ConformanceCase[] = [
  {
    name: 'certificates/ends-later',
    note: 'a certificate that ends in a minute, and the token with it',
    make: changed((_, kit) => ({ notAfterNs: inMs(kit, MINUTE_MS) })),
    expected: 'accepted',
    endMs: ({ nowMs }) => nowMs + MINUTE_MS,
  },
  {
    name: 'certificates/ended',
    note: 'a certificate that ended five seconds ago',
    make: changed((_, kit) => ({ notAfterNs: inMs(kit, -5_000) })),
    expected: 'CERTIFICATE_EXPIRED',
    xmtp: 'accepted',
  },
  {
    name: 'certificates/end-not-signed',
    note: 'an end that the wallet did not sign',
    make: changed(({ walletSignature }, kit) => ({ walletSignature, notAfterNs: inMs(kit, MINUTE_MS) })),
    expected: 'WALLET_MISMATCH',
    xmtp: 'unknown',
  },
  {
    name: 'certificates/end-removed',
    note: 'the end that the wallet signed is left out',
    make: (kit) => {
      const { walletSignature } = planToken({ ...basis(kit), notAfterNs: inMs(kit, -5_000) });
      return bearer(kit, { walletSignature });
    },
    expected: 'WALLET_MISMATCH',
    xmtp: 'unknown',
  },
  ...forms(),
];

/** Messages around a key that are not in their one form. Each is certified by the wallet as it stands. */
function forms(): ConformanceCase[] {
  const end = (kit: Kit) => inMs(kit, MINUTE_MS);
  const all: [name: string, note: string, message: (point: Uint8Array, kit: Kit) => Uint8Array][] = [
    ['unknown-field', 'an unknown field beside the key', (point) => concat(bytes(1, point), written(2, 1))],
    ['end-of-0', 'an end of 0, which is not written', (point) => concat(bytes(1, point), written(1600, 0))],
    ['end-first', 'the end before the key', (point, kit) => concat(written(1600, end(kit)), bytes(1, point))],
    [
      'end-twice',
      'the end twice',
      (point, kit) => concat(bytes(1, point), written(1600, end(kit)), written(1600, end(kit))),
    ],
    [
      'end-overlong',
      'the end in a longer varint',
      (point, kit) => concat(bytes(1, point), tag(1600, 0), varint(end(kit), 10)),
    ],
    ['key-twice', 'the key twice', (point) => concat(bytes(1, point), bytes(1, point))],
    ['length-overlong', 'the length of the key in a longer varint', (point) => concat(tag(1, 2), varint(65, 2), point)],
  ];
  const cases = all.map(([name, note, message]): ConformanceCase => ({
    name: `certificates/form-${name}`,
    note: `the message around the key in another form: ${note}`,
    make: changed(({ point }, kit) => ({ keyMessage: message(point, kit) })),
    expected: 'INVALID_IDENTITY_KEY',
    xmtp: 'unknown',
  }));
  return [
    ...cases,
    {
      name: 'certificates/form-two-copies',
      note: 'two copies of the message around the key, of which one has the end',
      make: changed(({ point }, kit) => ({
        keyField: concat(bytes(3, bytes(1, point)), bytes(3, concat(NOTHING, written(1600, end(kit))))),
      })),
      expected: 'INVALID_IDENTITY_KEY',
      xmtp: 'unknown',
    },
    {
      name: 'certificates/form-end-as-bytes',
      note: 'the end under another wire type',
      make: changed(({ point }) => ({ keyMessage: concat(bytes(1, point), bytes(1600, Uint8Array.of(1))) })),
      expected: 'MALFORMED_TOKEN',
      xmtp: 'unknown',
    },
  ];
}
