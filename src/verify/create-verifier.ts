import { asAuthError } from '../errors.js';
import type { WalletIdentity } from '../identity.js';
import type { AuthorizationValue } from '../token/bearer.js';
import type { VerifierOptions } from './options.js';
import { PendingToken } from './pending-token.js';
import { createStagedVerifier } from './staged-verifier.js';
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
  const stages = createStagedVerifier(options, tools);
  return Object.freeze({
    curve: stages.curve,
    get cachedTokens() {
      return stages.cachedTokens;
    },
    get cachedDevices() {
      return stages.cachedDevices;
    },
    verify(authorization: AuthorizationValue, beforeCurve?: () => void): WalletIdentity {
      const found = stages.begin(authorization);
      if (!(found instanceof PendingToken)) return found;
      try {
        beforeCurve?.();
      } catch (thrown) {
        throw asAuthError(thrown);
      }
      return stages.finish(found);
    },
  });
}
