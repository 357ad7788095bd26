import type { Address } from '../crypto/address.js';
import type { Curve } from '../crypto/curve.js';
import { sha256 } from '../crypto/hash.js';
import { recoverSigner } from '../crypto/personal-message.js';
import { refusal } from '../errors.js';
import { isSiwe, type Statement } from '../token/statement.js';
import { hasNamedTimes } from '../token/times.js';
import type { TokenParts } from './token-parts.js';
import { portableVerifierTools, type VerifierTools } from './tools.js';

/** All that a wallet's certificate of an identity key consists of. */
export type Certificate = Pick<
  TokenParts,
  'keyTimestamp' | 'identityKey' | 'notAfterNs' | 'walletSignatureKind' | 'walletSignature' | 'walletRecovery'
>;

/**
 * The wallet that certified an identity key: whoever signed the identity statement about exactly this key.
 * @param claimed the wallet of which the token claims to be; statements with a domain name it.
 * @throws AuthError INVALID_WALLET_SIGNATURE if no key can have made the signature.
 */
export function certifyingWallet(
  certificate: Certificate,
  statement: Statement,
  curve: Curve,
  tools: VerifierTools = portableVerifierTools,
  claimed = '',
): Address {
  const wallet = signerOf(certificate, statement, claimed, curve, tools);
  if (wallet === undefined) throw refusal('INVALID_WALLET_SIGNATURE');
  return wallet;
}

/**
 * Makes sure that a wallet certified an identity key by one of several statements, which are tried in order.
 * @throws AuthError WALLET_MISMATCH if the signature is another wallet's under each of them, INVALID_WALLET_SIGNATURE if no key
 *   can have made it under any.
 */
export function checkCertifyingWallet(
  certificate: Certificate,
  claimed: Address,
  statements: readonly Statement[],
  curve: Curve,
  tools: VerifierTools,
): void {
  let recovered: Address | undefined;
  for (const statement of statements) {
    const wallet = signerOf(certificate, statement, claimed, curve, tools);
    if (wallet === claimed) return;
    recovered ??= wallet;
  }
  if (recovered === undefined) throw refusal('INVALID_WALLET_SIGNATURE');
  throw refusal('WALLET_MISMATCH', { cause: { claimed, recovered } });
}

function signerOf(
  certificate: Certificate,
  statement: Statement,
  wallet: string,
  curve: Curve,
  tools: VerifierTools,
): Address | undefined {
  const { keyTimestamp: timestamp, identityKey: bytes, notAfterNs, walletSignature, walletRecovery } = certificate;
  const key = { timestamp, bytes, notAfterNs };
  if (isSiwe(statement) && !hasNamedTimes(key)) return undefined;
  const text = tools.reader.statementText(key, statement, { wallet, sha256 });
  return recoverSigner(text, walletSignature, walletRecovery, curve, tools);
}

const KINDS = { ecdsa_compact: 'e', wallet_ecdsa_compact: 'w' } as const;

/**
 * A text that is equal for two certificates only if all of their parts are, and the wallet that is claimed: which statement is the
 * right one depends on it. All but the last have fixed lengths or end in a comma.
 * @param claimed the wallet's address in lower case, or whatever text stands in its place.
 */
export function certificateKey(
  certificate: Certificate,
  claimed = '',
  { bytes }: Pick<VerifierTools, 'bytes'> = portableVerifierTools,
): string {
  const { keyTimestamp, identityKey, notAfterNs, walletSignatureKind, walletSignature, walletRecovery } = certificate;
  const kind = walletSignatureKind === undefined ? '-' : KINDS[walletSignatureKind];
  const end = notAfterNs === undefined ? '' : notAfterNs;
  return `${bytes.toLatin1(identityKey)}${bytes.toLatin1(walletSignature)}${kind}${walletRecovery}${keyTimestamp},${end},${claimed}`;
}
