import { Buffer } from 'node:buffer';

import { Wallet } from 'ethers';
import { describe, expect, it } from 'vitest';

import { personalSign } from '../../src/testing/personal-sign.js';

const privateKey = `0x${'7e'.repeat(32)}`;

describe('personalSign', () => {
  it.each(['', 'text', 'two\nlines', '✓'])('signs %j as ethers does', (text) => {
    const { bytes, recovery } = personalSign(text, privateKey);
    const v = (27 + recovery).toString(16);
    expect(`0x${Buffer.from(bytes).toString('hex')}${v}`).toBe(new Wallet(privateKey).signMessageSync(text));
  });

  it('refuses a private key that is no hex', () => {
    expect(() => personalSign('text', privateKey.slice(2))).toThrow(TypeError);
  });
});
