import { describe, expect, it } from 'vitest';

import { createVerifier } from '../../src/index.js';
import { fixedToken, mintToken, testWallets } from '../../src/testing/index.js';

describe('fixedToken', () => {
  it('is a token source that always returns this text', async () => {
    const token = mintToken({ wallet: testWallets.bob });
    const source = fixedToken(token);
    expect(await source.get()).toBe(token);
    expect(createVerifier().verify(`Bearer ${await source.get()}`).wallet).toBe(testWallets.bob.address);
  });

  it('returns it whatever a node reports', async () => {
    const source = fixedToken('text');
    source.invalidate();
    source.invalidate('text');
    source.noteServerTime(1_000);
    source.noteExpiry('text', 1_000);
    expect(await source.get()).toBe('text');
    expect(Object.isFrozen(source)).toBe(true);
  });

  it('accepts a text that is no token, to test refusals', async () => {
    expect(await fixedToken('junk').get()).toBe('junk');
  });

  it.each([undefined, null, 5, {}, new Uint8Array(2)])('refuses %s', (text) => {
    expect(() => fixedToken(text as never)).toThrow(new TypeError('fixedToken takes a text'));
  });
});
