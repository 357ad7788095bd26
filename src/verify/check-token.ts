import { deviceIdOf, parseAddress, type Address } from '../crypto/address.js';
import { keccak256 } from '../crypto/hash.js';
import { refusal } from '../errors.js';
import { walletIdentity, type WalletIdentity } from '../identity.js';
import { dropPromise } from '../options.js';
import { decodeAuthData, decodeToken } from '../token/decode-token.js';
import type { Cache } from './cache.js';
import { certificateKey, certifyingWallet, keyTimeMs } from './certificate.js';
import type { VerifierSettings } from './options.js';
import { checkTimeWindow, timeWindow, type TimeWindow } from './time-window.js';
import { requireParts } from './token-parts.js';

/** A device whose certificate was checked. */
export interface CertifiedDevice {
  readonly wallet: Address;
  readonly deviceId: string;
}

/** A token that passed every check, and when it is good. Many are cached, so it holds no number twice. */
export class CheckedToken implements TimeWindow {
  readonly identity: WalletIdentity;
  readonly notBeforeMs: number;

  constructor(identity: WalletIdentity, notBeforeMs: number) {
    this.identity = identity;
    this.notBeforeMs = notBeforeMs;
  }

  get notAfterMs(): number {
    return this.identity.expiresAtMs;
  }
}

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
): CheckedToken {
  const parts = requireParts(decodeToken(token));
  const { walletAddress, createdNs } = decodeAuthData(parts.authDataBytes);

  const certificate = certificateKey(parts);
  const known = devices.get(certificate);
  const claimed = walletAddress === known?.wallet ? known.wallet : parseAddress(walletAddress);
  if (claimed === undefined) throw refusal('INVALID_WALLET_ADDRESS');

  const window = timeWindow(createdNs, settings);
  checkTimeWindow(window, nowMs, settings);

  beforeCurve?.();
  const digest = keccak256(parts.authDataBytes);
  const signed: unknown = settings.curve.verify(parts.authDataSignature, digest, parts.identityKey);
  if (typeof signed !== 'boolean') throw noBoolean(`curve ${settings.curve.name}: verify`, signed);
  if (!signed) throw refusal('INVALID_AUTH_DATA_SIGNATURE');

  const wallet = known?.wallet ?? certifyingWallet(parts, settings.statement, settings.curve);
  if (wallet !== claimed) throw refusal('WALLET_MISMATCH', { cause: { claimed, recovered: wallet } });

  const deviceId = known?.deviceId ?? deviceIdOf(wallet, parts.identityKey);
  if (!known) devices.set(certificate, { wallet, deviceId });
  const identity = walletIdentity({
    wallet,
    deviceId,
    identityKey: parts.identityKey,
    issuedAtMs: Number(createdNs / 1_000_000n),
    expiresAtMs: window.notAfterMs,
    certifiedAtMs: keyTimeMs(parts.keyTimestamp),
  });
  return new CheckedToken(identity, window.notBeforeMs);
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
