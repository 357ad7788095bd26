import { Buffer } from 'node:buffer';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fromHex, toHex } from '../../src/crypto/hex.js';

describe('toHex', () => {
  it('writes 0x and lower-case digits as Node does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(toHex(bytes)).toBe(`0x${Buffer.from(bytes).toString('hex')}`);
      }),
    );
  });
});

describe('fromHex', () => {
  it('reads what toHex writes, in either case', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(fromHex(`0x${toHex(bytes).slice(2).toUpperCase()}`)).toEqual(bytes);
      }),
    );
  });

  it.each(['', '00', '0X00', '0x0', '0x0g', '0x00 ', ' 0x00', '0x00\n', '0x-1', '0x١١'])('refuses %j', (text) => {
    expect(fromHex(text)).toBe(undefined);
  });
});
