import fc from 'fast-check';

import { NOTHING } from '../support/raw-proto.js';
import { base64 } from '../support/token-workshop.js';
import {
  addressOf,
  asPath,
  bearer,
  JUDGED,
  UNREADABLE,
  type Answer,
  type Family,
  type FaultKit,
  type Families,
} from './fault-kit.js';
import {
  AUTH_DATA,
  AUTH_RECOVERY,
  AUTH_SIGNATURE,
  authDataOf,
  CLAIMS,
  CREATED,
  KEY_BYTES,
  KEY_UNION,
  TIMESTAMP,
  wallets,
  type GoodToken,
} from './good-tokens.js';
import { brokenField, excess, numbers, otherValue, otherWireType, unknownField } from './odd-fields.js';
import { encode, has, join, replaced, within, type Message, type Path, type Piece } from './wire-model.js';

const same = (path: Path, other: Path) => path.join() === other.join();
const insideAuthData = (path: Path) => path[0] === 2;

const changesAuthData = (before: Message, after: Message) =>
  has(after, AUTH_DATA) && Buffer.compare(authDataOf(before), authDataOf(after)) !== 0;

/** Puts something between two pieces of a message, or at an end. */
const insertAt = (message: Message, at: number, ...pieces: Piece[]): Message =>
  message.toSpliced(at % (message.length + 1), 0, ...pieces);

/** Every field and every message of a good token. The root is the empty path. */
function placesOf({ message, kind }: GoodToken): { fields: Path[]; messages: Path[] } {
  const { walletSignature, walletBytes, walletRecovery } = wallets[kind];
  const messages = [asPath(), asPath(1), asPath(1, 2), walletSignature, KEY_UNION, AUTH_DATA, asPath(3), asPath(3, 1)];
  const scalars = [TIMESTAMP, walletBytes, walletRecovery, KEY_BYTES, CLAIMS, CREATED, AUTH_SIGNATURE, AUTH_RECOVERY];
  const fields = [...messages.slice(1), ...scalars].filter((path) => has(message, path));
  return { fields, messages };
}

/** What is answered to a token that lacks a field. */
function reasonWithout(path: Path, { kind }: GoodToken, address: Answer): Answer {
  const { walletSignature, walletBytes, walletRecovery } = wallets[kind];
  const reasons: readonly (readonly [Path, Answer])[] = [
    [[1], 'MISSING_IDENTITY_KEY'],
    [TIMESTAMP, 'WALLET_MISMATCH'],
    [[1, 2], 'UNSIGNED_IDENTITY_KEY'],
    [walletSignature, 'UNSUPPORTED_SIGNATURE_TYPE'],
    [walletBytes, 'INVALID_WALLET_SIGNATURE'],
    [walletRecovery, 'WALLET_MISMATCH'],
    [KEY_UNION, 'UNSUPPORTED_KEY_TYPE'],
    [KEY_BYTES, 'INVALID_IDENTITY_KEY'],
    [AUTH_DATA, 'MISSING_AUTH_DATA'],
    [CLAIMS, 'INVALID_WALLET_ADDRESS'],
    [CREATED, 'TOKEN_EXPIRED'],
    [[3], 'MISSING_AUTH_DATA_SIGNATURE'],
    [[3, 1], 'UNSUPPORTED_SIGNATURE_TYPE'],
    [AUTH_SIGNATURE, 'INVALID_AUTH_DATA_SIGNATURE'],
    [AUTH_RECOVERY, address],
  ];
  return reasons.find(([each]) => same(each, path))![1];
}

/** The message around the key has one form: whatever else is in it, or in its encoding, is refused. */
const ofKey =
  (...places: readonly Path[]) =>
  (token: GoodToken, path: Path): readonly Answer[] => [
    places.some((each) => same(each, path)) ? 'INVALID_IDENTITY_KEY' : addressOf(token),
  ];

/** Tokens whose bytes are laid out in another way, right or wrong. */
export function wireFaults(kit: FaultKit): Families {
  const { good, changed, signed } = kit;

  /** Changes one of the token's places. Changed auth data are signed again, or not, which must show. */
  const atPlace = (
    which: 'fields' | 'messages',
    change: (token: GoodToken, path: Path, random: () => number) => Message,
    meaning: (token: GoodToken, path: Path) => readonly Answer[] = (token) => [addressOf(token)],
  ): Family =>
    fc.tuple(good, fc.nat(), fc.boolean(), fc.nat(2 ** 30)).map(([token, at, signAgain, seed]) => {
      const places = placesOf(token)[which];
      const path = places[at % places.length]!;
      const message = change(token, path, numbers(seed));
      if (!changesAuthData(token.message, message))
        return { authorization: bearer(message), expected: meaning(token, path) };
      if (signAgain) return { authorization: bearer(signed(token, message)), expected: meaning(token, path) };
      const expected = meaning(token, path).map((answer) =>
        answer.startsWith('0x') ? 'INVALID_AUTH_DATA_SIGNATURE' : answer,
      );
      return { authorization: bearer(message), expected };
    });

  return {
    'nothing wrong': changed(fc.constant(0), (token) => [token.message, addressOf(token)]),

    'a field left out': atPlace(
      'fields',
      ({ message }, path) => replaced(message, path, () => []),
      (token, path) => [reasonWithout(path, token, addressOf(token))],
    ),

    'a field written twice': atPlace(
      'fields',
      ({ message }, path) => replaced(message, path, (field) => [field, field]),
      ofKey(KEY_BYTES),
    ),

    'a field with another value before it': atPlace(
      'fields',
      ({ message }, path, random) =>
        replaced(message, path, (field) => [{ ...field, value: otherValue(field, random) }, field]),
      ofKey(KEY_BYTES),
    ),

    'fields in another order': atPlace('messages', ({ message }, path, random) =>
      within(message, path, (content) => content.toSorted(() => (random() % 2 === 0 ? -1 : 1))),
    ),

    'an unknown field': atPlace(
      'messages',
      ({ message }, path, random) =>
        within(message, path, (content) => insertAt(content, random(), unknownField(random))),
      ofKey(KEY_UNION),
    ),

    'broken wire data': atPlace(
      'messages',
      ({ message }, path, random) =>
        within(message, path, (content) => insertAt(content, random(), brokenField(random))),
      (_, path) => [insideAuthData(path) ? 'MALFORMED_AUTH_DATA' : 'MALFORMED_TOKEN'],
    ),

    'another wire type': atPlace(
      'fields',
      ({ message }, path, random) => replaced(message, path, (field) => [otherWireType(field, random)]),
      (_, path) => [insideAuthData(path) && !same(path, AUTH_DATA) ? 'MALFORMED_AUTH_DATA' : 'MALFORMED_TOKEN'],
    ),

    'a number written with more bytes than needed': atPlace(
      'fields',
      ({ message }, path, random) =>
        replaced(message, path, (field) => [
          {
            ...field,
            tagLength: 2 + (random() % 4),
            varintLength: 2 + (random() % (typeof field.value === 'bigint' ? 9 : 4)),
          },
        ]),
      ofKey(KEY_BYTES),
    ),

    'a length, a number or a tag with bits that lax readers cut off': atPlace(
      'fields',
      ({ message }, path, random) =>
        replaced(message, path, (field) => {
          if (random() % 2 === 0) return [{ ...field, tagExcess: excess(32, random) }];
          return [{ ...field, varintExcess: excess(typeof field.value === 'bigint' ? 64 : 32, random) }];
        }),
      (_, path) => [insideAuthData(path) && !same(path, AUTH_DATA) ? 'MALFORMED_AUTH_DATA' : 'MALFORMED_TOKEN'],
    ),

    'a number of more than ten bytes': atPlace(
      'fields',
      ({ message }, path, random) =>
        replaced(message, path, (field) => [
          { ...field, [random() % 2 === 0 ? 'tagLength' : 'varintLength']: 11 + (random() % 9) },
        ]),
      (_, path) => [insideAuthData(path) && !same(path, AUTH_DATA) ? 'MALFORMED_AUTH_DATA' : 'MALFORMED_TOKEN'],
    ),

    'a token that is long, and good': fc.tuple(good, fc.integer({ min: 0, max: 1_200 })).map(([token, length]) => ({
      authorization: bearer([...token.message, { number: 15, value: new Uint8Array(length) }]),
      expected: [addressOf(token)],
    })),

    'groups in groups': fc.tuple(good, fc.integer({ min: 1, max: 550 }), fc.boolean()).map(([token, depth, closed]) => {
      const content = join([new Uint8Array(depth).fill(0x7b), closed ? new Uint8Array(depth).fill(0x7c) : NOTHING]);
      return {
        authorization: bearer([...token.message, content]),
        expected: closed ? [addressOf(token), 'MALFORMED_TOKEN'] : ['MALFORMED_TOKEN'],
      };
    }),

    'the end cut off': fc.tuple(good, fc.nat()).map(([{ message }, at]) => {
      const bytes = encode(message);
      return {
        authorization: `Bearer ${base64(bytes.subarray(0, at % bytes.length))}`,
        expected: [...UNREADABLE, 'MALFORMED_HEADER'],
      };
    }),

    'bits flipped anywhere': fc.tuple(good, fc.array(fc.nat(), { minLength: 1, maxLength: 3 })).map(([token, bits]) => {
      const bytes = encode(token.message);
      for (const bit of bits) bytes[(bit >> 3) % bytes.length]! ^= 1 << (bit & 7);
      return { authorization: `Bearer ${base64(bytes)}`, expected: [...UNREADABLE, ...JUDGED, addressOf(token)] };
    }),
  };
}
