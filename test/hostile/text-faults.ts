import fc from 'fast-check';

import { varint } from '../support/raw-proto.js';
import { base64 } from '../support/token-workshop.js';
import { bearer, type FaultKit, type Families } from './fault-kit.js';
import { encode, join, rawField } from './wire-model.js';

/** Values of the header that are written in another way, right or wrong. */
export function textFaults(kit: FaultKit): Families {
  const { good, header } = kit;

  const spaces = (min: number) => fc.nat(5).map((n) => ' '.repeat(min + n));
  return {
    'two good tokens joined in text': fc
      .tuple(good, good, fc.constantFrom(',', ', ', ';', ' ', ', Bearer ', ' Bearer ', '\n', '\0', '==', '.'))
      .map(([one, other, glue]) => ({
        authorization: `${bearer(one.message)}${glue}${base64(encode(other.message))}`,
        expected: ['MALFORMED_TOKEN'],
      })),

    'base64 in another right form': header(
      fc.constantFrom(
        (text) => `Bearer ${urlSafe(text)}`,
        (text) => `Bearer ${text.replaceAll('=', '')}`,
        (text) => `Bearer ${urlSafe(text).replaceAll('=', '')}`,
      ),
    ),

    'base64 with a character that is none': header(
      fc
        .tuple(
          fc.nat(),
          fc.constantFrom(...'.,:;!?*%&$#@~^|()[]{}<>"\'`\\\t\n\r\0\u00A0\u00E9\u2028\uFEFF\uD800\uDC00='.split('')),
        )
        .map(([at, character]) => (text: string) => {
          const place = at % text.replaceAll('=', '').length;
          return `Bearer ${text.slice(0, place)}${character}${text.slice(place + (character === '=' ? 0 : 1))}`;
        }),
      'MALFORMED_TOKEN',
    ),

    'base64 with wrong padding': header(
      fc.constantFrom('=', '==', '===', '====').map((padding) => (text: string) => {
        const bare = text.replaceAll('=', '');
        const right = '='.repeat((4 - (bare.length % 4)) % 4);
        return `Bearer ${bare}${padding === right ? `${padding}=` : padding}`;
      }),
      'MALFORMED_TOKEN',
    ),

    'base64 with bits left over, or of both alphabets': fc.tuple(good, fc.boolean()).map(([token, mixed]) => {
      // an unknown field at the end makes the length a multiple of three less one, and puts in + and /
      const filler = (length: number) => rawField(9, 2, join([varint(length), new Uint8Array(length).fill(0xfb)]));
      const length = [30, 31, 32].find((each) => (encode(token.message).length + filler(each).length) % 3 === 2)!;
      const text = base64(join([encode(token.message), filler(length)]));
      const wrong = mixed ? text.replace('+', '-') : text.replace(/.=$/, (end) => `${next(end[0]!)}=`);
      return { authorization: `Bearer ${wrong}`, expected: ['MALFORMED_TOKEN'] };
    }),

    'a header in another right form': header(
      fc
        .tuple(fc.mixedCase(fc.constant('bearer')), spaces(1), spaces(0))
        .chain(([scheme, before, after]) =>
          fc
            .boolean()
            .map(
              (list) => (text: string) =>
                list ? [`${scheme}${before}${text}${after}`] : `${scheme}${before}${text}${after}`,
            ),
        ),
    ),

    'a header of another scheme': header(
      fc
        .oneof(
          fc.constantFrom(
            'Basic',
            'Bear',
            'Bearers',
            'Bearer:',
            'Token',
            'bеarer',
            'BEARER\t',
            'Bearer,',
            '\uFEFFBearer',
          ),
          fc.string({ minLength: 1, maxLength: 10 }),
        )
        .filter((scheme) => !scheme.includes(' ') && scheme.toLowerCase() !== 'bearer')
        .map((scheme) => (text: string) => `${scheme} ${text}`),
      'UNSUPPORTED_SCHEME',
    ),

    'a malformed header': header(
      fc.constantFrom<(text: string) => unknown>(
        (text) => text,
        (text) => ` Bearer ${text}`,
        (text) => `Bearer\t${text}`,
        (text) => `Bearer${text}`,
        () => 'Bearer',
        () => 'Bearer ',
        () => 'Bearer      ',
        () => '',
        () => ' ',
        (text) => [Buffer.from(`Bearer ${text}`)],
        (text) => [[`Bearer ${text}`]],
        (text) => ({ 0: `Bearer ${text}`, length: 1 }),
        (text) => Object(`Bearer ${text}`),
        (text) => [undefined, `Bearer ${text}`].slice(0, 1),
      ),
      'MALFORMED_HEADER',
    ),

    'no header, or several': fc.oneof(
      header(
        fc.constantFrom(
          (): unknown => undefined,
          () => null,
          () => [],
        ),
        'MISSING_CREDENTIALS',
      ),
      header(
        fc.integer({ min: 2, max: 5 }).map((n) => (text: string) => Array(n).fill(`Bearer ${text}`)),
        'MULTIPLE_CREDENTIALS',
      ),
    ),

    'a token that is too long': header(
      fc
        .integer({ min: 2_049, max: 9_000 })
        .map((length) => (text: string) => `Bearer ${text.replaceAll('=', '').padEnd(length, 'A')}`),
      'TOKEN_TOO_LARGE',
    ),
  };
}

function urlSafe(text: string): string {
  return text.replaceAll('+', '-').replaceAll('/', '_');
}

/** The next digit of base64: one that differs in the bits that are left over. */
function next(digit: string): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return digits[digits.indexOf(digit) ^ 1]!;
}
