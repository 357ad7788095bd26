import type { AccountWallet } from 'grpc-wallet-auth/client';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

/** A wallet with a random key, which is kept nowhere: it is gone when the page is left. */
export function newDemoWallet(): AccountWallet {
  return privateKeyToAccount(generatePrivateKey());
}

/** The same wallet in a later page. It cannot sign, and need not while this browser has an identity of it. */
export function pastDemoWallet(address: string): AccountWallet {
  return {
    address,
    signMessage() {
      throw new Error('the key of a demo wallet is gone when its page was left');
    },
  };
}
