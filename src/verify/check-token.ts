import { refusal } from '../errors.js';
import { dropPromise } from '../options.js';
import { strictForm } from '../token/strict-form.js';
import type { Cache } from './cache.js';
import { checkCertifyingWallet } from './certificate.js';
import type { VerifierSettings } from './options.js';
import type { PendingToken } from './pending-token.js';
import { RestrictedIdentity } from './restrictions.js';
import { overlap } from './time-window.js';
import { TokenIdentity, type CertifiedDevice, type ProvenToken } from './token-identity.js';

/**
 * Steps 7 and 8 of PROTOCOL.md section 4, in that order: the signatures. No unauthenticated caller reaches the curve before
 * everything else about its token is right.
 * @param devices certificates checked before; a new one is added only after the whole token is good.
 * @throws AuthError with the reason of the first check that fails.
 */
export function checkSignatures(
  { examined, known }: PendingToken,
  settings: VerifierSettings,
  devices: Cache<CertifiedDevice>,
): TokenIdentity {
  const { curve, statements, tools } = settings;
  const { text, parts, claimed, certificate, kept, issuedAtMs } = examined;
  const digest = tools.keccak256(examined.strict ? strictForm(parts.authDataBytes) : parts.authDataBytes);
  const signed: unknown = curve.verify(parts.authDataSignature, digest, parts.identityKey);
  if (typeof signed !== 'boolean') throw noBoolean(`curve ${curve.name}: verify`, signed);
  if (!signed) throw refusal('INVALID_AUTH_DATA_SIGNATURE');

  // one that is known is that of the claimed wallet: it is found by this wallet
  if (!known) checkCertifyingWallet(parts, claimed, statements, curve, tools);
  const device = known ?? { wallet: claimed, deviceId: undefined, tools };
  if (!known) devices.set(certificate, device);
  const window = overlap(examined.window, examined.certificateWindow);
  const proven: ProvenToken = { token: text, device, issuedAtMs, window };
  return kept === undefined ? new TokenIdentity(proven) : new RestrictedIdentity(proven, kept);
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
