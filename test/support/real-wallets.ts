import { BrowserProvider, Wallet } from 'ethers';
import { ethers as ethers5 } from 'ethers5';
import { createWalletClient, custom, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { mainnet } from 'viem/chains';

import type { ProviderWallet, WalletLike } from '../../src/client/index.js';

const privateKey = `0x${'5a'.repeat(32)}` as const;
const account = privateKeyToAccount(privateKey);

/** The address of every wallet here: they all have the same key. */
export const realAddress = account.address;

/** An EIP-1193 provider that keeps a list of what it was asked. */
export interface LoggedProvider extends ProviderWallet {
  readonly asked: { method: string; params?: unknown }[];
}

/** What a browser extension puts into `window.ethereum`, with viem behind it. */
export function browserProvider(): LoggedProvider {
  const asked: LoggedProvider['asked'] = [];
  return {
    asked,
    async request({ method, params }) {
      asked.push(params === undefined ? { method } : { method, params });
      if (method === 'eth_chainId') return '0x1';
      if (method === 'eth_accounts' || method === 'eth_requestAccounts') return [account.address.toLowerCase()];
      if (method !== 'personal_sign') throw Object.assign(new Error('unsupported method'), { code: 4200 });
      const [raw, address] = params as [Hex, string];
      if (address.toLowerCase() !== account.address.toLowerCase()) throw new Error('unknown account');
      return account.signMessage({ message: { raw } });
    },
  };
}

/** One of each kind that people use. Their types show that no cast is needed. */
export const realWallets: readonly (readonly [name: string, make: () => WalletLike | Promise<WalletLike>])[] = [
  ['a viem local account', () => account],
  [
    'a viem wallet client with a local account',
    () => createWalletClient({ account, chain: mainnet, transport: custom(browserProvider()) }),
  ],
  [
    'a viem wallet client with an account in the browser',
    () => createWalletClient({ account: account.address, transport: custom(browserProvider()) }),
  ],
  ['a viem wallet client without an account', () => createWalletClient({ transport: custom(browserProvider()) })],
  ['an ethers 6 wallet', () => new Wallet(privateKey)],
  ['an ethers 6 signer of a browser provider', () => new BrowserProvider(browserProvider()).getSigner()],
  ['an ethers 5 wallet', () => new ethers5.Wallet(privateKey)],
  ['an ethers 5 signer of a browser provider', () => new ethers5.providers.Web3Provider(browserProvider()).getSigner()],
  ['an EIP-1193 provider', () => browserProvider()],
  [
    'a plain object with address and signMessage',
    () => ({
      address: account.address,
      signMessage: ({ message }: { message: string }) => account.signMessage({ message }),
    }),
  ],
  [
    'a plain object with getAddress and signMessage, synchronous and in bytes',
    () => ({
      getAddress: () => account.address,
      signMessage: (message: string) => ethers5.utils.arrayify(new Wallet(privateKey).signMessageSync(message)),
    }),
  ],
];
