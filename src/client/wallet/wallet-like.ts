/** A signature as a wallet returns it: hex with `0x`, or bytes. */
export type WalletSignature = string | Uint8Array;

/** A viem account with its key at hand, or a plain object that signs `{ message }` and has an address. */
export interface AccountWallet {
  /** The Ethereum address, in any case. */
  readonly address: string;
  /** Signs a text as `personal_sign` does. */
  signMessage(request: { message: string }): WalletSignature | Promise<WalletSignature>;
}

/** A viem wallet client that has an account. */
export interface ClientWallet {
  /** The account that signs. */
  readonly account: { readonly address: string };
  /** Signs a text as `personal_sign` does. */
  signMessage(request: { account: object; message: string }): WalletSignature | Promise<WalletSignature>;
}

/** An ethers signer, version 5 or 6, or a plain object that signs a text and has a method for its address. */
export interface SignerWallet {
  /** The Ethereum address, in any case. */
  getAddress(): string | Promise<string>;
  /** Signs a text as `personal_sign` does. */
  signMessage(message: string): WalletSignature | Promise<WalletSignature>;
}

/**
 * An EIP-1193 provider, such as `window.ethereum`. A client of viem that only passes requests on, such as wagmi's connector client,
 * is one with an account: that account signs, whichever the wallet shows first.
 */
export interface ProviderWallet {
  /** Answers `eth_requestAccounts`, `eth_accounts` and `personal_sign`. */
  request(request: { method: string; params?: unknown }): Promise<unknown>;
}

/** Whatever can sign a text with `personal_sign`. Told apart by shape; no wallet library is needed. */
export type WalletLike = AccountWallet | ClientWallet | SignerWallet | ProviderWallet;

export function isClient(wallet: unknown): wallet is ClientWallet {
  return isObject(wallet) && isFunction(wallet['signMessage']) && isObject(wallet['account']);
}

/** A smart account of viem has both an address and `getAddress`, but signs as a viem account does. */
export function isSigner(wallet: unknown): wallet is SignerWallet {
  if (!isObject(wallet) || wallet['type'] === 'smart') return false;
  return isFunction(wallet['signMessage']) && isFunction(wallet['getAddress']);
}

export function isAccount(wallet: unknown): wallet is AccountWallet {
  return isObject(wallet) && isFunction(wallet['signMessage']) && typeof wallet['address'] === 'string';
}

export function isProvider(wallet: unknown): wallet is ProviderWallet & Record<string, unknown> {
  return isObject(wallet) && isFunction(wallet['request']);
}

/** BrowserProvider of ethers 6, Web3Provider of ethers 5. */
export function hasSigners(wallet: unknown): boolean {
  return isObject(wallet) && isFunction(wallet['getSigner']);
}

/** The account that a client of viem was given, or nothing. */
export function accountOfClient({ account }: Record<string, unknown>): unknown {
  return isObject(account) ? account['address'] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' && value !== null) || isFunction(value);
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
