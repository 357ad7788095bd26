import type { Address } from '../crypto/address.js';
import { recoverSigner } from '../crypto/personal-message.js';
import { AuthError } from '../errors.js';
import { statementText } from '../token/statement.js';
import type { CertifiedKey } from './device-identity.js';
import type { ClientSettings } from './options.js';

/**
 * Makes sure that a wallet signed the identity statement about exactly this key, as every node will.
 * @throws AuthError INVALID_WALLET_SIGNATURE or WALLET_MISMATCH
 */
export function checkCertificate(
  key: CertifiedKey,
  wallet: Address,
  { statement, curve }: Pick<ClientSettings, 'statement' | 'curve'>,
): void {
  const { bytes, recovery } = key.signature;
  const signer = recoverSigner(statementText(key, statement), bytes, recovery, curve);
  if (signer === undefined) {
    throw new AuthError('INVALID_WALLET_SIGNATURE', { message: 'no key can have made the wallet signature' });
  }
  if (signer === wallet) return;
  throw new AuthError('WALLET_MISMATCH', {
    message: `the wallet is ${wallet}, but the signature of the identity statement recovers to ${signer}`,
  });
}
