import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AuthError } from '../../src/errors.js';
import { bearerToken, bearerValue, type AuthorizationValue } from '../../src/token/bearer.js';
import { anyText } from '../support/arbitraries.js';
import { reasonOf, refusalOf } from '../support/refusal-of.js';

const MAX = 16;
const read = (value: unknown) => bearerToken(value as AuthorizationValue, MAX);

describe('bearerToken accepts', () => {
  it.each([
    ['the usual form', 'Bearer abc'],
    ['a lower-case scheme', 'bearer abc'],
    ['an upper-case scheme', 'BEARER abc'],
    ['a scheme in mixed case', 'bEaReR abc'],
    ['two spaces', 'Bearer  abc'],
    ['many spaces', `Bearer${' '.repeat(100)}abc`],
    ['a trailing space', 'Bearer abc '],
    ['many trailing spaces', `Bearer abc${' '.repeat(100)}`],
    ['spaces on both sides', 'Bearer   abc   '],
    ['a list of one value', ['Bearer abc']],
    ['a frozen list of one value', Object.freeze(['Bearer abc'])],
  ])('%s', (_, value) => {
    expect(read(value)).toBe('abc');
  });

  it.each([
    ['a comma', 'a,b'],
    ['an inner space', 'a b'],
    ['a tab', '\tab'],
    ['a trailing tab', 'ab\t'],
    ['a line end', 'ab\n'],
    ['a no-break space', '\u00a0ab'],
    ['a non-ASCII character', 'a\u0141b'],
    ['a lone surrogate', 'a\ud800'],
    ['a second scheme', 'Bearer ab'],
  ])('%s in the token as it is: the alphabet is base64 decoding\u2019s business', (_, token) => {
    expect(read(`Bearer ${token}`)).toBe(token);
  });

  it('any token up to the limit and returns it unchanged', () => {
    const token = anyText({ minLength: 1, maxLength: MAX }).filter((text) => !/^ | $/.test(text));
    fc.assert(
      fc.property(token, fc.nat(5), fc.nat(5), (text, before, after) => {
        expect(read(`Bearer ${' '.repeat(before)}${text}${' '.repeat(after)}`)).toBe(text);
      }),
    );
  });
});

describe('bearerToken refuses', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['an empty list', []],
  ])('%s as MISSING_CREDENTIALS', (_, value) => {
    expect(reasonOf(() => read(value))).toBe('MISSING_CREDENTIALS');
  });

  it.each([
    ['two good values', ['Bearer abc', 'Bearer abc']],
    ['a good value and an empty one', ['Bearer abc', '']],
    ['an empty value and a good one', ['', 'Bearer abc']],
    ['three values', ['Bearer a', 'Bearer b', 'Bearer c']],
    ['two values that are no texts', [1, 2]],
  ])('%s as MULTIPLE_CREDENTIALS', (_, value) => {
    const error = refusalOf(() => read(value));
    expect(error.reason).toBe('MULTIPLE_CREDENTIALS');
    expect(error.cause).toEqual({ values: value.length });
  });

  it.each([
    ['an empty text', ''],
    ['one space', ' '],
    ['the scheme alone', 'Bearer'],
    ['the scheme and a space', 'Bearer '],
    ['the scheme and many spaces', 'Bearer     '],
    ['a token alone', 'abc'],
    ['a leading space', ' Bearer abc'],
    ['a tab for the space', 'Bearer\tabc'],
    ['a no-break space for the space', 'Bearer\u00a0abc'],
    ['a line end for the space', 'Bearer\nabc'],
    ['the other scheme alone', 'Basic'],
    ['a list with an empty text', ['']],
    ['a list with nothing in it', [undefined]],
    ['a list with null', [null]],
    ['a list with a hole', Array(1)],
    ['a list in a list', [['Bearer abc']]],
    ['a list with bytes', [Buffer.from('Bearer abc')]],
    ['bytes', Buffer.from('Bearer abc')],
    ['a boxed text', Object('Bearer abc')],
    ['an object that looks like a list', { 0: 'Bearer abc', length: 1 }],
    ['a number', 0],
    ['a boolean', false],
    ['a function', () => 'Bearer abc'],
    ['a symbol', Symbol('Bearer abc')],
  ])('%s as MALFORMED_HEADER', (_, value) => {
    expect(reasonOf(() => read(value))).toBe('MALFORMED_HEADER');
  });

  it.each([
    ['Basic', 'Basic abc'],
    ['a scheme of the same length', 'Bearex abc'],
    ['a longer scheme', 'BearerX abc'],
    ['a shorter scheme', 'Beare abc'],
    ['a scheme of one letter', 'B abc'],
    ['a scheme with a colon', 'Bearer: abc'],
    ['a tab before the space', 'Bearer\t abc'],
    ['a comma before the space', 'Bearer, abc'],
    ['a scheme with a Greek capital Alpha', 'Be\u0391rer abc'],
    ['a scheme with a dotless i', 'bearer\u0131 abc'],
    ['another scheme with nothing after it', 'Basic '],
  ])('%s as UNSUPPORTED_SCHEME: %j', (_, value) => {
    expect(reasonOf(() => read(value))).toBe('UNSUPPORTED_SCHEME');
  });

  it('a token longer than the limit as TOKEN_TOO_LARGE, and reports how long', () => {
    expect(read(`Bearer ${'a'.repeat(MAX)}`)).toHaveLength(MAX);
    const error = refusalOf(() => read(`Bearer ${'a'.repeat(MAX + 1)}`));
    expect(error.reason).toBe('TOKEN_TOO_LARGE');
    expect(error.cause).toEqual({ length: MAX + 1, maxLength: MAX });
  });

  it('a token by the length of the token alone: scheme and spaces do not count', () => {
    const token = 'a'.repeat(MAX);
    expect(read(`Bearer    ${token}     `)).toBe(token);
    expect(reasonOf(() => read(`Bearer    ${token}a     `))).toBe('TOKEN_TOO_LARGE');
    expect(reasonOf(() => read(`Bearer ${token.slice(1)} a`))).toBe('TOKEN_TOO_LARGE');
  });

  it('anything else with an AuthError and no other exception', () => {
    const value = fc.oneof(anyText(), fc.anything(), fc.array(anyText()));
    fc.assert(
      fc.property(value, (anything) => {
        try {
          expect(read(anything)).toBeTypeOf('string');
        } catch (error) {
          expect(error).toBeInstanceOf(AuthError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('bearerValue', () => {
  it('writes a value that bearerToken reads back', () => {
    expect(bearerValue('abc')).toBe('Bearer abc');
    expect(read(bearerValue('abc'))).toBe('abc');
  });
});
