import { recoverSigner } from '../crypto/personal-message.js';
import { AuthError } from '../errors.js';
import { networkNameOf, revokeText, type RevokeStatement } from '../token/revoke-statement.js';
import { LAST_MS } from '../token/times.js';
import { abortSignal } from './abort.js';
import { clientSettings, type ClientOptions } from './options.js';
import type { WalletLike } from './wallet/wallet-like.js';
import { readWalletSignature } from './wallet/wallet-signature.js';
import { connectWallet } from './wallet/wallet.js';

/** What is revoked on which network, by which clock, with which curve, and how long a wallet may take. */
export interface RevocationOptions extends Omit<ClientOptions, 'statement'> {
  /** The name of the network, as its nodes have it: 1 to 64 printable ASCII characters, without a space at either end. */
  networkName: string;
  /** The one device to revoke: `<wallet>/<32 hex digits>`. Default: all of the wallet. */
  deviceId?: string | undefined;
  /** Until when all devices are revoked. Not beside `deviceId`. Default: now. */
  until?: Date | undefined;
  /** Ends the wait for the wallet, such as `AbortSignal.timeout(120_000)`. Default: wallets may take for ever. */
  signal?: AbortSignal | undefined;
}

/** A statement that the wallet has signed, for RevokeByWallet of any node of its network. It is no secret, and never too old. */
export interface SignedRevocation {
  /** The wallet's address in EIP-55 case. */
  readonly wallet: string;
  /** The device that it revokes; `undefined` if it revokes all. */
  readonly deviceId: string | undefined;
  /** Until when it revokes all devices, in milliseconds since the Unix epoch; `undefined` if it revokes one. */
  readonly untilMs: number | undefined;
  /** 65 bytes: R, S, and the recovery id, 0 or 1. */
  readonly signature: Uint8Array;
}

/**
 * Has a wallet sign that one of its devices, or all that it has until now, are revoked: with one prompt, and without any device.
 * @param wallet as for `createIdentity`.
 * @throws TypeError if an option is wrong, the device is another wallet's or the wallet is none.
 * @throws AuthError INVALID_WALLET_SIGNATURE or WALLET_MISMATCH if the wallet did not sign the text with the key of its own
 *   address, as contract wallets cannot.
 * @throws WalletError if the user rejects the request or the wallet fails; the signal's reason once that is aborted.
 * @example
 * import { signRevocation, type ProviderWallet } from 'grpc-wallet-auth/client';
 *
 * declare const window: { readonly ethereum: ProviderWallet }; // a browser with a wallet
 * const revocation = await signRevocation(window.ethereum, { networkName: 'notes.example' });
 * console.log(revocation.untilMs);
 */
export async function signRevocation(wallet: WalletLike, options: RevocationOptions): Promise<SignedRevocation> {
  const { networkName: name, deviceId, until, signal, ...clientOptions } = options;
  const settings = clientSettings(clientOptions, ['now', 'curve']);
  const networkName = networkNameOf(name);
  const scope = scopeOf(deviceId, until, settings.nowMs);
  const { address, sign } = await connectWallet(wallet, abortSignal(signal));
  if ('deviceId' in scope && !scope.deviceId.startsWith(`${address}/`))
    throw new TypeError(`deviceId must be a device of the wallet ${address}`);

  const text = revokeText({ networkName, wallet: address, scope });
  const { bytes, recovery } = readWalletSignature(await sign(text));
  const signer = recoverSigner(text, bytes, recovery, settings.curve);
  if (signer === undefined)
    throw new AuthError('INVALID_WALLET_SIGNATURE', { message: 'no key can have made the wallet signature' });
  if (signer !== address) {
    const message = `the wallet is ${address}, but the signature of the statement recovers to ${signer}`;
    throw new AuthError('WALLET_MISMATCH', { message });
  }
  const signature = Uint8Array.of(...bytes, recovery);
  return Object.freeze({ wallet: address, deviceId: undefined, untilMs: undefined, ...scope, signature });
}

function scopeOf(deviceId: string | undefined, until: Date | undefined, nowMs: () => number): RevokeStatement['scope'] {
  if (deviceId === undefined) return { untilMs: untilMsOf(until === undefined ? new Date(nowMs()) : until) };
  if (until !== undefined) throw new TypeError('deviceId and until exclude each other');
  if (typeof deviceId === 'string' && /^0x[0-9a-fA-F]{40}\/[0-9a-f]{32}$/.test(deviceId)) return { deviceId };
  throw new TypeError('deviceId must be <wallet>/<32 hex digits>');
}

function untilMsOf(until: Date): number {
  const ms = until instanceof Date ? until.getTime() : NaN;
  if (ms >= 1 && ms <= LAST_MS) return ms;
  throw new TypeError('until must be a Date after 1970 and before the year 10000');
}
