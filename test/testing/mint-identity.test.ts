import { describe, expect, it } from 'vitest';

import { createToken, exportIdentity, importIdentity } from '../../src/client/index.js';
import { createVerifier } from '../../src/index.js';
import { mintIdentity, testWallets } from '../../src/testing/index.js';

describe('mintIdentity', () => {
  it('makes a device of alice that nodes take', () => {
    const identity = mintIdentity();
    expect(identity.wallet).toBe(testWallets.alice.address);
    expect(createVerifier().verify(`Bearer ${createToken(identity)}`).deviceId).toBe(identity.deviceId);
  });

  it('makes the same device in every run', () => {
    expect(mintIdentity().deviceId).toBe('0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A/af3a106f2843ff7f0e1b1599b0650cbe');
    expect(exportIdentity(mintIdentity())).toEqual(exportIdentity(mintIdentity()));
  });

  it('makes another device for another name and for another wallet', () => {
    const devices = [
      mintIdentity(),
      mintIdentity({ device: 'laptop' }),
      mintIdentity({ wallet: testWallets.bob }),
      mintIdentity({ wallet: testWallets.bob, device: 'laptop' }),
    ];
    expect(new Set(devices.map(({ identityKey }) => identityKey.join())).size).toBe(4);
    expect(devices.map(({ wallet }) => wallet)).toEqual([
      testWallets.alice.address,
      testWallets.alice.address,
      testWallets.bob.address,
      testWallets.bob.address,
    ]);
  });

  it('takes undefined as not set', () => {
    expect(mintIdentity({ wallet: undefined, device: undefined, statement: undefined })).toEqual(mintIdentity());
  });

  it('certifies for another statement', () => {
    const statement = { title: 'Acme : Sign in', closing: 'https://acme.example' };
    const bytes = exportIdentity(mintIdentity({ statement }));
    expect(importIdentity(bytes, { statement })).toEqual(mintIdentity({ statement }));
  });

  it('refuses unknown names and a wrong statement', () => {
    expect(() => mintIdentity({ name: 'laptop' } as never)).toThrow(TypeError);
    expect(() => mintIdentity({ statement: { title: '', closing: '' } })).toThrow(TypeError);
  });
});
