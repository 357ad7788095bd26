import { computeAddress, verifyMessage } from 'ethers';
import { describe, expect, it } from 'vitest';

import { createIdentity } from '../../src/client/index.js';
import { testWallets } from '../../src/testing/index.js';

describe('testWallets', () => {
  it('are alice, bob and carol, frozen', () => {
    expect(Object.keys(testWallets)).toEqual(['alice', 'bob', 'carol']);
    expect(Object.isFrozen(testWallets) && Object.values(testWallets).every((wallet) => Object.isFrozen(wallet))).toBe(
      true,
    );
  });

  describe.each(Object.entries(testWallets))('%s', (_, wallet) => {
    it('has the address that ethers finds for the private key', () => {
      expect(computeAddress(wallet.privateKey)).toBe(wallet.address);
    });

    it('signs a text in either form, as ethers verifies it', async () => {
      const signature = await wallet.signMessage('tëxt');
      expect(verifyMessage('tëxt', signature)).toBe(wallet.address);
      expect(await wallet.signMessage({ message: 'tëxt' })).toBe(signature);
    });

    it('is a wallet for createIdentity', async () => {
      expect((await createIdentity(wallet)).wallet).toBe(wallet.address);
    });
  });
});
