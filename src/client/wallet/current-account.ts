import type { Address } from '../../crypto/address.js';
import { untilAborted } from '../abort.js';
import { readAccounts } from './accounts.js';
import { askWallet } from './wallet-error.js';
import { accountOfClient, isAccount, isClient, isProvider, isSigner, type WalletLike } from './wallet-like.js';
import { connectWallet } from './wallet.js';

/**
 * The address that a wallet has now, found out without a prompt.
 * @returns `undefined` if it shows none: it is locked, or the user has not connected it to this page.
 * @throws TypeError if it is no wallet; WalletError if it fails; the signal's reason once that is aborted.
 */
export async function currentAccount(wallet: WalletLike, signal?: AbortSignal): Promise<Address | undefined> {
  const isPlainProvider = isProvider(wallet) && !isClient(wallet) && !isSigner(wallet) && !isAccount(wallet);
  if (!isPlainProvider || accountOfClient(wallet) !== undefined) return (await connectWallet(wallet, signal)).address;
  return readAccounts(await untilAborted(() => askWallet(() => wallet.request({ method: 'eth_accounts' })), signal));
}
