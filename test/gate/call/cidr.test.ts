import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { leadingBits, parseIp, parseRange } from '../../../src/gate/call/cidr.js';

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
    ['::cb00:7107', 0xcb007107n],
    ['fe80::1%eth0', undefined],
    ['203.0.113.256', undefined],
    ['203.0.113', undefined],
    ['1:2:3:4:5:6:7', undefined],
    ['', undefined],
    [' 1.2.3.4', undefined],
    ['0x1.2.3.4', undefined],
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
