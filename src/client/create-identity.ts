import { requiredInteger } from '../options.js';
import { abortSignal } from './abort.js';
import { certifyKey } from './certify-key.js';
import type { DeviceIdentity } from './device-identity.js';
import { clientSettings, type ClientOptions } from './options.js';
import type { WalletLike } from './wallet/wallet-like.js';
import { connectWallet } from './wallet/wallet.js';

const DAY_MS = 86_400_000;

/** How an identity is made: for which network, by which clock, with which curve, and how long a wallet may take. */
export interface IdentityOptions extends ClientOptions {
  /**
   * How long the certificate is good, in milliseconds; the wallet signs its end. 60 000 to 316 224 000 000 (3 660 days). Default: no
   * end. Nodes of 2022 take no notice of it.
   */
  validForMs?: number | undefined;
  /** Ends the wait for the wallet, such as `AbortSignal.timeout(120_000)`. Default: wallets may take for ever. */
  signal?: AbortSignal | undefined;
}

/**
 * Makes a fresh identity key and has the wallet certify it: the only prompt that a user ever sees for this device. Keep
 * the result with `exportIdentity`.
 * @param wallet a viem account or wallet client, an ethers signer, an EIP-1193 provider such as `window.ethereum`, or any
 *   object with `signMessage` and either `address` or `getAddress`.
 * @throws TypeError if an option is wrong or the wallet is none.
 * @throws AuthError INVALID_WALLET_SIGNATURE or WALLET_MISMATCH if the wallet did not sign the statement with the key of
 *   its own address, as contract wallets cannot.
 * @throws WalletError if the user rejects the request or the wallet fails; the signal's reason once that is aborted.
 * @example
 * import { createIdentity, type ProviderWallet } from 'grpc-wallet-auth/client';
 *
 * declare const window: { readonly ethereum: ProviderWallet }; // a browser with a wallet
 * const identity = await createIdentity(window.ethereum);
 * console.log(identity.deviceId);
 */
export async function createIdentity(wallet: WalletLike, options: IdentityOptions = {}): Promise<DeviceIdentity> {
  const settings = clientSettings(options, ['statement', 'now', 'curve', 'signal', 'validForMs']);
  const validForMs = certificateLife('validForMs', options.validForMs);
  return certifyKey(await connectWallet(wallet, abortSignal(options.signal)), settings, { validForMs });
}

/** How long a certificate may be good, in milliseconds. @throws TypeError naming the option if it is not 60 000 to 3 660 days. */
export function certificateLife(name: string, ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : requiredInteger(name, ms, 60_000, 3_660 * DAY_MS);
}
