import { parseAddress, type Address } from '../crypto/address.js';
import { refusal } from '../errors.js';
import type { Cache } from './cache.js';
import { certificateKey } from './certificate.js';
import type { VerifierSettings } from './options.js';
import { checkTimeWindow, timeWindow, type TimeWindow } from './time-window.js';
import type { CertifiedDevice } from './token-identity.js';
import { requireParts, type TokenParts } from './token-parts.js';
import type { VerifierTools } from './tools.js';

/** A token about which everything is right but its signatures, which were not looked at. Nobody is proven by it. */
export class PendingToken {
  /** Its base64, without the scheme, in memory of its own. */
  readonly text: string;
  readonly parts: TokenParts;
  /** The wallet that it claims to be of. */
  readonly claimed: Address;
  readonly window: TimeWindow;
  /** The key of its certificate among the devices. */
  readonly certificate: string;
  /** The device of that certificate, if it is cached; looked at again after a wait. */
  known: CertifiedDevice | undefined;

  constructor(
    text: string,
    parts: TokenParts,
    claimed: Address,
    window: TimeWindow,
    certificate: string,
    known: CertifiedDevice | undefined,
  ) {
    this.text = text;
    this.parts = parts;
    this.claimed = claimed;
    this.window = window;
    this.certificate = certificate;
    this.known = known;
  }
}

/**
 * Steps 2 to 5 of PROTOCOL.md section 4, in that order: all that can be checked without the curve.
 * @param token base64, without the scheme.
 * @param devices certificates checked before.
 * @throws AuthError with the reason of the first check that fails.
 */
export function examineToken(
  token: string,
  nowMs: number,
  settings: VerifierSettings,
  devices: Cache<CertifiedDevice>,
): PendingToken {
  const { tools } = settings;
  const { fields, text } = tools.reader.token(token);
  const parts = requireParts(fields);
  const { walletAddress, createdNs } = tools.reader.authData(parts.authDataBytes);

  const certificate = certificateKey(parts, tools);
  const known = devices.get(certificate);
  const claimed = claimedWallet(walletAddress, known, tools);
  if (claimed === undefined) throw refusal('INVALID_WALLET_ADDRESS');

  const window = timeWindow(createdNs, settings);
  checkTimeWindow(window, nowMs, settings);
  return new PendingToken(text, parts, claimed, window, certificate, known);
}

/** The address that a token claims, in EIP-55 case. That of a known device is right by itself, and so is its lower-case form. */
function claimedWallet(text: string, known: CertifiedDevice | undefined, tools: VerifierTools): Address | undefined {
  if (known !== undefined && (text === known.wallet || text === known.wallet.toLowerCase())) return known.wallet;
  return parseAddress(text, tools);
}
