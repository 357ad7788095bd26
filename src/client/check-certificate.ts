import type { Address } from '../crypto/address.js';
import { sha256 } from '../crypto/hash.js';
import { recoverSigner } from '../crypto/personal-message.js';
import { AuthError } from '../errors.js';
import type { UnsignedKey } from '../token/encode-token.js';
import { isSiwe, statementText, type Statement } from '../token/statement.js';
import { hasNamedTimes } from '../token/times.js';
import type { CertifiedKey } from './device-identity.js';
import type { ClientSettings } from './options.js';

/** The text that a wallet signs about a key. */
export function certificateText(key: UnsignedKey, wallet: Address, statement: Statement): string {
  return statementText(key, statement, undefined, { wallet, sha256 });
}

/**
 * Makes sure that a wallet signed the identity statement about exactly this key, as every node will.
 * @throws AuthError INVALID_WALLET_SIGNATURE or WALLET_MISMATCH; INVALID_IDENTITY_KEY if the statement cannot name the key's times.
 */
export function checkCertificate(
  key: CertifiedKey,
  wallet: Address,
  { statement, curve }: Pick<ClientSettings, 'statement' | 'curve'>,
): void {
  const { bytes, recovery } = key.signature;
  if (isSiwe(statement) && !hasNamedTimes(key)) {
    throw new AuthError('INVALID_IDENTITY_KEY', { message: 'the statement names the time of the key, which has none' });
  }
  const signer = recoverSigner(certificateText(key, wallet, statement), bytes, recovery, curve);
  if (signer === undefined) {
    throw new AuthError('INVALID_WALLET_SIGNATURE', { message: 'no key can have made the wallet signature' });
  }
  if (signer === wallet) return;
  throw new AuthError('WALLET_MISMATCH', {
    message: `the wallet is ${wallet}, but the signature of the identity statement recovers to ${signer}`,
  });
}
