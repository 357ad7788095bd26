import { describe, expect, it } from 'vitest';

import { currentAccount } from '../../../src/client/wallet/current-account.js';
import type { WalletLike } from '../../../src/client/wallet/wallet-like.js';
import { hostileValues } from '../../support/hostile-values.js';
import { browserProvider, realAddress, realWallets } from '../../support/real-wallets.js';

describe('currentAccount', () => {
  it.each(realWallets)('knows the account of %s', async (_, make) => {
    expect(await currentAccount(await make())).toBe(realAddress);
  });

  it('asks a provider for accounts in the way that shows no prompt', async () => {
    const provider = browserProvider();
    await currentAccount(provider);
    expect(provider.asked).toEqual([{ method: 'eth_accounts' }]);
  });

  it.each(hostileValues.filter(([name]) => !name.includes('proxy')))('takes %s for no account', async (_, value) => {
    const notAList = { request: async () => value };
    expect(await currentAccount(notAList)).toBeUndefined();
    expect(await currentAccount({ request: async () => [value] })).toBeUndefined();
  });

  it('rejects with a WalletError where the wallet fails, and with the reason of a signal', async () => {
    const failing = { request: () => Promise.reject(new Error('locked')) };
    await expect(currentAccount(failing)).rejects.toMatchObject({ name: 'WalletError', code: 'WALLET_FAILED' });
    const hanging = { request: () => new Promise(() => undefined) };
    await expect(currentAccount(hanging, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });

  it.each(hostileValues.filter(([name]) => !name.includes('proxy')))('refuses %s as a wallet', async (_, value) => {
    await expect(currentAccount(value as WalletLike)).rejects.toThrow(TypeError);
  });
});
