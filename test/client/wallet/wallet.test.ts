import { Buffer } from 'node:buffer';

import { BrowserProvider, verifyMessage, VoidSigner } from 'ethers';
import { ethers as ethers5 } from 'ethers5';
import { describe, expect, it } from 'vitest';

import type { WalletLike } from '../../../src/client/wallet/wallet-like.js';
import { connectWallet } from '../../../src/client/wallet/wallet.js';
import { hostileValues } from '../../support/hostile-values.js';
import { browserProvider, realAddress, realWallets } from '../../support/real-wallets.js';

const NOT_A_WALLET = /^not a wallet: expected a viem account/;
const signMessage = async () => '0x';

describe('connectWallet', () => {
  it.each(realWallets)('has %s sign a text in personal_sign form under its own address', async (_, make) => {
    const { address, sign } = await connectWallet(await make());
    expect(address).toBe(realAddress);
    const signature = (await sign('two\nlines, ünïcödé ✓')) as string | Uint8Array;
    const hex = typeof signature === 'string' ? signature : `0x${Buffer.from(signature).toString('hex')}`;
    expect(verifyMessage('two\nlines, ünïcödé ✓', hex)).toBe(realAddress);
  });

  it('asks a provider for accounts first, then to sign the text in hex with the account as the provider spells it', async () => {
    const provider = browserProvider();
    const { sign } = await connectWallet(provider);
    expect(provider.asked).toEqual([{ method: 'eth_requestAccounts' }]);
    await sign('é');
    expect(provider.asked.slice(1)).toEqual([
      { method: 'personal_sign', params: ['0xc3a9', realAddress.toLowerCase()] },
    ]);
  });

  it('keeps `this` for wallets that are classes', async () => {
    class Mine {
      #address = realAddress;
      getAddress() {
        return this.#address;
      }
      signMessage(text: string) {
        return `${this.#address} ${text}`;
      }
    }
    const { sign } = await connectWallet(new Mine());
    expect(await sign('text')).toBe(`${realAddress} text`);
  });

  it.each(['toLowerCase', 'toUpperCase'] as const)(
    'takes an address %s and gives it in EIP-55 case',
    async (change) => {
      const address = realAddress[change]();
      expect((await connectWallet({ address, signMessage })).address).toBe(realAddress);
    },
  );

  it('takes an address whose case follows the rule of another chain', async () => {
    const address = realAddress.replace(/[a-f]/, (letter) => letter.toUpperCase());
    expect((await connectWallet({ address, signMessage })).address).toBe(realAddress);
  });

  it('signs with a smart account of viem in viem form, though it has getAddress too', async () => {
    const asked: unknown[] = [];
    const smart = {
      type: 'smart',
      address: realAddress,
      getAddress: async () => realAddress,
      signMessage: async (request: { message: string }) => {
        asked.push(request);
        return '0x';
      },
    };
    const { sign } = await connectWallet(smart);
    await sign('text');
    expect(asked).toEqual([{ message: 'text' }]);
  });

  it.each<readonly [string, unknown]>([
    ...hostileValues.filter(([name]) => !name.includes('proxy')),
    ['an address', realAddress],
    ['a viem account that cannot sign', { address: realAddress, type: 'json-rpc' }],
    ['something that signs but has no address', { signMessage }],
    ['something with an address that is no text', { address: 7, signMessage }],
  ])('refuses %s', async (_, value) => {
    await expect(connectWallet(value as never)).rejects.toThrow(NOT_A_WALLET);
    await expect(connectWallet(value as never)).rejects.toThrow(TypeError);
  });

  it.each<readonly [string, unknown]>([
    ['address is no address', { address: 'alice.eth', signMessage }],
    ['getAddress gives nothing', { getAddress: () => undefined, signMessage }],
    ['account has no address', { account: {}, signMessage }],
    ['provider gives no accounts', { request: async () => [] }],
    ['provider gives no list', { request: async () => null }],
  ])('refuses a wallet whose %s', async (_, value) => {
    await expect(connectWallet(value as never)).rejects.toThrow(new TypeError('the wallet gave no Ethereum address'));
  });

  it('makes a WalletError of what the wallet throws, at once or later, with the own error as its cause', async () => {
    const cause = Object.assign(new Error('User rejected the request.'), { code: 4001 });
    const rejected = expect.objectContaining({ name: 'WalletError', code: 'USER_REJECTED', cause });
    for (const fails of [
      () => Promise.reject(cause),
      () => {
        throw cause;
      },
    ]) {
      await expect(connectWallet({ request: fails })).rejects.toEqual(rejected);
      await expect(connectWallet({ getAddress: fails, signMessage })).rejects.toEqual(rejected);
      const { sign } = await connectWallet({ address: realAddress, signMessage: fails });
      await expect(sign('text')).rejects.toEqual(rejected);
    }
    await expect((await connectWallet(new VoidSigner(realAddress))).sign('text')).rejects.toThrow(
      /^the wallet failed: VoidSigner cannot sign/,
    );
  });

  it.each<[string, unknown]>([
    ['6', new BrowserProvider(browserProvider())],
    ['5', new ethers5.providers.Web3Provider(browserProvider())],
  ])('refuses a provider of ethers %s, which is no wallet, with the hint getSigner()', async (_, provider) => {
    await expect(connectWallet(provider as never)).rejects.toThrow(
      new TypeError('not a wallet: this is an ethers provider; use the signer that `await provider.getSigner()` gives'),
    );
  });

  describe('with a signal', () => {
    const hangs = () => new Promise<never>(() => undefined);

    it.each<[string, WalletLike]>([
      ['tell its address', { getAddress: hangs, signMessage }],
      ['give its accounts', { request: hangs }],
    ])('waits no longer than that for a wallet that does not %s', async (__, wallet) => {
      const abort = new AbortController();
      const waiting = connectWallet(wallet, abort.signal);
      abort.abort(new Error('closed'));
      await expect(waiting).rejects.toThrow(new Error('closed'));
    });

    it('waits no longer than that for a signature', async () => {
      const abort = new AbortController();
      const { sign } = await connectWallet({ address: realAddress, signMessage: hangs }, abort.signal);
      const waiting = sign('text');
      abort.abort(new Error('closed'));
      await expect(waiting).rejects.toThrow(new Error('closed'));
    });
  });
});
