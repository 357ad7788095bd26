import type { ConformanceCase } from '../conformance-case.js';
import { HOUR_MS, NS_PER_MS, bearer, changed, type Kit } from '../kit.js';

const createdAt = (ms: (kit: Kit) => number) => (kit: Kit) => bearer(kit, { createdNs: BigInt(ms(kit)) * NS_PER_MS });

/** How far from an edge tokens of a running node are made, in milliseconds: its clock is known so well. */
const MARGIN_MS = 5_000;

/** PROTOCOL.md section 4, step 4: the address that auth data claims. */
export const addressCases: readonly ConformanceCase[] = [
  {
    name: 'addresses/lower-case',
    note: 'the address in lower case',
    make: changed(({ claims }) => ({ claims: claims.toLowerCase() })),
    expected: 'accepted',
    xmtp: ['WALLET_MISMATCH', 'accepted'],
  },
  {
    name: 'addresses/upper-case',
    note: 'the digits in upper case',
    make: changed(({ claims }) => ({ claims: `0x${claims.slice(2).toUpperCase()}` })),
    expected: 'accepted',
    xmtp: ['WALLET_MISMATCH', 'accepted'],
  },
  {
    name: 'addresses/wrong-checksum',
    note: 'one letter in the wrong case of EIP-55',
    make: changed(({ claims }) => ({ claims: otherCase(claims) })),
    expected: 'INVALID_WALLET_ADDRESS',
  },
  {
    name: 'addresses/without-0x',
    note: '40 digits alone',
    make: changed(({ claims }) => ({ claims: claims.slice(2) })),
    expected: 'INVALID_WALLET_ADDRESS',
  },
  {
    name: 'addresses/short',
    note: '39 digits',
    make: changed(({ claims }) => ({ claims: claims.slice(0, -1) })),
    expected: 'INVALID_WALLET_ADDRESS',
  },
  { name: 'addresses/empty', note: 'none', make: changed(() => ({ claims: '' })), expected: 'INVALID_WALLET_ADDRESS' },
];

/** PROTOCOL.md section 4, step 5: when a token was made. */
export const timeCases: readonly ConformanceCase[] = [
  {
    name: 'times/old',
    note: 'almost as old as the node accepts',
    make: createdAt(({ nowMs, maxAgeMs }) => nowMs - maxAgeMs + Math.min(MARGIN_MS, Math.floor(maxAgeMs / 2))),
    expected: 'accepted',
  },
  {
    name: 'times/expired',
    note: 'a little older than the node accepts',
    make: createdAt(({ nowMs, maxAgeMs }) => nowMs - maxAgeMs - MARGIN_MS),
    expected: 'TOKEN_EXPIRED',
  },
  {
    name: 'times/expired-long-ago',
    note: 'older than any node accepts',
    make: createdAt(({ nowMs }) => nowMs - 367 * 24 * HOUR_MS),
    expected: 'TOKEN_EXPIRED',
  },
  { name: 'times/never', note: 'no time', make: changed(() => ({ createdNs: 0n })), expected: 'TOKEN_EXPIRED' },
  {
    name: 'times/ahead',
    note: 'as far ahead as the node accepts, or a little less',
    make: createdAt(({ nowMs, maxFutureSkewMs }) => nowMs + Math.max(maxFutureSkewMs - MARGIN_MS, 0)),
    expected: 'accepted',
  },
  {
    name: 'times/from-the-future',
    note: 'further ahead than the node accepts',
    make: createdAt(({ nowMs, maxFutureSkewMs }) => nowMs + maxFutureSkewMs + MARGIN_MS),
    expected: 'TOKEN_FROM_FUTURE',
    xmtp: 'accepted',
  },
  {
    name: 'times/from-tomorrow',
    note: 'further ahead than any node accepts',
    make: createdAt(({ nowMs }) => nowMs + 25 * HOUR_MS),
    expected: 'TOKEN_FROM_FUTURE',
    xmtp: 'accepted',
  },
  {
    name: 'times/last',
    note: 'the largest number of 64 bits',
    make: changed(() => ({ createdNs: 2n ** 64n - 1n })),
    expected: 'TOKEN_FROM_FUTURE',
    xmtp: 'unknown',
  },
];

/** An address with the case of its first letter changed. */
function otherCase(address: string): string {
  const at = address.slice(2).search(/[a-f]/i) + 2;
  const letter = address.charAt(at);
  const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  return `${address.slice(0, at)}${other}${address.slice(at + 1)}`;
}
