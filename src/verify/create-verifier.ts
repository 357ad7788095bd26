import { asAuthError } from '../errors.js';
import type { WalletIdentity } from '../identity.js';
import { bearerToken, type AuthorizationValue } from '../token/bearer.js';
import { createCache } from './cache.js';
import { checkRevocation, checkToken } from './check-token.js';
import { verifierSettings, type VerifierOptions } from './options.js';
import { checkTimeWindow } from './time-window.js';
import { createTokenCache } from './token-cache.js';
import { windowOf, type CertifiedDevice } from './token-identity.js';
import { portableVerifierTools, type VerifierTools } from './tools.js';

/** Decides who sent an `authorization` value. */
export interface Verifier {
  /** The name of the curve in use, such as `noble`. */
  readonly curve: string;
  /** How many tokens are cached now. */
  readonly cachedTokens: number;
  /** How many certified identity keys are cached now. */
  readonly cachedDevices: number;
  /**
   * Runs the checks of PROTOCOL.md section 4. Synchronous; no network; the only outside facts are the clock and `isRevoked`.
   * @param authorization the value of the `authorization` header or metadata key, or the list of its values.
   * @param beforeCurve called when everything but the signatures is right and the token is not cached: the place to
   *   refuse a caller that has cost too much already, by throwing an AuthError.
   * @throws AuthError, and nothing else.
   */
  verify(authorization: AuthorizationValue, beforeCurve?: () => void): WalletIdentity;
}

/**
 * Makes a verifier. It may be shared by all calls of a process.
 * @throws TypeError if an option is wrong.
 * @example
 * import { createVerifier } from 'grpc-wallet-auth';
 * import { fastestCurve } from 'grpc-wallet-auth/curves';
 *
 * const verifier = createVerifier({ curve: fastestCurve() });
 * const { wallet, deviceId } = verifier.verify(authorization); // throws an AuthError
 */
export function createVerifier(options: VerifierOptions = {}): Verifier {
  return createVerifierWith(options, portableVerifierTools);
}

/**
 * Makes a verifier that works with given tools.
 * @throws TypeError if an option is wrong.
 */
export function createVerifierWith(options: VerifierOptions, tools: VerifierTools): Verifier {
  const settings = verifierSettings(options, tools);
  const tokens = createTokenCache(settings.maxCachedTokens, settings.maxCachedTokenBytes);
  const devices = createCache<CertifiedDevice>(settings.maxCachedDevices);

  function check(token: string, beforeCurve?: () => void): WalletIdentity {
    const identity = provenIdentity(token, beforeCurve);
    if (settings.isRevoked !== undefined) checkRevocation(identity.deviceId, settings);
    return identity;
  }

  /** A token is cached although its device may be revoked, or the device could spend the curve at each of its calls. */
  function provenIdentity(token: string, beforeCurve?: () => void): WalletIdentity {
    const nowMs = settings.nowMs();
    const cached = tokens.get(token);
    if (cached === undefined) {
      const identity = checkToken(token, nowMs, settings, devices, beforeCurve);
      tokens.set(identity);
      return identity;
    }
    if (nowMs > cached.expiresAtMs) tokens.delete(cached);
    checkTimeWindow(windowOf(cached), nowMs, settings);
    return cached;
  }

  return Object.freeze({
    curve: settings.curve.name,
    get cachedTokens() {
      return tokens.size;
    },
    get cachedDevices() {
      return devices.size;
    },
    verify(authorization: AuthorizationValue, beforeCurve?: () => void): WalletIdentity {
      try {
        return check(bearerToken(authorization, settings.maxTokenLength), beforeCurve);
      } catch (thrown) {
        throw asAuthError(thrown);
      }
    },
  });
}
