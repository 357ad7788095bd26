import { stripVTControlCharacters } from 'node:util';

import { describe, expect, it } from 'vitest';

import { heading, row } from '../../../src/cli/demo/table.js';
import { authReasons } from '../../../src/index.js';

const plain = (text: string) => stripVTControlCharacters(text);

describe('the table of the demo', () => {
  it.each(authReasons)('a good line of 100 columns at most: %s', (reason) => {
    const outcome = { status: 'PERMISSION_DENIED', detail: reason };
    const text = plain(row({ what: 'w'.repeat(40), expected: outcome, got: outcome }));
    expect(text.length).toBeLessThanOrEqual(100);
    expect(text).toMatch(new RegExp(`^✓ w{19}…  ${reason} +PERMISSION_DENIED  ${reason}$`));
  });

  it('a line that came out differently shows both in full', () => {
    const expected = { status: 'OK', detail: 'this' };
    const got = { status: 'UNAVAILABLE', detail: 'No connection established to any of the addresses' };
    expect(plain(row({ what: 'a call', expected, got })).split('\n')).toEqual([
      expect.stringMatching(/^✗ a call {16}this {25}UNAVAILABLE {8}No connection established …$/),
      '  expected OK this, got UNAVAILABLE No connection established to any of the addresses',
    ]);
  });

  it('the names of the columns stand over them', () => {
    const line = row({ what: '', expected: { status: 'OK', detail: 'E' }, got: { status: 'G', detail: '' } });
    expect(heading().indexOf('expected')).toBe(plain(line).indexOf('E'));
    expect(heading().indexOf('got')).toBe(plain(line.split('\n')[0]!).indexOf('G'));
  });
});
