import type { BrowserContext } from 'playwright-core';

import type { Address } from '../../src/crypto/address.js';
import { testWallets } from '../../src/testing/test-wallets.js';

/** What a user does with a prompt: sign with an account, say no, answer rubbish, or leave it open. */
export type Answer = keyof typeof testWallets | 'reject' | 'rubbish' | 'leave open';

/** The user of a browser's wallet. The wallet is one for all tabs of a context. */
export interface WalletUser {
  /** How often the user was asked to sign. */
  prompts: number;
  /** How often the user was asked to connect the wallet to the page. */
  connects: number;
  /** Whether the wallet is connected to the page; it shows no accounts before. */
  isConnected: boolean;
  /** The selected account. */
  account: keyof typeof testWallets;
  /** What the user does. Default: signs with the selected account. */
  answer: Answer | (() => Promise<Answer>) | undefined;
}

/** Gives the pages of a context a wallet: `PROVIDER` calls what is exposed here. */
export async function exposeWallet(context: BrowserContext): Promise<WalletUser> {
  const user: WalletUser = { prompts: 0, connects: 0, isConnected: false, account: 'alice', answer: undefined };
  const accounts = () => (user.isConnected ? [testWallets[user.account].address.toLowerCase()] : []);
  await context.exposeFunction('walletRequest', async (method: string, params: readonly string[] = []) => {
    if (method === 'eth_accounts') return { result: accounts() };
    if (method === 'eth_requestAccounts') {
      if (!user.isConnected) user.connects++;
      user.isConnected = true;
      return { result: accounts() };
    }
    if (method !== 'personal_sign') return { error: 4200 };
    user.prompts++;
    const answer = (typeof user.answer === 'function' ? await user.answer() : user.answer) ?? user.account;
    if (answer === 'reject') return { error: 4001 };
    if (answer === 'rubbish') return { result: 'yes' };
    if (answer === 'leave open') return new Promise(() => undefined);
    return { result: await testWallets[answer].signMessage(Buffer.from(params[0]!.slice(2), 'hex').toString()) };
  });
  return user;
}

/** The address of a test wallet. */
export const addressOf = (name: keyof typeof testWallets): Address => testWallets[name].address;

/** What an extension puts into a page, EIP-1193 and EIP-6963. `ethereum.emit(event, value)` plays its events. */
export const PROVIDER = `
  const listeners = new Map();
  const ethereum = {
    async request({ method, params }) {
      const { result, error } = await globalThis.walletRequest(method, params);
      if (error) throw Object.assign(new Error('refused'), { code: error });
      return result;
    },
    on: (event, listener) => void listeners.set(listener, event),
    removeListener: (event, listener) => void listeners.delete(listener),
    emit: (event, value) => { for (const [listener, of] of listeners) if (of === event) listener(value); },
    listeners,
  };
  globalThis.ethereum = ethereum;
  const info = { uuid: '350670db-19fa-4704-a166-e52e178b59d2', name: 'Test', icon: 'data:image/svg+xml,', rdns: 'test.wallet' };
  const announce = () => window.dispatchEvent(
    new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider: ethereum }) }));
  window.addEventListener('eip6963:requestProvider', announce);
  announce();
`;
