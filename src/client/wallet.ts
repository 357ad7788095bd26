import { parseAddress, type Address } from '../crypto/address.js';
import { toHex } from '../crypto/hex.js';
import { untilAborted } from './abort.js';
import { askWallet } from './wallet-error.js';

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

/** An EIP-1193 provider, such as `window.ethereum`. */
export interface ProviderWallet {
  /** Answers `eth_requestAccounts` and `personal_sign`. */
  request(request: { method: string; params?: unknown }): Promise<unknown>;
}

/** Whatever can sign a text with `personal_sign`. Told apart by shape; no wallet library is needed. */
export type WalletLike = AccountWallet | ClientWallet | SignerWallet | ProviderWallet;

/** A wallet whose address is known. */
export interface ConnectedWallet {
  /** In EIP-55 case. */
  readonly address: Address;
  /**
   * Has the wallet sign; its answer is not checked yet.
   * @throws WalletError; the signal's reason once that is aborted.
   */
  readonly sign: (text: string) => Promise<unknown>;
}

/**
 * Finds out how a wallet is called and requests its address, nothing else.
 * @param signal ends the wait for the wallet, here and in `sign`.
 * @throws TypeError if it is no wallet or has no Ethereum address; WalletError if it fails; the signal's reason once that
 *   is aborted.
 */
export async function connectWallet(wallet: WalletLike, signal?: AbortSignal): Promise<ConnectedWallet> {
  const ask = (run: () => unknown) => untilAborted(() => askWallet(run), signal);
  if (isClient(wallet)) {
    const { account } = wallet;
    const sign = (message: string) => ask(() => wallet.signMessage({ account, message }));
    return { address: addressFrom(account.address), sign };
  }
  if (isSigner(wallet)) {
    const address = addressFrom(await ask(() => wallet.getAddress()));
    return { address, sign: (text) => ask(() => wallet.signMessage(text)) };
  }
  if (isAccount(wallet)) {
    return { address: addressFrom(wallet.address), sign: (message) => ask(() => wallet.signMessage({ message })) };
  }
  if (isProvider(wallet)) {
    const accounts = await ask(() => wallet.request({ method: 'eth_requestAccounts' }));
    const account: unknown = Array.isArray(accounts) ? accounts[0] : undefined;
    const sign = (text: string) => {
      const params = [toHex(new TextEncoder().encode(text)), account];
      return ask(() => wallet.request({ method: 'personal_sign', params }));
    };
    return { address: addressFrom(account), sign };
  }
  if (hasSigners(wallet)) {
    throw new TypeError(
      'not a wallet: this is an ethers provider; use the signer that `await provider.getSigner()` gives',
    );
  }
  throw new TypeError(
    'not a wallet: expected a viem account or wallet client, an ethers signer, an EIP-1193 provider, ' +
      'or an object with signMessage and either address or getAddress',
  );
}

/** The case of the letters is no check here: some chains have their own, and the signature decides anyway. */
function addressFrom(value: unknown): Address {
  const address = typeof value === 'string' ? parseAddress(value.toLowerCase()) : undefined;
  if (address === undefined) throw new TypeError('the wallet gave no Ethereum address');
  return address;
}

function isClient(wallet: unknown): wallet is ClientWallet {
  return isObject(wallet) && isFunction(wallet['signMessage']) && isObject(wallet['account']);
}

/** A smart account of viem has both an address and `getAddress`, but signs as a viem account does. */
function isSigner(wallet: unknown): wallet is SignerWallet {
  if (!isObject(wallet) || wallet['type'] === 'smart') return false;
  return isFunction(wallet['signMessage']) && isFunction(wallet['getAddress']);
}

function isAccount(wallet: unknown): wallet is AccountWallet {
  return isObject(wallet) && isFunction(wallet['signMessage']) && typeof wallet['address'] === 'string';
}

function isProvider(wallet: unknown): wallet is ProviderWallet {
  return isObject(wallet) && isFunction(wallet['request']);
}

/** BrowserProvider of ethers 6, Web3Provider of ethers 5. */
function hasSigners(wallet: unknown): boolean {
  return isObject(wallet) && isFunction(wallet['getSigner']);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' && value !== null) || isFunction(value);
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
