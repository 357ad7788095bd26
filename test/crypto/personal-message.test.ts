import { getBytes, hashMessage } from 'ethers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { hashPersonalMessage, recoverSigner } from '../../src/crypto/personal-message.js';
import { nobleCurve } from '../../src/index.js';
import { countingCurve } from '../support/counting-curve.js';
import { alice, aliceAddress, bobAddress, sign, withOtherS } from '../support/token-workshop.js';

const TEXT = 'Gr\u00fc\u00dfe an \u{1f511} und \u4e16\u754c';

describe('hashPersonalMessage', () => {
  it.each(['', 'a', TEXT, '\n', '0x00', 'a'.repeat(9), 'a'.repeat(10), 'a'.repeat(100), '\u{1f511}'.repeat(300)])(
    'is ethers.hashMessage for %j',
    (text) => {
      expect(hashPersonalMessage(text)).toEqual(getBytes(hashMessage(text)));
    },
  );

  it('is ethers.hashMessage for any well-formed text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(hashPersonalMessage(text)).toEqual(getBytes(hashMessage(text)));
      }),
    );
  });
});

describe('recoverSigner', () => {
  const { bytes, recovery } = sign(alice, hashMessage(TEXT));

  it('names the wallet that signed, in EIP-55 case', () => {
    expect(recoverSigner(TEXT, bytes, Number(recovery), nobleCurve)).toBe(aliceAddress);
  });

  it('names the same wallet for the signature with high S and the other recovery id', () => {
    const high = withOtherS({ field: 1, bytes, recovery });
    expect(recoverSigner(TEXT, high.bytes, Number(high.recovery), nobleCurve)).toBe(aliceAddress);
  });

  it('names another address for another text or the other recovery id', () => {
    for (const [text, id] of [[`${TEXT} `, Number(recovery)] as const, [TEXT, Number(recovery) ^ 1] as const]) {
      expect([aliceAddress, bobAddress]).not.toContain(recoverSigner(text, bytes, id, nobleCurve));
    }
  });

  it('names no address for a signature that no key can have made', () => {
    expect(recoverSigner(TEXT, new Uint8Array(64), 0, nobleCurve)).toBeUndefined();
  });

  it('throws when the curve gives no uncompressed point, and names the curve', () => {
    const compressed = countingCurve({ name: 'small', recover: () => new Uint8Array(33) });
    expect(() => recoverSigner(TEXT, bytes, 0, compressed)).toThrow('curve small recovered 33 bytes, not 65');
  });
});
