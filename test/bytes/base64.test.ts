import { Buffer } from 'node:buffer';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeBase64, encodeBase64 } from '../../src/bytes/base64.js';

const decoded = (text: string) => {
  const bytes = decodeBase64(text);
  return bytes && Buffer.from(bytes).toString('hex');
};

describe('encodeBase64', () => {
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('writes %j as %j (RFC 4648 section 10)', (plain, text) => {
    expect(encodeBase64(Buffer.from(plain))).toBe(text);
  });

  it('writes any bytes as Node does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
      }),
    );
  });
});

describe('decodeBase64', () => {
  it('reads any bytes in all four forms: two alphabets, with and without padding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const standard = Buffer.from(bytes).toString('base64');
        const urlSafe = standard.replaceAll('+', '-').replaceAll('/', '_');
        for (const text of [standard, urlSafe]) {
          expect(decodeBase64(text)).toEqual(bytes);
          expect(decodeBase64(text.replaceAll('=', ''))).toEqual(bytes);
        }
      }),
    );
  });

  it('returns bytes that share no memory with other results', () => {
    const first = decodeBase64('Zm9v')!;
    first.fill(0);
    expect(decoded('Zm9v')).toBe('666f6f');
    expect(first.buffer.byteLength).toBe(3);
  });

  it.each([
    ['', ''],
    ['AA==', '00'],
    ['AA', '00'],
    ['AAA=', '0000'],
    ['AAA', '0000'],
    ['AAAA', '000000'],
    ['+/+/', 'fbffbf'],
    ['-_-_', 'fbffbf'],
    ['////', 'ffffff'],
    ['/w==', 'ff'],
    ['_w', 'ff'],
    ['//8=', 'ffff'],
    ['__8', 'ffff'],
  ])('reads %j as %j', (text, hex) => {
    expect(decoded(text)).toBe(hex);
  });

  it.each([
    ['both alphabets: + and -', '+A-A'],
    ['both alphabets: + and _', '+A_A'],
    ['both alphabets: / and -', '/A-A'],
    ['both alphabets: _ and /, far apart', `_AAA${'AAAA'.repeat(20)}/AAA`],
    ['one character', 'A'],
    ['length 1 mod 4', 'AAAAA'],
    ['length 1 mod 4 after the padding is taken off', 'AAAAA==='],
    ['one padding character too few', 'AA='],
    ['one padding character too many', 'AA==='],
    ['three padding characters', 'A==='],
    ['padding where none belongs', 'AAAA='],
    ['a whole group of padding', 'AAAA===='],
    ['only padding', '===='],
    ['one padding character alone', '='],
    ['two padding characters alone', '=='],
    ['padding in the middle', 'AA==AAAA'],
    ['padding in the middle and at the end', 'AA==AA=='],
    ['padding at the front', '=AAA'],
    ['a character between paddings', 'A=A='],
    ['a bit left over after one byte', 'AB=='],
    ['a bit left over after one byte, unpadded', 'AB'],
    ['the highest bit left over after one byte', 'AI'],
    ['a bit left over after two bytes', 'AAB='],
    ['a bit left over after two bytes, unpadded', 'AAB'],
    ['the highest bit left over after two bytes', 'AAC'],
    ['a space at the end', 'AAAA '],
    ['a space inside', 'AA AA'],
    ['a line end', 'AAAA\n'],
    ['a line end before the padding', 'AA\n=='],
    ['a tab', '\tAAAA'],
    ['a comma', 'AAAA,AAAA'],
    ['a dot', 'AAAA.AAAA'],
    ['a NUL', 'AAA\0'],
    ['DEL', 'AAA\x7f'],
    ['a character of Latin-1', 'AAA\xc1'],
    ['U+0141, whose low byte is A', 'AAA\u0141'],
    ['a full-width A', 'AAA\uff21'],
    ['a lone high surrogate', 'AAA\ud800'],
    ['a lone low surrogate', 'AAA\udc41'],
    ['a character outside the basic plane', 'AA\u{1f511}'],
  ])('refuses %s: %j', (_, text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });

  it('accepts exactly 66 of all 65,536 characters, padding aside', () => {
    let accepted = '';
    for (let code = 0; code < 65_536; code++) {
      const character = String.fromCharCode(code);
      if (decodeBase64(`AAA${character}`)) accepted += character;
    }
    // a "=" in the fourth place is padding
    expect(accepted).toBe('+-/0123456789=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz');
  });

  it('returns bytes that encode to the very same text, for any text that it accepts', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'ABCDwxyz0189+/-_='.split('')), maxLength: 9 });
    fc.assert(
      fc.property(digits, (text) => {
        const bytes = decodeBase64(text);
        if (bytes === undefined) return;
        const standard = text.replaceAll('-', '+').replaceAll('_', '/');
        const canonical = encodeBase64(bytes);
        expect([canonical, canonical.replaceAll('=', '')]).toContain(standard);
      }),
      { numRuns: 2_000 },
    );
  });
});
