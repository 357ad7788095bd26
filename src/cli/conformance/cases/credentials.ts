import type { ConformanceCase } from '../conformance-case.js';
import { basis, bearer, type Kit } from '../kit.js';
import { planToken } from '../plan-token.js';
import { bytes, concat } from '../raw-proto.js';

/** A good token with an unknown field whose bytes are all ones at its end, which gives `/` in base64. @returns base64. */
function withOnes(kit: Kit, length = 12): string {
  const { token } = planToken(basis(kit));
  const longer = concat(token, bytes(99, new Uint8Array(length).fill(0xff)));
  return bearer(kit, { token: longer }).slice('Bearer '.length);
}

/** The same with `==` at its end, so that there are bits left over. */
function withPadding(kit: Kit): string {
  const texts = [12, 13, 14].map((length) => withOnes(kit, length));
  return texts.find((text) => text.endsWith('==')) ?? '';
}

/** Changes the last digit before `==`, which keeps the bytes and leaves bits over. */
function withBitsLeft(text: string): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const last = text.at(-3) ?? '';
  return `${text.slice(0, -3)}${digits[digits.indexOf(last) | 1]}==`;
}

/** PROTOCOL.md section 3: the header and base64. */
export const credentialCases: readonly ConformanceCase[] = [
  { name: 'credentials/good', note: 'an ordinary token', make: (kit) => bearer(kit), expected: 'accepted' },
  { name: 'credentials/none', note: 'no header', make: () => undefined, expected: 'MISSING_CREDENTIALS' },
  {
    name: 'credentials/token-alone',
    note: 'no scheme before the token',
    make: (kit) => bearer(kit).slice('Bearer '.length),
    expected: 'MALFORMED_HEADER',
  },
  {
    name: 'credentials/scheme-alone',
    note: 'nothing after the scheme',
    make: () => 'Bearer',
    expected: 'MALFORMED_HEADER',
  },
  {
    name: 'credentials/other-scheme',
    note: 'the scheme Basic',
    make: (kit) => bearer(kit).replace('Bearer', 'Basic'),
    expected: 'UNSUPPORTED_SCHEME',
  },
  {
    name: 'credentials/scheme-in-lower-case',
    note: 'any letter case is good',
    make: (kit) => bearer(kit).replace('Bearer', 'bearer'),
    expected: 'accepted',
    xmtp: 'unknown',
  },
  {
    name: 'credentials/spaces',
    note: 'several spaces after the scheme',
    make: (kit) => bearer(kit).replace(' ', '   '),
    expected: 'accepted',
    xmtp: 'unknown',
  },
  {
    name: 'credentials/url-alphabet',
    note: 'URL-safe base64',
    make: (kit) => `Bearer ${withOnes(kit).replaceAll('+', '-').replaceAll('/', '_')}`,
    expected: 'accepted',
    xmtp: 'unknown',
  },
  {
    name: 'credentials/without-padding',
    note: 'base64 without = at its end',
    make: (kit) => `Bearer ${withPadding(kit).replaceAll('=', '')}`,
    expected: 'accepted',
    xmtp: ['MALFORMED_TOKEN', 'accepted'],
  },
  {
    name: 'credentials/half-padding',
    note: 'one = where two are needed',
    make: (kit) => `Bearer ${withPadding(kit).slice(0, -1)}`,
    expected: 'MALFORMED_TOKEN',
  },
  {
    name: 'credentials/bits-left-over',
    note: 'another last digit, which decodes to the same bytes in lax readers',
    make: (kit) => `Bearer ${withBitsLeft(withPadding(kit))}`,
    expected: 'MALFORMED_TOKEN',
    xmtp: 'unknown',
  },
  {
    name: 'credentials/two-alphabets',
    note: 'standard and URL-safe digits in one token',
    make: (kit) => `Bearer ${withOnes(kit).replaceAll('+', '-').replaceAll('/', '_').replace('_', '/')}`,
    expected: 'MALFORMED_TOKEN',
  },
  {
    name: 'credentials/comma',
    note: 'a comma in the middle, which lax decoders skip',
    make: (kit) => `${bearer(kit).slice(0, 60)},${bearer(kit).slice(60)}`,
    expected: 'MALFORMED_TOKEN',
  },
  {
    name: 'credentials/two-tokens',
    note: 'two values joined by a comma, as some transports do',
    make: (kit) => `${bearer(kit)}, ${bearer(kit)}`,
    expected: 'MALFORMED_TOKEN',
  },
  {
    name: 'credentials/no-base64',
    note: 'characters that are none of base64',
    make: () => 'Bearer ****',
    expected: 'MALFORMED_TOKEN',
  },
  {
    name: 'credentials/too-large',
    note: 'an unknown field makes it longer than 2 048 characters; nodes may take longer ones',
    make: (kit) => `Bearer ${withOnes(kit, 1_700)}`,
    expected: ['TOKEN_TOO_LARGE', 'accepted'],
    xmtp: ['accepted', 'TOKEN_TOO_LARGE'],
  },
];
