import { randomPrivateKey } from '../crypto/private-key.js';
import { certificateText, checkCertificate } from './check-certificate.js';
import { deviceIdentity, type CertifiedKey, type DeviceIdentity } from './device-identity.js';
import type { ClientSettings } from './options.js';
import { epochMs, epochNs } from './sign-token.js';
import { readWalletSignature } from './wallet/wallet-signature.js';
import type { ConnectedWallet } from './wallet/wallet.js';

/** What is certified, and for how long. */
export interface CertifyOptions {
  /** When the certificate ends, in milliseconds from now. Default: never. */
  readonly validForMs?: number | undefined;
  /** The key of a device whose certificate has ended. Default: a fresh one. */
  readonly privateKey?: Uint8Array | undefined;
}

/**
 * Has a wallet certify an identity key, with one prompt.
 * @throws AuthError INVALID_WALLET_SIGNATURE or WALLET_MISMATCH if the wallet did not sign the statement with the key of its own
 *   address; what the wallet's `sign` throws.
 */
export async function certifyKey(
  { address, sign }: ConnectedWallet,
  settings: ClientSettings,
  { validForMs, privateKey = randomPrivateKey() }: CertifyOptions = {},
): Promise<DeviceIdentity> {
  const madeMs = settings.nowMs();
  const unsigned = {
    timestamp: epochMs(madeMs),
    bytes: settings.curve.publicKey(privateKey),
    ...(validForMs !== undefined && { notAfterNs: epochNs(madeMs + validForMs) }),
  };
  const answer = await sign(certificateText(unsigned, address, settings.statement));
  const key: CertifiedKey = { ...unsigned, signature: { kind: 'ecdsa_compact', ...readWalletSignature(answer) } };
  checkCertificate(key, address, settings);
  return deviceIdentity({ wallet: address, privateKey, key });
}
