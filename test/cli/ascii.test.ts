import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { asciiJson, asciiText } from '../../src/cli/ascii.js';

describe('asciiJson', () => {
  it('writes what JSON cannot', () => {
    const value = { big: 2n ** 64n, bytes: Uint8Array.of(1, 255), missing: undefined, list: [undefined, 1n] };
    expect(asciiJson(value)).toBe('{"big":"18446744073709551616","bytes":"0x01ff","missing":null,"list":[null,"1"]}');
  });

  it('is printable ASCII in one line, and JSON of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = asciiJson(value);
        expect(text).toMatch(/^[ -~]*$/);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
    expect(asciiJson('\u007f\u009b\u2028\ud83d\ude00\ud800')).toBe('"\\u007f\\u009b\\u2028\\ud83d\\ude00\\ud800"');
  });
});

describe('asciiText', () => {
  it('escapes all but printable ASCII', () => {
    expect(asciiText('plain ~ text')).toBe('plain ~ text');
    expect(asciiText('\u001b[31m\n\u00e9')).toBe('\\u001b[31m\\u000a\\u00e9');
  });
});
