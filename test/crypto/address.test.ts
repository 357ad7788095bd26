import { computeAddress, getAddress } from 'ethers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { addressOf, parseAddress } from '../../src/crypto/address.js';
import { nobleCurve } from '../../src/crypto/noble-curve.js';
import { portableTools } from '../../src/crypto/tools.js';
import { aliceAddress } from '../support/token-workshop.js';

/** The test cases of EIP-55 itself. */
const EIP_55 = [
  '0x52908400098527886E0F7030069857D2E4169EE7',
  '0x8617E340B3D01FA5F11F306F4090FD50E238070D',
  '0xde709f2102306220921060314715629080e2fb77',
  '0x27b1fdb04752bbc536007a920d24acb045561c26',
  '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
  '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
] as const;

const upper = (address: string) => `0x${address.slice(2).toUpperCase()}`;

describe('parseAddress', () => {
  it.each(EIP_55)('returns %s for itself, for all lower and for all upper case', (address) => {
    expect(parseAddress(address)).toBe(address);
    expect(parseAddress(address.toLowerCase())).toBe(address);
    expect(parseAddress(upper(address))).toBe(address);
  });

  it('writes any address as ethers does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
        const lower = `0x${Buffer.from(bytes).toString('hex')}`;
        expect(parseAddress(lower)).toBe(getAddress(lower));
      }),
    );
  });

  it('refuses an address in which the case of any one letter is changed', () => {
    const address = EIP_55[4];
    for (let i = 2; i < address.length; i++) {
      const letter = address.charAt(i);
      const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
      if (other === letter) continue;
      expect(parseAddress(address.slice(0, i) + other + address.slice(i + 1))).toBeUndefined();
    }
  });

  it.each([
    ['nothing', ''],
    ['the prefix alone', '0x'],
    ['39 digits', aliceAddress.slice(0, -1)],
    ['41 digits', `${aliceAddress}0`],
    ['41 digits, all lower', `${aliceAddress.toLowerCase()}0`],
    ['something before it, all lower', `x${aliceAddress.toLowerCase()}`],
    ['no prefix', aliceAddress.slice(2).toLowerCase()],
    ['an upper-case prefix', `0X${aliceAddress.slice(2)}`],
    ['two prefixes', `0x0x${aliceAddress.slice(4)}`],
    ['a digit that is not hex', `0xg${aliceAddress.slice(3).toLowerCase()}`],
    ['a space in front', ` ${aliceAddress}`],
    ['a space behind', `${aliceAddress} `],
    ['a line end behind', `${aliceAddress}\n`],
    ['a line in front', `x\n${aliceAddress}`],
    ['a NUL behind', `${aliceAddress}\0`],
    ['a byte order mark', `\ufeff${aliceAddress}`],
    ['full-width digits', `0x${'\uff10'.repeat(40)}`],
    ['a name', 'vitalik.eth'],
  ])('refuses %s', (_, text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('does not mix up addresses that are read in turns', () => {
    for (const address of [EIP_55[4], EIP_55[5], EIP_55[4], EIP_55[4], EIP_55[6], EIP_55[5]]) {
      expect(parseAddress(address.toLowerCase())).toBe(address);
    }
  });

  it('computes anew what other tools computed last', () => {
    const wrong = { ...portableTools, keccak256: () => new Uint8Array(32) };
    const lower = EIP_55[4].toLowerCase();
    expect(parseAddress(lower)).toBe(EIP_55[4]);
    expect(parseAddress(lower, wrong)).toBe(lower);
    expect(parseAddress(lower)).toBe(EIP_55[4]);
    expect(parseAddress(EIP_55[4], wrong)).toBeUndefined();
  });

  it('accepts an address of digits only', () => {
    const zero = `0x${'0'.repeat(40)}`;
    expect(parseAddress(zero)).toBe(zero);
  });
});

describe('addressOf', () => {
  it('is the address that ethers computes', () => {
    for (const last of [1, 2, 3, 200]) {
      const privateKey = new Uint8Array(32);
      privateKey[31] = last;
      const expected = computeAddress(`0x${Buffer.from(privateKey).toString('hex')}`);
      expect(addressOf(nobleCurve.publicKey(privateKey))).toBe(expected);
    }
  });
});
