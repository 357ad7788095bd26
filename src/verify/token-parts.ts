import { refusal } from '../errors.js';
import type { TokenFields } from '../token/fields.js';

/** The parts of a token that are all there and have the right shapes. No signature is checked yet. */
export interface TokenParts {
  /** The identity key's timestamp, as signed. */
  readonly keyTimestamp: bigint;
  /** 65 bytes starting with 4. */
  readonly identityKey: Uint8Array;
  /** When the certificate ends, in nanoseconds since the Unix epoch, as signed; `undefined` for never. */
  readonly notAfterNs?: bigint | undefined;
  /** The kind of signature that the token declares. */
  readonly walletSignatureKind?: 'ecdsa_compact' | 'wallet_ecdsa_compact' | undefined;
  /** 64 bytes. */
  readonly walletSignature: Uint8Array;
  /** 0 to 3. */
  readonly walletRecovery: number;
  /** At least one byte. */
  readonly authDataBytes: Uint8Array;
  /** 64 bytes. */
  readonly authDataSignature: Uint8Array;
}

/**
 * Steps 2 and 3 of PROTOCOL.md section 4: everything is there, then everything has its shape.
 * @throws AuthError with the reason that belongs to the first thing missing or misshapen.
 */
export function requireParts({ identityKey, authDataBytes, authDataSignature }: TokenFields): TokenParts {
  if (!identityKey) throw refusal('MISSING_IDENTITY_KEY');
  const { timestamp, bytes, signature, notAfterNs, isMisshapen } = identityKey;
  if (!signature) throw refusal('UNSIGNED_IDENTITY_KEY');
  if (!bytes) throw refusal('UNSUPPORTED_KEY_TYPE');
  if (signature.kind === undefined) throw refusal('UNSUPPORTED_SIGNATURE_TYPE');
  if (authDataBytes.length === 0) throw refusal('MISSING_AUTH_DATA');
  if (!authDataSignature) throw refusal('MISSING_AUTH_DATA_SIGNATURE');
  if (authDataSignature.kind !== 'ecdsa_compact') throw refusal('UNSUPPORTED_SIGNATURE_TYPE');

  if (bytes.length !== 65 || bytes[0] !== 4 || isMisshapen !== undefined) throw refusal('INVALID_IDENTITY_KEY');
  if (signature.bytes.length !== 64 || signature.recovery > 3) throw refusal('INVALID_WALLET_SIGNATURE');
  if (authDataSignature.bytes.length !== 64) throw refusal('INVALID_AUTH_DATA_SIGNATURE');
  return {
    keyTimestamp: timestamp,
    identityKey: bytes,
    notAfterNs,
    walletSignatureKind: signature.kind,
    walletSignature: signature.bytes,
    walletRecovery: signature.recovery,
    authDataBytes,
    authDataSignature: authDataSignature.bytes,
  };
}
