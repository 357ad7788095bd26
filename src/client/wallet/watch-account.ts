import type { Address } from '../../crypto/address.js';
import { optionalFunction, quietly } from '../../options.js';
import { readAccounts } from './accounts.js';
import type { WalletLike } from './wallet-like.js';

/** What an EIP-1193 provider has beside `request`, for its events. */
interface Emitter {
  on(event: 'accountsChanged', listener: (accounts: unknown) => void): unknown;
  removeListener?(event: 'accountsChanged', listener: (accounts: unknown) => void): unknown;
}

/**
 * Calls a function whenever the user of an EIP-1193 provider has changed to another account, with its address in EIP-55 case, or with
 * `undefined` if the wallet shows none any more: it was disconnected from the page, or locked. Whoever uses an identity puts it away
 * then: it belongs to the account before. A session does that by itself.
 *
 * Other wallets have no such event, and the function is not called for them.
 * @returns stops watching.
 * @throws TypeError if the listener is no function.
 * @example
 * import { watchAccount, type ProviderWallet } from 'grpc-wallet-auth/client';
 *
 * declare const window: { readonly ethereum: ProviderWallet }; // a browser with a wallet
 * const stop = watchAccount(window.ethereum, (account) => console.log(account ?? 'no account'));
 * stop();
 */
export function watchAccount(wallet: WalletLike, listener: (account: Address | undefined) => void): () => void {
  if (optionalFunction('listener', listener) === undefined) throw new TypeError('listener must be a function');
  if (!isEmitter(wallet)) return () => undefined;
  let isStopped = false;
  let last: Address | undefined | null = null;

  const onChange = (accounts: unknown) => {
    const account = readAccounts(accounts);
    if (isStopped || account === last) return;
    last = account;
    quietly(() => listener(account));
  };
  quietly(() => wallet.on('accountsChanged', onChange));
  return () => {
    isStopped = true;
    quietly(() => wallet.removeListener?.('accountsChanged', onChange));
  };
}

function isEmitter(wallet: unknown): wallet is Emitter {
  return typeof (wallet as Partial<Emitter> | null)?.on === 'function';
}
