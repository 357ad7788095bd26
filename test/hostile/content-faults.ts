import { computeAddress, getBytes, toUtf8Bytes } from 'ethers';
import fc from 'fast-check';

import type { AuthReason } from '../../src/index.js';
import { alice, bob, HOUR_MS, NS_PER_MS, someKey, to32Bytes } from '../support/token-workshop.js';
import { addressOf, curveNumbers, otherBytes, JUDGED, type FaultKit, type Families } from './fault-kit.js';
import { AUTH_DATA, CLAIMS, CREATED, KEY_BYTES, NOW_NS, TIMESTAMP } from './good-tokens.js';
import { join, valueAt, withValue } from './wire-model.js';

/** Tokens that are well-formed and declare something else. */
export function contentFaults(kit: FaultKit): Families {
  const { good, changed, signed, certified } = kit;

  const withClaims = (claims: fc.Arbitrary<Uint8Array>, reason: AuthReason) =>
    changed(claims, (token, value) => [signed(token, withValue(token.message, CLAIMS, value)), reason]);

  return {
    'another form of key': changed(fc.constantFrom(0, 2, 3, 5, 6, 7, 255), (token, first) => {
      const bytes = (valueAt(token.message, KEY_BYTES) as Uint8Array).slice();
      bytes[0] = first;
      const form = first === 2 || first === 3 ? bytes.subarray(0, 33) : bytes;
      return [certified(token, withValue(token.message, KEY_BYTES, form)), 'INVALID_IDENTITY_KEY'];
    }),

    'a key of another length': changed(otherBytes, (token, tail) => {
      const content = join([Uint8Array.of(4), tail.length === 64 ? tail.subarray(1) : tail]);
      return [certified(token, withValue(token.message, KEY_BYTES, content)), 'INVALID_IDENTITY_KEY'];
    }),

    'a key that is no point of the curve, certified by the wallet': changed(
      fc.record({ half: fc.constantFrom(1, 33), number: curveNumbers }),
      (token, { half, number }) => {
        const bytes = (valueAt(token.message, KEY_BYTES) as Uint8Array).slice();
        bytes.set(to32Bytes(number), half);
        return [certified(token, withValue(token.message, KEY_BYTES, bytes)), 'INVALID_AUTH_DATA_SIGNATURE'];
      },
    ),

    'the key of another device': changed(
      fc.record({ number: fc.integer({ min: 20, max: 60 }), signs: fc.boolean() }),
      (token, { number, signs }) => {
        const device = someKey(number);
        const message = withValue(token.message, KEY_BYTES, getBytes(device.publicKey));
        return signs ? [signed(token, message, device), 'WALLET_MISMATCH'] : [message, 'INVALID_AUTH_DATA_SIGNATURE'];
      },
    ),

    'another time of the key': changed(
      fc.record({ time: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), certify: fc.boolean() }),
      (token, { time, certify }) => {
        const message = withValue(token.message, TIMESTAMP, time);
        return certify || time === valueAt(token.message, TIMESTAMP)
          ? [certified(token, message), addressOf(token)]
          : [message, 'WALLET_MISMATCH'];
      },
    ),

    'another time of the token': changed(createdTimes(), (token, created) => {
      const oldest = NOW_NS - BigInt(HOUR_MS) * NS_PER_MS;
      const newest = NOW_NS + 60_000n * NS_PER_MS;
      const answer = created < oldest ? 'TOKEN_EXPIRED' : created > newest ? 'TOKEN_FROM_FUTURE' : addressOf(token);
      return [signed(token, withValue(token.message, CREATED, created)), answer];
    }),

    'auth data of other bytes': changed(otherBytes, (token, value) => [
      withValue(token.message, AUTH_DATA, value),
      ...(value.length === 0 ? (['MISSING_AUTH_DATA'] as const) : JUDGED),
    ]),

    'the address in another case': changed(fc.nat(2 ** 40), (token, bits) => {
      const digits = token.address
        .slice(2)
        .split('')
        .map((digit, i) => ((bits / 2 ** i) & 1 ? digit.toUpperCase() : digit.toLowerCase()));
      const text = digits.join('');
      const right = text === text.toLowerCase() || text === text.toUpperCase() || `0x${text}` === token.address;
      const message = withValue(token.message, CLAIMS, toUtf8Bytes(`0x${text}`));
      return [signed(token, message), right ? addressOf(token) : 'INVALID_WALLET_ADDRESS'];
    }),

    'an address that is one but for a trifle': withClaims(
      fc
        .tuple(good, fc.constantFrom<(text: string) => string>(...TRIFLES), fc.boolean())
        .map(([{ address }, spoil, lower]) => toUtf8Bytes(spoil(lower ? address.toLowerCase() : address))),
      'INVALID_WALLET_ADDRESS',
    ),

    'a text that is no address': withClaims(
      fc.string({ unit: 'binary', maxLength: 60 }).map((text) => toUtf8Bytes(text.replaceAll(/[0-9a-f]{40}/gi, '-'))),
      'INVALID_WALLET_ADDRESS',
    ),

    'an address that is not UTF-8': withClaims(
      fc.tuple(good, fc.nat(42), fc.constantFrom(...NOT_UTF8)).map(([{ address }, at, wrong]) => {
        const bytes = toUtf8Bytes(address);
        return join([bytes.subarray(0, at), Uint8Array.from(wrong), bytes.subarray(at)]);
      }),
      'MALFORMED_AUTH_DATA',
    ),

    "another wallet's address": changed(fc.constantFrom('the other one', 'a third one'), (token, whose) => {
      const other = whose === 'a third one' ? someKey(99) : token.wallet === alice ? bob : alice;
      return [signed(token, withValue(token.message, CLAIMS, toUtf8Bytes(computeAddress(other)))), 'WALLET_MISMATCH'];
    }),
  };
}

/** Times around both ends of the window, to the nanosecond, and at the ends of 64 bits. */
function createdTimes(): fc.Arbitrary<bigint> {
  const near = fc.tuple(
    fc.constantFrom(NOW_NS - BigInt(HOUR_MS) * NS_PER_MS, NOW_NS + 60_000n * NS_PER_MS, NOW_NS),
    fc.oneof(fc.bigInt({ min: -3n, max: 3n }), fc.bigInt({ min: -2_000_000n, max: 2_000_000n })),
  );
  return fc.oneof(
    near.map(([time, by]) => time + by),
    fc.constantFrom(
      0n,
      1n,
      2n ** 53n,
      2n ** 63n - 1n,
      2n ** 63n,
      2n ** 64n - 1n,
      NOW_NS / 1_000n,
      NOW_NS / NS_PER_MS,
      NOW_NS * 10n,
    ),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  );
}

const TRIFLES: readonly ((address: string) => string)[] = [
  (text) => text.slice(0, -1),
  (text) => `${text}0`,
  (text) => text.slice(2),
  (text) => `0X${text.slice(2)}`,
  (text) => ` ${text}`,
  (text) => `${text} `,
  (text) => `${text}\n`,
  (text) => `${text}\0`,
  (text) => `\uFEFF${text}`,
  (text) => `${text.slice(0, -1)}g`,
  (text) => `${text.slice(0, -1)}\uFF11`,
  (text) => text.replace('x', '\u0445'),
  (text) => text + text,
  (text) => `eip155:1:${text}`,
  () => '',
  () => '0x',
];

/** A byte alone, a cut character, a surrogate, overlong forms, beyond Unicode. */
const NOT_UTF8 = [
  [0x80],
  [0xff],
  [0xc3],
  [0xe2, 0x82],
  [0xed, 0xa0, 0x80],
  [0xc0, 0xb0],
  [0xe0, 0x80, 0xb0],
  [0xf4, 0x90, 0x80, 0x80],
] as const;
