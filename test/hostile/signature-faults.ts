import { getBytes, keccak256 } from 'ethers';
import fc from 'fast-check';

import { base64, CURVE_ORDER, someKey, to32Bytes, toBigInt } from '../support/token-workshop.js';
import {
  addressOf,
  asPath,
  bearer,
  curveNumbers,
  otherBytes,
  recoveryOf,
  type FaultKit,
  type Families,
} from './fault-kit.js';
import { AUTH_DATA, AUTH_SIGNATURE, authDataOf, wallets } from './good-tokens.js';
import { encode, join, replaced, valueAt, within, withValue, type Field } from './wire-model.js';

/** Tokens whose signatures are not those that belong to them. */
export function signatureFaults(kit: FaultKit): Families {
  const { good, changed, signed, certified, statementDigest } = kit;

  return {
    'a wallet signature of another length': changed(otherBytes, (token, value) => [
      withValue(token.message, wallets[token.kind].walletBytes, value),
      ...(value.length === 64
        ? (['WALLET_MISMATCH', 'INVALID_WALLET_SIGNATURE'] as const)
        : (['INVALID_WALLET_SIGNATURE'] as const)),
    ]),

    'an auth data signature of another length': changed(otherBytes, (token, value) => [
      withValue(token.message, AUTH_SIGNATURE, value),
      'INVALID_AUTH_DATA_SIGNATURE',
    ]),

    'a signature number at an edge': changed(
      fc.record({
        which: fc.constantFrom('wallet' as const, 'device' as const),
        half: fc.constantFrom(0, 32),
        number: curveNumbers,
      }),
      ({ message, kind }, { which, half, number }) => {
        const path = which === 'wallet' ? wallets[kind].walletBytes : AUTH_SIGNATURE;
        const bytes = (valueAt(message, path) as Uint8Array).slice();
        bytes.set(to32Bytes(number), half);
        const wrong = withValue(message, path, bytes);
        if (which === 'device') return [wrong, 'INVALID_AUTH_DATA_SIGNATURE'];
        const none = number === 0n || number >= CURVE_ORDER;
        return none ? [wrong, 'INVALID_WALLET_SIGNATURE'] : [wrong, 'INVALID_WALLET_SIGNATURE', 'WALLET_MISMATCH'];
      },
    ),

    'the other S': changed(
      fc.record({ which: fc.constantFrom('wallet' as const, 'device' as const), flipRecovery: fc.boolean() }),
      (token, { which, flipRecovery }) => {
        const { walletSignature, walletBytes } = wallets[token.kind];
        const [parent, path] = which === 'wallet' ? [walletSignature, walletBytes] : [asPath(3, 1), AUTH_SIGNATURE];
        const bytes = (valueAt(token.message, path) as Uint8Array).slice();
        bytes.set(to32Bytes(CURVE_ORDER - toBigInt(bytes.subarray(32))), 32);
        const recovery = recoveryOf(token.message, parent) ^ (flipRecovery ? 1n : 0n);
        const message = withValue(token.message, parent, [
          { number: 1, value: bytes },
          { number: 2, value: recovery },
        ]);
        if (which === 'device') return [message, 'INVALID_AUTH_DATA_SIGNATURE'];
        return [message, flipRecovery ? addressOf(token) : 'WALLET_MISMATCH'];
      },
    ),

    'another recovery id': changed(
      fc.record({
        which: fc.constantFrom('wallet' as const, 'device' as const),
        recovery: fc.oneof(
          fc.constantFrom(0n, 1n, 2n, 3n, 4n, 27n, 28n, 2n ** 31n, 2n ** 32n - 1n),
          fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }),
        ),
      }),
      (token, { which, recovery }) => {
        const parent = which === 'wallet' ? wallets[token.kind].walletSignature : asPath(3, 1);
        const right = recoveryOf(token.message, parent);
        const message = within(token.message, parent, (content) => [...content, { number: 2, value: recovery }]);
        if (which === 'device' || recovery === right) return [message, addressOf(token)];
        return [message, recovery === (right ^ 1n) ? 'WALLET_MISMATCH' : 'INVALID_WALLET_SIGNATURE'];
      },
    ),

    'the other kind of signature': changed(
      fc.record({
        which: fc.constantFrom('wallet' as const, 'device' as const),
        number: fc.integer({ min: 1, max: 9 }),
        keep: fc.boolean(),
      }),
      (token, { which, number, keep }) => {
        const path = which === 'wallet' ? wallets[token.kind].walletSignature : asPath(3, 1);
        const message = replaced(token.message, path, (field) =>
          keep ? [field, { ...field, number }] : [{ ...field, number }],
        );
        const known = which === 'wallet' ? number <= 2 : number === 1;
        if (known || (keep && number > 2)) return [message, addressOf(token)];
        return [message, 'UNSUPPORTED_SIGNATURE_TYPE'];
      },
    ),

    'an unfinished signature of the other kind before the good one': changed(fc.boolean(), (token, empty) => [
      replaced(token.message, wallets[token.kind].walletSignature, (field) => [
        { number: 3 - token.kind, value: empty ? [] : [{ number: 2, value: 99n }] },
        field,
      ]),
      addressOf(token),
    ]),

    'a certificate of another text': changed(fc.constantFrom(...OTHER_STATEMENTS), (token, change) => [
      certified(token, token.message, statementDigest(token.message, change)),
      'WALLET_MISMATCH',
    ]),

    'a certificate of other bytes': changed(fc.uint8Array({ minLength: 32, maxLength: 32 }), (token, digest) => [
      certified(token, token.message, digest),
      'WALLET_MISMATCH',
    ]),

    'auth data signed by another key, or for another digest': changed(
      fc.record({ number: fc.integer({ min: 20, max: 60 }), forged: fc.boolean() }),
      (token, { number, forged }) => {
        if (forged) return [signed(token, token.message, someKey(number)), 'INVALID_AUTH_DATA_SIGNATURE'];
        const other = withValue(token.message, AUTH_DATA, getBytes(keccak256(authDataOf(token.message))));
        const signature = valueAt(signed(token, other), [3]);
        return [withValue(token.message, [3], signature), 'INVALID_AUTH_DATA_SIGNATURE'];
      },
    ),

    'parts of two good tokens swapped': fc.tuple(good, good, fc.nat(7)).map(([one, other, mask]) => {
      const part = (number: number) => (((mask >> (number - 1)) & 1) === 1 ? other : one);
      const message = [1, 2, 3].map((number): Field => ({ number, value: valueAt(part(number).message, [number]) }));
      const whole = mask === 0 ? one : mask === 7 ? other : undefined;
      const expected = one === other ? addressOf(one) : whole ? addressOf(whole) : 'INVALID_AUTH_DATA_SIGNATURE';
      return { authorization: bearer(message), expected: [expected] };
    }),

    'a certificate of another good token': fc.tuple(good, good).map(([one, other]) => {
      const message = withValue(one.message, [1, 2], valueAt(other.message, [1, 2]));
      return { authorization: bearer(message), expected: [one === other ? addressOf(one) : 'WALLET_MISMATCH'] };
    }),

    'two good tokens joined in bytes': fc.tuple(good, good).map(([one, other]) => {
      // protobuf merges them: the second is there whole, except that a recovery id 0 is not written
      const recovery = recoveryOf(other.message, wallets[other.kind].walletSignature);
      const copied =
        recovery === 0n && one.kind === other.kind && recoveryOf(one.message, wallets[one.kind].walletSignature) !== 0n;
      return {
        authorization: `Bearer ${base64(join([encode(one.message), encode(other.message)]))}`,
        expected: [copied ? 'WALLET_MISMATCH' : addressOf(other)],
      };
    }),
  };
}

const OTHER_STATEMENTS: readonly ((text: string) => string)[] = [
  (text) => text.replaceAll('\n', '\r\n'),
  (text) => `${text}\n`,
  (text) => text.slice(0, -1),
  (text) => text.replace('XMTP', 'XMTP '),
  (text) => text.replace('Create', 'Enable'),
  (text) => text.replace(/[0-9a-f]{60,}/, (hex) => hex.toUpperCase()),
  (text) => text.replace(/[0-9a-f]{60,}/, (hex) => `0x${hex}`),
  (text) => text.replace('\n\n', '\n'),
  (text) => text.replace('https', 'http'),
];
