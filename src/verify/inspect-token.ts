import { parseAddress, type Address } from '../crypto/address.js';
import { asAuthError, type AuthError, type AuthReason } from '../errors.js';
import type { WalletIdentity } from '../identity.js';
import { bearerValue } from '../token/bearer.js';
import { decodeAuthData, decodeToken } from '../token/decode-token.js';
import type { AuthDataFields, TokenFields } from '../token/fields.js';
import { certifyingWallet } from './certificate.js';
import { createVerifier } from './create-verifier.js';
import { verifierSettings, type VerifierOptions, type VerifierSettings } from './options.js';
import { requireParts } from './token-parts.js';

/** Everything that can be reported about a token, for people and tools that look at one. */
export interface TokenInspection {
  /** Whether a node with these options accepts the token now. */
  readonly verdict: 'accepted' | 'refused';
  /** Who it proves to be calling; only if accepted. */
  readonly identity: WalletIdentity | undefined;
  /** Why it is refused; only if refused. */
  readonly reason: AuthReason | undefined;
  /** The refusal itself, with its message and its cause; only if refused. */
  readonly error: AuthError | undefined;
  /** The fields as they are, unverified; `undefined` if the text is no token. */
  readonly fields: TokenFields | undefined;
  /** The signed part, unverified; `undefined` if it cannot be read. */
  readonly authData: AuthDataFields | undefined;
  /** The wallet whose signature is on the identity key, whatever the token claims; `undefined` if a part of the token is missing or misshapen. */
  readonly certifiedBy: Address | undefined;
}

/**
 * Reads a token as far as it can be read and reports what a node would answer to it. Never throws because of the token.
 * @param text a token, or a whole `authorization` value; white space around it does not matter.
 * @throws TypeError if an option is wrong or the text is no string.
 * @example
 * import { inspectToken } from 'grpc-wallet-auth';
 *
 * const { verdict, reason, authData } = inspectToken(token);
 * console.log(verdict, reason, authData?.walletAddress);
 */
export function inspectToken(text: string, options: VerifierOptions = {}): TokenInspection {
  if (typeof text !== 'string') throw new TypeError('the token must be a string');
  const settings = verifierSettings(options);
  const trimmed = text.trim();
  const fields = attempt(() => decodeToken(trimmed.replace(/^bearer +/i, '')));
  const authData = fields && attempt(() => decodeAuthData(fields.authDataBytes));
  const judged = judge(trimmed.includes(' ') ? trimmed : bearerValue(trimmed), options);
  return Object.freeze({
    verdict: judged.identity ? 'accepted' : 'refused',
    ...judged,
    fields,
    authData,
    certifiedBy: fields && attempt(() => certifiedBy(fields, authData, settings)),
  });
}

function judge(
  authorization: string,
  options: VerifierOptions,
): Pick<TokenInspection, 'identity' | 'reason' | 'error'> {
  const verifier = createVerifier({ ...options, maxCachedTokens: 0, maxCachedDevices: 0 });
  try {
    return { identity: verifier.verify(authorization), reason: undefined, error: undefined };
  } catch (thrown) {
    const error = asAuthError(thrown);
    return { identity: undefined, reason: error.reason, error };
  }
}

/** By the statement under which it is the claimed wallet's, if there is one, else by the first that recovers to any. */
function certifiedBy(
  fields: TokenFields,
  authData: AuthDataFields | undefined,
  { statements, curve, tools }: VerifierSettings,
): Address | undefined {
  const parts = requireParts(fields);
  const claimed = authData && parseAddress(authData.walletAddress);
  const signers = statements
    .map((statement) => attempt(() => certifyingWallet(parts, statement, curve, tools, claimed)))
    .filter((signer) => signer !== undefined);
  return signers.find((signer) => signer === claimed) ?? signers[0];
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
