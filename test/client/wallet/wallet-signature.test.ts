import { Buffer } from 'node:buffer';

import { Signature, Wallet } from 'ethers';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readWalletSignature } from '../../../src/client/wallet/wallet-signature.js';
import { hostileValues } from '../../support/hostile-values.js';
import { refusalOf } from '../../support/refusal-of.js';

const rs = Uint8Array.from({ length: 64 }, (_, i) => i + 1);
const withV = (v: number) => Uint8Array.of(...rs, v);
const hex = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString('hex')}`;

describe('readWalletSignature', () => {
  it.each([
    [0, 0],
    [1, 1],
    [27, 0],
    [28, 1],
  ])('reads v %i as recovery id %i, from bytes and from hex of either case', (v, recovery) => {
    const expected = { bytes: rs, recovery };
    expect(readWalletSignature(withV(v))).toEqual(expected);
    expect(readWalletSignature(hex(withV(v)))).toEqual(expected);
    expect(readWalletSignature(`0x${hex(withV(v)).slice(2).toUpperCase()}`)).toEqual(expected);
  });

  it('refuses every other v', () => {
    for (let v = 0; v < 256; v++) {
      if ([0, 1, 27, 28].includes(v)) continue;
      expect(refusalOf(() => readWalletSignature(withV(v))).message).toContain(`its v is ${v}, not 0, 1, 27 or 28`);
    }
  });

  it('reads the EIP-2098 form that ethers writes', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 12; i++) {
      const signature = Signature.from(new Wallet(`0x${'77'.repeat(32)}`).signMessageSync(`text ${i}`));
      seen.add(signature.yParity);
      const read = readWalletSignature(signature.compactSerialized);
      expect(hex(read.bytes)).toBe(signature.r + signature.s.slice(2));
      expect(read.recovery).toBe(signature.yParity);
    }
    expect(seen).toEqual(new Set([0, 1]));
  });

  it('refuses every length but 64 and 65', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        fc.pre(bytes.length !== 64 && bytes.length !== 65);
        const { reason, message } = refusalOf(() => readWalletSignature(bytes));
        expect(reason).toBe('INVALID_WALLET_SIGNATURE');
        expect(message).toContain(`${bytes.length} bytes`);
      }),
    );
  });

  it.each([
    ['no 0x', hex(withV(27)).slice(2)],
    ['an odd digit', `${hex(withV(27))}0`],
    ['a letter that is no digit', hex(withV(27)).replace('0x01', '0x0g')],
    ['white space', ` ${hex(withV(27))}`],
    ['parts instead of bytes', { r: 1n, s: 1n, v: 27 }],
    ['numbers instead of bytes', [...withV(27)]],
  ])('refuses a signature with %s', (_, answer) => {
    expect(refusalOf(() => readWalletSignature(answer)).reason).toBe('INVALID_WALLET_SIGNATURE');
  });

  it.each(hostileValues.filter(([name]) => name !== 'bytes' && !name.includes('proxy')))('refuses %s', (_, value) => {
    expect(refusalOf(() => readWalletSignature(value)).reason).toBe('INVALID_WALLET_SIGNATURE');
  });

  it('does not share its bytes with the answer', () => {
    const answer = withV(27);
    const { bytes } = readWalletSignature(answer);
    answer.fill(0);
    expect(bytes).toEqual(rs);
  });

  it.each([
    ['65 bytes', Uint8Array.of(...rs.with(32, 0x81), 27)],
    ['EIP-2098', rs.with(32, 0x81)],
  ])('shares nothing with a Buffer either, and does not write to it: %s', (_, answer) => {
    const buffer = Buffer.from(answer);
    const { bytes } = readWalletSignature(buffer);
    expect(buffer).toEqual(Buffer.from(answer));
    const read = Uint8Array.from(bytes);
    buffer.fill(0);
    expect(Uint8Array.from(bytes)).toEqual(read);
  });
});
