import { parseAddress, type Address } from '../crypto/address.js';
import { refusal } from '../errors.js';
import { hasNamedTimes } from '../token/times.js';
import { nsToMs } from '../token/times.js';
import type { Cache } from './cache.js';
import { certificateWindow, checkCertificateWindow } from './certificate-window.js';
import { certificateKey } from './certificate.js';
import type { VerifierSettings } from './options.js';
import {
  checkAudience,
  checkDemandedAudience,
  checkDemandedTimes,
  keptRestrictions,
  type Demands,
  type KeptRestrictions,
} from './restrictions.js';
import { checkTimeWindow, timeWindow, type TimeWindow } from './time-window.js';
import type { CertifiedDevice } from './token-identity.js';
import { requireParts, type TokenParts } from './token-parts.js';
import type { VerifierTools } from './tools.js';

/** What was found out about a token before the curve. */
export interface ExaminedToken {
  /** Its base64, without the scheme, in memory of its own. */
  readonly text: string;
  readonly parts: TokenParts;
  /** The wallet that it claims to be of. */
  readonly claimed: Address;
  /** When it was made, in milliseconds since the Unix epoch. */
  readonly issuedAtMs: number;
  /** When it is good by its own times. */
  readonly window: TimeWindow;
  /** When its certificate is; `undefined` for always. */
  readonly certificateWindow: TimeWindow | undefined;
  /** The key of its certificate among the devices. */
  readonly certificate: string;
  /** Whether it says that it was signed in the strict form. */
  readonly strict: boolean;
  /** What it may not do, as far as that depends on the call. */
  readonly kept: KeptRestrictions | undefined;
  /** What the call demands of it. */
  readonly demands: Demands | undefined;
}

/** A token about which everything is right but its signatures, which were not looked at. Nobody is proven by it. */
export class PendingToken {
  readonly examined: ExaminedToken;
  /** The device of its certificate, if it is cached; looked at again after a wait. */
  known: CertifiedDevice | undefined;

  constructor(examined: ExaminedToken, known: CertifiedDevice | undefined) {
    this.examined = examined;
    this.known = known;
  }

  /** Its base64, without the scheme. */
  get text(): string {
    return this.examined.text;
  }
}

/**
 * Steps 2 to 5 of PROTOCOL.md section 4, in that order: all that can be checked without the curve.
 * @param token base64, without the scheme.
 * @param devices certificates checked before.
 * @param demands what the call demands of its token.
 * @throws AuthError with the reason of the first check that fails.
 */
export function examineToken(
  token: string,
  nowMs: number,
  settings: VerifierSettings,
  devices: Cache<CertifiedDevice>,
  demands?: Demands,
): PendingToken {
  const { tools } = settings;
  const { fields, text } = tools.reader.token(token);
  const parts = requireParts(fields);
  const { keyTimestamp: timestamp, notAfterNs } = parts;
  if (settings.needsKeyTime && !hasNamedTimes({ timestamp, notAfterNs })) throw refusal('INVALID_IDENTITY_KEY');
  const { walletAddress, createdNs, restrictions } = tools.reader.authData(parts.authDataBytes);

  const lower = walletAddress.toLowerCase();
  const certificate = certificateKey(parts, lower, tools);
  const known = devices.get(certificate);
  const claimed = claimedWallet(walletAddress, lower, known, tools);
  if (claimed === undefined) throw refusal('INVALID_WALLET_ADDRESS');
  if (restrictions !== undefined) checkAudience(restrictions, settings);

  const examined: ExaminedToken = {
    text,
    parts,
    claimed,
    issuedAtMs: nsToMs(createdNs),
    window: timeWindow(createdNs, settings, restrictions?.expiresNs),
    certificateWindow: certificateWindow(timestamp, notAfterNs, settings.maxCertificateAgeMs),
    certificate,
    strict: restrictions?.strict === true,
    kept: restrictions && keptRestrictions(restrictions, tools.bytes),
    demands,
  };
  checkDemandedAudience(examined.kept, settings, demands);
  checkTimes(examined, nowMs, settings);
  return new PendingToken(examined, known);
}

/**
 * Step 5: everything about a token that depends on the time.
 * @throws AuthError TOKEN_FROM_FUTURE, TOKEN_EXPIRED, CERTIFICATE_EXPIRED or CHALLENGE_REQUIRED
 */
export function checkTimes(token: ExaminedToken, nowMs: number, settings: VerifierSettings): void {
  checkTimeWindow(token.window, nowMs, settings);
  checkCertificateWindow(token.certificateWindow, nowMs);
  checkDemandedTimes(token.kept, token.issuedAtMs, nowMs, settings, token.demands);
}

/** The address that a token claims, in EIP-55 case. That of a known device is right by itself, and so is its lower-case form. */
function claimedWallet(
  text: string,
  lower: string,
  known: CertifiedDevice | undefined,
  tools: VerifierTools,
): Address | undefined {
  if (known !== undefined && (text === known.wallet || text === lower)) return known.wallet;
  return parseAddress(text, tools);
}
