import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { bytes as node } from '../../src/bytes/node-bytes.js';
import { bytes as portable } from '../../src/bytes/portable-bytes.js';

const plain = (text: string, bytes = node) => {
  const read = bytes.readBase64(text);
  return read && [Buffer.from(read.bytes).toString('hex'), read.text];
};
function same(text: string): void {
  expect(plain(text)).toEqual(plain(text, portable));
}

/** Texts that are nearly base64: of its characters, and of some that Buffer skips. */
const nearly = fc
  .array(fc.constantFrom(...'ABab09+/-_= \n\t\0=\u00e9\u2028\ud800.,'.split('')), { maxLength: 12 })
  .map((characters) => characters.join(''));

describe('Node’s bytes are the portable ones', () => {
  it('for base64 of any bytes, in all forms', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const standard = Buffer.from(bytes).toString('base64');
        const urlSafe = Buffer.from(bytes).toString('base64url');
        for (const text of [standard, urlSafe, standard.replaceAll('=', ''), urlSafe.padEnd(standard.length, '=')]) {
          same(text);
          expect(plain(text)?.[0]).toBe(Buffer.from(bytes).toString('hex'));
        }
      }),
    );
  });

  it('for texts that are nearly base64', () => {
    fc.assert(fc.property(nearly, same), { numRuns: 20_000 });
  });

  it('for base64 with one character changed, put in or taken out', () => {
    const change = fc.tuple(fc.uint8Array({ maxLength: 60 }), fc.nat(), fc.nat(1), nearly);
    fc.assert(
      fc.property(change, ([bytes, at, removed, put]) => {
        const text = Buffer.from(bytes).toString('base64');
        const place = at % (text.length + 1);
        same(text.slice(0, place) + put.slice(0, 2) + text.slice(place + removed));
      }),
      { numRuns: 20_000 },
    );
  });

  it('for every text of two characters and every last character of a group', () => {
    const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
    for (const a of ascii) for (const b of ascii) for (const end of ['', '=', '==']) same(`${a}${b}${end}`);
    for (const c of ascii) for (const end of ['', '=']) same(`AB${c}${end}`);
  });

  it('for hex, Latin-1 and UTF-8 of anything, parts of larger arrays included', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(50),
        fc.string({ unit: 'binary' }),
        (whole, start, text) => {
          for (const bytes of [whole, whole.subarray(start), Buffer.from(whole).subarray(start)]) {
            expect(node.toHex(bytes)).toBe(portable.toHex(bytes));
            expect(node.toLatin1(bytes)).toBe(portable.toLatin1(bytes));
          }
          expect(Buffer.from(node.encodeUtf8(text))).toEqual(Buffer.from(portable.encodeUtf8(text)));
          expect(node.utf8Length(text)).toBe(portable.utf8Length(text));
        },
      ),
    );
  });

  it.each(['\ud800', 'a\udc00b', '\udc00\ud800', '\ud83d\udd11', '\u00e9', '\0'])('for the text %j', (text) => {
    expect(Buffer.from(node.encodeUtf8(text))).toEqual(Buffer.from(portable.encodeUtf8(text)));
    expect(node.utf8Length(text)).toBe(portable.utf8Length(text));
  });
});
