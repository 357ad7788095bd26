import { createHash } from 'node:crypto';

import { getBytes, keccak256 as ethersKeccak256 } from 'ethers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { keccak256, sha256 } from '../../src/crypto/hash.js';

describe('keccak256', () => {
  it('is Keccak and not SHA3-256', () => {
    const empty = 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470';
    expect(Buffer.from(keccak256(new Uint8Array(0))).toString('hex')).toBe(empty);
  });

  it('is what ethers computes, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(keccak256(bytes)).toEqual(getBytes(ethersKeccak256(bytes)));
      }),
    );
  });
});

describe('sha256', () => {
  it('is what Node computes, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(Buffer.from(sha256(bytes))).toEqual(createHash('sha256').update(bytes).digest());
      }),
    );
  });
});
