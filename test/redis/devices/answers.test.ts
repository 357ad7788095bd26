import { describe, expect, it } from 'vitest';

import { readEntries, texts } from '../../../src/redis/devices/answers.js';
import { readFact } from '../../../src/redis/devices/facts.js';

const fields = ['k', 'r', 'v', 'x', 'n', 'b', 'p', 'a'];
const entries = [['7-0', fields]];

describe('answers of Redis', () => {
  it.each<[string, unknown]>([
    ['pairs, as of RESP2', [['log', entries]]],
    ['a flat list, as of ioredis 6', ['log', entries]],
    ['an object, as of redis 6', { log: entries }],
    ['a Map', new Map([['log', entries]])],
    ['bytes', [[Buffer.from('log'), [[Buffer.from('7-0'), fields.map((field) => Buffer.from(field))]]]]],
    ['fields as an object', { log: [['7-0', { k: 'r', v: 'x', n: 'b', p: 'a' }]] }],
  ])('to XREAD are read: %s', (_, answer) => {
    expect(readEntries(answer)).toEqual([{ seq: 7, kind: 'r', value: 'x', nonce: 'b', previous: 'a' }]);
  });

  it('to XREAD without news have no entries, and nonsense is refused', () => {
    expect(readEntries(null)).toEqual([]);
    for (const nonsense of ['OK', 5, {}, [], ['log']]) expect(() => readEntries(nonsense)).toThrow(/no entries/);
  });

  it('of scripts are texts', () => {
    expect(texts([1, 'a', null, Buffer.from('b')])).toEqual(['1', 'a', '', 'b']);
    expect(() => texts('OK')).toThrow(/no list/);
  });

  it.each(['', 'x', '#short', 'w:', 'w:0x0', 'w:0x0|', 'w:0x0|x|', '0x0/00'])(
    'say nothing that is revoked: %j',
    (text) => {
      expect(readFact(text)).toBeUndefined();
    },
  );
});
