import type { Address } from '../crypto/address.js';
import type { Curve } from '../crypto/curve.js';
import { recoverSigner } from '../crypto/personal-message.js';
import { refusal } from '../errors.js';
import type { IdentityStatement } from '../token/statement.js';
import type { TokenParts } from './token-parts.js';
import { portableVerifierTools, type VerifierTools } from './tools.js';

/** All that a wallet's certificate of an identity key consists of. */
export type Certificate = Pick<TokenParts, 'keyTimestamp' | 'identityKey' | 'walletSignature' | 'walletRecovery'>;

/**
 * The wallet that certified an identity key: whoever signed the identity statement about exactly this key.
 * @throws AuthError INVALID_WALLET_SIGNATURE if no key can have made the signature.
 */
export function certifyingWallet(
  certificate: Certificate,
  statement: IdentityStatement,
  curve: Curve,
  tools: VerifierTools = portableVerifierTools,
): Address {
  const { keyTimestamp, identityKey, walletSignature, walletRecovery } = certificate;
  const text = tools.reader.statementText({ timestamp: keyTimestamp, bytes: identityKey }, statement);
  const wallet = recoverSigner(text, walletSignature, walletRecovery, curve, tools);
  if (wallet === undefined) throw refusal('INVALID_WALLET_SIGNATURE');
  return wallet;
}

/** A text that is equal for two certificates only if all of their parts are: all but the last have fixed lengths. */
export function certificateKey(
  { keyTimestamp, identityKey, walletSignature, walletRecovery }: Certificate,
  { bytes }: Pick<VerifierTools, 'bytes'> = portableVerifierTools,
): string {
  return `${bytes.toLatin1(identityKey)}${bytes.toLatin1(walletSignature)}${walletRecovery}${keyTimestamp}`;
}

/** From here on a key's timestamp is nanoseconds, below it milliseconds. */
const FIRST_NS = 10n ** 15n;

/** When a wallet signed a certificate, in milliseconds since the Unix epoch; `undefined` if the signed time is 0. */
export function keyTimeMs(timestamp: bigint): number | undefined {
  if (timestamp === 0n) return undefined;
  return Number(timestamp >= FIRST_NS ? timestamp / 1_000_000n : timestamp);
}
