import { describe, expect, it } from 'vitest';

import { fromHex } from '../../src/crypto/hex.js';
import { isPrivateKey, randomPrivateKey } from '../../src/crypto/private-key.js';

const ORDER_BUT_LAST_BYTE = '0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd03641';
const bytesOf = (hex: string) => fromHex(hex) ?? new Uint8Array(0);

describe('randomPrivateKey', () => {
  it('returns another key each time', () => {
    const keys = Array.from({ length: 50 }, () => randomPrivateKey());
    expect(keys.every(isPrivateKey)).toBe(true);
    expect(new Set(keys.map((key) => key.join())).size).toBe(50);
  });
});

describe('isPrivateKey', () => {
  it('accepts 1 and the order of the curve less 1', () => {
    expect(isPrivateKey(bytesOf(`0x${'00'.repeat(31)}01`))).toBe(true);
    expect(isPrivateKey(bytesOf(`${ORDER_BUT_LAST_BYTE}40`))).toBe(true);
  });

  it('refuses 0 and the order of the curve', () => {
    expect(isPrivateKey(new Uint8Array(32))).toBe(false);
    expect(isPrivateKey(bytesOf(`${ORDER_BUT_LAST_BYTE}41`))).toBe(false);
  });

  it.each([0, 31, 33, 64])('refuses %i bytes', (length) => {
    expect(isPrivateKey(new Uint8Array(length).fill(1))).toBe(false);
  });
});
