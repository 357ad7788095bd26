import { parseAddress, type Address } from '../../crypto/address.js';
import { toHex } from '../../crypto/hex.js';
import { untilAborted } from '../abort.js';
import { firstAccount } from './accounts.js';
import { askWallet } from './wallet-error.js';
import {
  accountOfClient,
  hasSigners,
  isAccount,
  isClient,
  isProvider,
  isSigner,
  type WalletLike,
} from './wallet-like.js';

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
    const account =
      accountOfClient(wallet) ?? firstAccount(await ask(() => wallet.request({ method: 'eth_requestAccounts' })));
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
