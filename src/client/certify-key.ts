import { randomPrivateKey } from '../crypto/private-key.js';
import { statementText } from '../token/statement.js';
import { checkCertificate } from './check-certificate.js';
import { deviceIdentity, type CertifiedKey, type DeviceIdentity } from './device-identity.js';
import type { ClientSettings } from './options.js';
import { epochMs } from './sign-token.js';
import { readWalletSignature } from './wallet/wallet-signature.js';
import type { ConnectedWallet } from './wallet/wallet.js';

/**
 * Makes a fresh identity key and has a wallet certify it, with one prompt.
 * @throws AuthError INVALID_WALLET_SIGNATURE or WALLET_MISMATCH if the wallet did not sign the statement with the key of its own
 *   address; what the wallet's `sign` throws.
 */
export async function certifyKey(
  { address, sign }: ConnectedWallet,
  settings: ClientSettings,
): Promise<DeviceIdentity> {
  const privateKey = randomPrivateKey();
  const unsigned = { timestamp: epochMs(settings.nowMs()), bytes: settings.curve.publicKey(privateKey) };
  const answer = await sign(statementText(unsigned, settings.statement));
  const key: CertifiedKey = { ...unsigned, signature: { kind: 'ecdsa_compact', ...readWalletSignature(answer) } };
  checkCertificate(key, address, settings);
  return deviceIdentity({ wallet: address, privateKey, key });
}
