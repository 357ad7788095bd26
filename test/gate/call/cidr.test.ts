import { isIP } from 'node:net';

import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it, vi } from 'vitest';

import { ipOf, leadingBits, parseIp, parseRange } from '../../../src/gate/call/cidr.js';

describe('parseIp', () => {
  it.each<[string, number | bigint | undefined]>([
    ['0.0.0.0', 0],
    ['203.0.113.7', 0xcb007107],
    ['255.255.255.255', 0xffff_ffff],
    ['::', 0n],
    ['::1', 1n],
    ['1::', 1n << 112n],
    ['2001:DB8::7', 0x2001_0db8_0000_0000_0000_0000_0000_0007n],
    ['1:2:3:4:5:6:7:8', 0x0001_0002_0003_0004_0005_0006_0007_0008n],
    ['64:ff9b::203.0.113.7', 0x0064_ff9b_0000_0000_0000_0000_cb00_7107n],
    ['::ffff:203.0.113.7', 0xcb007107],
    ['::ffff:cb00:7107', 0xcb007107],
    ['0:0:0:0:0:FFFF:203.0.113.7', 0xcb007107],
    ['::cb00:7107', 0xcb007107n],
    ['::203.0.113.7', 0xcb007107n],
    ['64:ff9b::203.1.113.7', 0x0064_ff9b_0000_0000_0000_0000_cb01_7107n],
    ['1111:2222:3333:4444:5555:6666:119.119.136.136', 0x1111_2222_3333_4444_5555_6666_7777_8888n], // none is longer
    ['fe80::1%eth0', undefined],
    ['203.0.113.256', undefined],
    ['203.0.113', undefined],
    ['1:2:3:4:5:6:7', undefined],
    ['', undefined],
    [' 1.2.3.4', undefined],
    ['0x1.2.3.4', undefined],
    ['010.0.0.1', undefined],
    ['10.1', undefined],
    ['167772161', undefined],
    ['::ffff:010.0.0.1', undefined],
    ['::0x7f.0.0.1', undefined],
    ['00001::', undefined],
    ['1::2:3:4:5:6:7:8', undefined],
    ['[::1]', undefined],
  ])('%s', (text, bits) => {
    expect(parseIp(text)).toBe(bits);
  });

  it('reads every IPv6 address in its long and short spelling alike', () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const long = groups.map((each) => each.toString(16).padStart(4, '0')).join(':');
        const short = new URL(`http://[${long}]/`).hostname.slice(1, -1);
        expect(parseIp(short)).toBe(parseIp(long));
      }),
    );
  });
});

/** Pieces of addresses, put together by chance. */
const nearlyAnAddress = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '::',
        ':',
        '.',
        '0',
        '00',
        '01',
        '1',
        'ffff',
        'FFFF',
        '12345',
        '0x1',
        '255',
        '256',
        'g',
        '%',
        '%eth0',
      ),
      fc.constantFrom(' ', '/', '\n', '1.2.3.4', '::ffff:', '1:2:3:4:5:6:', '1:2:3:4:5:6:7'),
      fc.string({ maxLength: 3 }),
      fc.ipV4(),
      fc.ipV4Extended(),
      fc.ipV6(),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''));

it('parseIp takes what node:net takes for an address without a zone, and nothing else', () => {
  fc.assert(
    fc.property(nearlyAnAddress, (text) => {
      expect([text, parseIp(text) !== undefined]).toEqual([text, isIP(text) !== 0 && !text.includes('%')]);
    }),
    { numRuns: 5_000 },
  );
});

describe('ipOf', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7', '203.0.113.7'],
    ['2001:DB8:1::7', '2001:DB8:1::7', '2001:db8:1:0'],
    ['::1', '::1', '0:0:0:0'],
    [
      '1111:2222:3333:4444:5555:6666:119.119.136.136',
      '1111:2222:3333:4444:5555:6666:119.119.136.136',
      '1111:2222:3333:4444',
    ],
  ])('of %s is %s in the network %s', (text, full, network) => {
    for (let i = 0; i < 2; i++) expect(ipOf(text)).toMatchObject({ text: full, network, bits: parseIp(text) });
  });

  it('reads an address once, as long as not too many others come between', () => {
    ipOf('198.51.100.77');
    const parse = vi.spyOn(ipaddr.IPv4, 'parse');
    ipOf('198.51.100.77');
    expect(parse).not.toHaveBeenCalled();
    for (let i = 0; i < 10_000; i++) ipOf(`10.0.${i >> 8}.${i & 255}`);
    parse.mockClear();
    ipOf('198.51.100.77');
    expect(parse).toHaveBeenCalledOnce();
    parse.mockRestore();
  });
});

describe('parseRange', () => {
  it.each<[string, number | undefined]>([
    ['10.0.0.0/8', 8],
    ['10.0.0.0/0', 0],
    ['10.0.0.1', 32],
    ['::1', 128],
    ['2001:db8::/48', 48],
    ['::/0', 0],
    ['::ffff:10.0.0.0/104', 8],
    ['::ffff:10.0.0.0/95', undefined],
    ['10.0.0.0/33', undefined],
    ['::/129', undefined],
    ['10.0.0.0/-1', undefined],
    ['10.0.0.0/', undefined],
    ['10.0.0.0/8/8', undefined],
    ['10.0.0.0/ 8', undefined],
    ['10.0.0.0/8.0', undefined],
    ['localhost', undefined],
    ['', undefined],
  ])('%s', (text, length) => {
    expect(parseRange(text)?.length).toBe(length);
  });
});

it.each<[string, number, number | bigint]>([
  ['203.0.113.7', 32, 0xcb007107],
  ['203.0.113.7', 24, 0xcb0071],
  ['203.0.113.7', 1, 1],
  ['203.0.113.7', 0, 0],
  ['2001:db8::7', 128, 0x2001_0db8_0000_0000_0000_0000_0000_0007n],
  ['2001:db8::7', 32, 0x2001_0db8n],
  ['2001:db8::7', 0, 0n],
])('leadingBits of %s, %i of them', (address, length, bits) => {
  expect(leadingBits(parseIp(address) ?? -1, length)).toBe(bits);
});
