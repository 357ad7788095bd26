import type { DiscoveredWallet, WalletLike } from 'grpc-wallet-auth/client';

import { pastDemoWallet } from './demo-wallet.js';

/** A wallet that the user chose. */
export interface ChosenWallet {
  readonly wallet: WalletLike;
  /** Its name over reloads: that of EIP-6963, or `demo:` and an address. It is no secret. */
  readonly key: string;
}

const ITEM = 'wallet-chat';

/** Notes which wallet is in use, so that a reload restores its session. */
export function noteWallet(chosen: ChosenWallet | undefined): void {
  ifAllowed((storage) => (chosen === undefined ? storage.removeItem(ITEM) : storage.setItem(ITEM, chosen.key)));
}

/** The wallet that was in use when the page was left, if it is still there. */
export function lastWallet(wallets: readonly DiscoveredWallet[]): ChosenWallet | undefined {
  const key = ifAllowed((storage) => storage.getItem(ITEM)) ?? '';
  if (key.startsWith('demo:')) return { wallet: pastDemoWallet(key.slice('demo:'.length)), key };
  const found = wallets.find(({ rdns }) => rdns === key);
  return found && { wallet: found.wallet, key };
}

/** Browsers may be set to keep nothing for a page: it asks for the wallet again then. */
function ifAllowed<T>(use: (storage: Storage) => T): T | undefined {
  try {
    return use(localStorage);
  } catch {
    return undefined;
  }
}
