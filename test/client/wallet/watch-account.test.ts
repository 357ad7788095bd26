import { EventEmitter } from 'node:events';

import { describe, expect, it } from 'vitest';

import type { WalletLike } from '../../../src/client/wallet/wallet-like.js';
import { watchAccount } from '../../../src/client/wallet/watch-account.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { hostileValues } from '../../support/hostile-values.js';

const { alice, bob } = testWallets;

/** An EIP-1193 provider with Node's emitter, as many libraries have. */
class Provider extends EventEmitter {
  async request() {
    return undefined;
  }
}

function watched() {
  const provider = new Provider();
  const seen: (string | undefined)[] = [];
  const stop = watchAccount(provider, (account) => seen.push(account));
  const change = (accounts: unknown) => provider.emit('accountsChanged', accounts);
  return { provider, seen, stop, change };
}

describe('watchAccount', () => {
  it('gives the first account of each change in EIP-55 case, once, and nothing for none', () => {
    const { seen, change } = watched();
    change([alice.address.toLowerCase(), bob.address]);
    change([alice.address]);
    change([]);
    change([]);
    change([bob.address]);
    expect(seen).toEqual([alice.address, undefined, bob.address]);
  });

  it.each(hostileValues.filter(([name]) => !name.includes('proxy')))(
    'takes %s for no account: the identity in use is put away',
    (_, value) => {
      const { seen, change } = watched();
      change(value);
      change([value]);
      expect(seen).toEqual([undefined]);
    },
  );

  it('ends when it is told to, even if the provider cannot forget listeners', () => {
    const { provider, seen, stop, change } = watched();
    stop();
    expect(provider.listenerCount('accountsChanged')).toBe(0);

    const kept: ((accounts: unknown) => void)[] = [];
    const forgetful = { request: async () => undefined, on: (_: string, each: () => void) => kept.push(each) };
    watchAccount(forgetful, (account) => seen.push(account))();
    for (const listener of kept) listener([alice.address]);
    change([alice.address]);
    expect(seen).toEqual([]);
  });

  it('does not pass on what the listener throws or rejects with', () => {
    const provider = new Provider();
    watchAccount(provider, () => {
      throw new Error('mine');
    });
    const rejects: () => unknown = () => Promise.reject(new Error('mine'));
    watchAccount(provider, rejects);
    expect(() => provider.emit('accountsChanged', [alice.address])).not.toThrow();
  });

  it('is never called for a wallet without events', () => {
    expect(watchAccount(alice, () => undefined)()).toBeUndefined();
    expect(watchAccount(undefined as unknown as WalletLike, () => undefined)()).toBeUndefined();
  });

  it('refuses a listener that is none', () => {
    expect(() => watchAccount(alice, undefined as never)).toThrow(new TypeError('listener must be a function'));
    expect(() => watchAccount(alice, {} as never)).toThrow(new TypeError('listener must be a function'));
  });
});
