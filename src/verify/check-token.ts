import { parseAddress, type Address } from '../crypto/address.js';
import { refusal } from '../errors.js';
import { dropPromise } from '../options.js';
import type { Cache } from './cache.js';
import { certificateKey, certifyingWallet } from './certificate.js';
import type { VerifierSettings } from './options.js';
import { checkTimeWindow, timeWindow } from './time-window.js';
import { TokenIdentity, type CertifiedDevice } from './token-identity.js';
import { requireParts } from './token-parts.js';
import type { VerifierTools } from './tools.js';

/**
 * Steps 2 to 8 of PROTOCOL.md section 4, in that order: cheap before expensive, and no unauthenticated caller reaches the
 * curve before everything else about its token is right.
 * @param token base64, without the scheme.
 * @param devices certificates checked before; a new one is added only after the whole token is good.
 * @throws AuthError with the reason of the first check that fails.
 */
export function checkToken(
  token: string,
  nowMs: number,
  settings: VerifierSettings,
  devices: Cache<CertifiedDevice>,
  beforeCurve?: () => void,
): TokenIdentity {
  const { curve, statement, tools } = settings;
  const { fields, text } = tools.reader.token(token);
  const parts = requireParts(fields);
  const { walletAddress, createdNs } = tools.reader.authData(parts.authDataBytes);

  const certificate = certificateKey(parts, tools);
  const known = devices.get(certificate);
  const claimed = claimedWallet(walletAddress, known, tools);
  if (claimed === undefined) throw refusal('INVALID_WALLET_ADDRESS');

  const window = timeWindow(createdNs, settings);
  checkTimeWindow(window, nowMs, settings);

  beforeCurve?.();
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

/** The address that a token claims, in EIP-55 case. That of a known device is right by itself, and so is its lower-case form. */
function claimedWallet(text: string, known: CertifiedDevice | undefined, tools: VerifierTools): Address | undefined {
  if (known !== undefined && (text === known.wallet || text === known.wallet.toLowerCase())) return known.wallet;
  return parseAddress(text, tools);
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
