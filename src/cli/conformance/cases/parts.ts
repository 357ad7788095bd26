import type { ConformanceCase } from '../conformance-case.js';
import { NS_PER_MS, basis, bearer, changed, demandedOf, restrictionsOf, type Kit } from '../kit.js';
import { planToken, type TokenPlan } from '../plan-token.js';
import { NOTHING, bytes, concat, tag, text, uint, varint, written } from '../raw-proto.js';

const plan = (kit: Kit) => planToken(basis(kit));

/** A field with an even number and more bytes than it has. */
const BROKEN = concat(tag(2, 2), varint(50), Uint8Array.of(1, 2, 3));

/** The fields of PublicKey, in order. */
const keyParts = ({ keyTimestamp, walletSignatureField, keyField }: TokenPlan) =>
  [uint(1, keyTimestamp), walletSignatureField, keyField] as const;

/** PROTOCOL.md sections 3 and 4, steps 2 and 3: protobuf, what must be there, shapes. */
export const partCases: readonly ConformanceCase[] = [
  {
    name: 'parts/no-protobuf',
    note: 'base64 of three bytes that are no message',
    make: () => 'Bearer ////',
    expected: 'MALFORMED_TOKEN',
  },
  {
    name: 'parts/cut-off',
    note: 'the last byte is missing',
    make: changed(({ token }) => ({ token: token.slice(0, -1) })),
    expected: 'MALFORMED_TOKEN',
  },
  {
    name: 'parts/wrong-wire-type',
    note: 'auth data as a number, before the right one',
    make: changed(({ token }) => ({ token: concat(written(2, 7), token) })),
    expected: 'MALFORMED_TOKEN',
    xmtp: 'unknown',
  },
  {
    name: 'parts/unknown-fields',
    note: 'unknown fields of every wire type around the known ones are ignored',
    make: changed(({ token }) => ({
      token: concat(
        written(90, 1),
        bytes(91, Uint8Array.of(1)),
        concat(tag(92, 5), new Uint8Array(4)),
        token,
        concat(tag(93, 1), new Uint8Array(8)),
      ),
    })),
    expected: 'accepted',
  },
  {
    name: 'parts/other-order',
    note: 'the fields of Token in another order',
    make: changed((good) => ({ token: concat(good.authSignatureField, good.authDataField, good.identityKeyField) })),
    expected: 'accepted',
  },
  {
    name: 'parts/merged-copies',
    note: 'the identity key in two copies, which merge',
    make: changed((good) => {
      const [time, signature, key] = keyParts(good);
      return { identityKeyField: concat(bytes(1, concat(time, signature)), bytes(1, key)) };
    }),
    expected: 'accepted',
    xmtp: 'unknown',
  },
  {
    name: 'parts/last-copy-counts',
    note: 'auth data twice: the last is signed',
    make: changed(({ authDataField }) => ({ authDataField: concat(bytes(2, Uint8Array.of(1)), authDataField) })),
    expected: 'accepted',
  },
  {
    name: 'parts/no-identity-key',
    note: 'field 1 of Token is missing',
    make: (kit) => bearer(kit, { identityKeyField: NOTHING }),
    expected: 'MISSING_IDENTITY_KEY',
  },
  {
    name: 'parts/unsigned-identity-key',
    note: 'no signature of the wallet',
    make: (kit) => bearer(kit, { walletSignatureField: NOTHING }),
    expected: 'UNSIGNED_IDENTITY_KEY',
  },
  {
    name: 'parts/key-of-unknown-type',
    note: 'a key under number 1601 alone',
    make: changed(({ keyMessage }) => ({ keyField: bytes(1601, keyMessage) })),
    expected: 'UNSUPPORTED_KEY_TYPE',
  },
  {
    name: 'parts/wallet-signature-of-unknown-type',
    note: 'a signature under number 1600 alone',
    make: changed(({ walletSignature }) => ({ walletSignature: { ...walletSignature, field: 1600 } })),
    expected: 'UNSUPPORTED_SIGNATURE_TYPE',
  },
  {
    name: 'parts/no-auth-data',
    note: 'field 2 of Token is missing',
    make: (kit) => bearer(kit, { authDataField: NOTHING }),
    expected: 'MISSING_AUTH_DATA',
  },
  {
    name: 'parts/no-auth-data-signature',
    note: 'field 3 of Token is missing',
    make: (kit) => bearer(kit, { authSignatureField: NOTHING }),
    expected: 'MISSING_AUTH_DATA_SIGNATURE',
  },
  {
    name: 'parts/auth-data-signature-of-a-wallet',
    note: 'auth data signed as wallet_ecdsa_compact',
    make: changed(({ authSignature }) => ({ authSignature: { ...authSignature, field: 2 } })),
    expected: 'UNSUPPORTED_SIGNATURE_TYPE',
  },
  ...pointCases(),
  ...[63, 65].map((length): ConformanceCase => ({
    name: `parts/wallet-signature-of-${length}-bytes`,
    note: 'it must have 64',
    make: changed(({ walletSignature }) => ({
      walletSignature: { ...walletSignature, bytes: resized(walletSignature.bytes, length) },
    })),
    expected: 'INVALID_WALLET_SIGNATURE',
  })),
  ...[4, 27, 28].map((recovery): ConformanceCase => ({
    name: `parts/recovery-id-${recovery}`,
    note: 'recovery ids of the wallet signature are 0 to 3',
    make: changed(({ walletSignature }) => ({ walletSignature: { ...walletSignature, recovery } })),
    expected: 'INVALID_WALLET_SIGNATURE',
  })),
  ...[63, 65].map((length): ConformanceCase => ({
    name: `parts/auth-data-signature-of-${length}-bytes`,
    note: 'it must have 64',
    make: changed(({ authSignature }) => ({
      authSignature: { ...authSignature, bytes: resized(authSignature.bytes, length) },
    })),
    expected: 'INVALID_AUTH_DATA_SIGNATURE',
    ...(length === 65 && { xmtp: 'unknown' }),
  })),
  {
    name: 'parts/auth-data-broken',
    note: 'auth data that ends in the middle of a field',
    make: changed(({ authData }) => ({ authData: concat(authData, BROKEN) })),
    expected: 'MALFORMED_AUTH_DATA',
  },
  {
    name: 'parts/auth-data-no-utf-8',
    note: 'an address that is no UTF-8',
    make: (kit) => bearer(kit, { authData: authDataOf(kit, bytes(1, Uint8Array.of(0xc0, 0xaf))) }),
    expected: 'MALFORMED_AUTH_DATA',
  },
  {
    name: 'parts/auth-data-last-copy-counts',
    note: 'the address twice: the last counts',
    make: (kit) => bearer(kit, { authData: authDataOf(kit, concat(text(1, '0x0'), text(1, plan(kit).claims))) }),
    expected: 'accepted',
  },
];

/** Auth data with another address field. */
function authDataOf(kit: Kit, address: Uint8Array): Uint8Array {
  const restrictions = restrictionsOf(demandedOf(kit));
  const created = uint(2, BigInt(kit.nowMs) * NS_PER_MS);
  return concat(address, created, restrictions.length > 0 ? bytes(1600, restrictions) : NOTHING);
}

function resized(content: Uint8Array, length: number): Uint8Array {
  return concat(content, new Uint8Array(8)).slice(0, length);
}

/** Points in other forms, each certified by the wallet as it stands. */
function pointCases(): ConformanceCase[] {
  const forms: [name: string, note: string, form: (point: Uint8Array) => Uint8Array][] = [
    [
      'compressed',
      '33 bytes, of the compressed form',
      (point) => concat(Uint8Array.of(2 + ((point[64] ?? 0) & 1)), point.slice(1, 33)),
    ],
    ['hybrid', 'a first byte of 6 or 7', (point) => point.with(0, 6 + ((point[64] ?? 0) & 1))],
    ['without-prefix', '64 bytes, without the first', (point) => point.slice(1)],
    ['longer', '66 bytes', (point) => concat(point, Uint8Array.of(0))],
    ['empty', 'no bytes', () => NOTHING],
  ];
  return forms.map(([name, note, form]) => ({
    name: `parts/key-${name}`,
    note: `an identity key of another form: ${note}`,
    make: changed(({ point }) => ({ point: form(point) })),
    expected: 'INVALID_IDENTITY_KEY',
  }));
}
