import { refusal } from '../errors.js';
import { dropPromise } from '../options.js';
import type { Cache } from './cache.js';
import { certifyingWallet } from './certificate.js';
import type { VerifierSettings } from './options.js';
import type { PendingToken } from './pending-token.js';
import { TokenIdentity, type CertifiedDevice } from './token-identity.js';

/**
 * Steps 7 and 8 of PROTOCOL.md section 4, in that order: the signatures. No unauthenticated caller reaches the curve before
 * everything else about its token is right.
 * @param devices certificates checked before; a new one is added only after the whole token is good.
 * @throws AuthError with the reason of the first check that fails.
 */
export function checkSignatures(
  { text, parts, claimed, window, certificate, known }: PendingToken,
  settings: VerifierSettings,
  devices: Cache<CertifiedDevice>,
): TokenIdentity {
  const { curve, statement, tools } = settings;
  const digest = tools.keccak256(parts.authDataBytes);
  const signed: unknown = curve.verify(parts.authDataSignature, digest, parts.identityKey);
  if (typeof signed !== 'boolean') throw noBoolean(`curve ${curve.name}: verify`, signed);
  if (!signed) throw refusal('INVALID_AUTH_DATA_SIGNATURE');

  const wallet = known?.wallet ?? certifyingWallet(parts, statement, curve, tools);
  if (wallet !== claimed) throw refusal('WALLET_MISMATCH', { cause: { claimed, recovered: wallet } });

  const device = known ?? { wallet, deviceId: undefined, tools };
  if (!known) devices.set(certificate, device);
  return new TokenIdentity({
    token: text,
    device,
    issuedAtMs: window.notAfterMs - settings.maxAgeMs,
    window,
  });
}

/**
 * Step 9: after the signatures, because only a caller that proved the device may learn that it is revoked.
 * @throws AuthError DEVICE_REVOKED
 */
export function checkRevocation(deviceId: string, { isRevoked }: Pick<VerifierSettings, 'isRevoked'>): void {
  if (isRevoked === undefined) return;
  const revoked: unknown = isRevoked(deviceId);
  if (typeof revoked !== 'boolean') throw noBoolean('isRevoked', revoked);
  if (revoked) throw refusal('DEVICE_REVOKED', { cause: { deviceId } });
}

function noBoolean(name: string, answer: unknown): TypeError {
  dropPromise(answer);
  return new TypeError(`${name} must return a boolean`);
}
