import { asAuthError } from '../errors.js';
import type { WalletIdentity } from '../identity.js';
import { bearerToken, type AuthorizationValue } from '../token/bearer.js';
import { createCache } from './cache.js';
import { checkRevocation, checkSignatures } from './check-token.js';
import { verifierSettings, type VerifierOptions } from './options.js';
import { examineToken, type PendingToken } from './pending-token.js';
import { checkTimeWindow } from './time-window.js';
import { createTokenCache } from './token-cache.js';
import { windowOf, type CertifiedDevice, type TokenIdentity } from './token-identity.js';
import type { VerifierTools } from './tools.js';

/** A verifier whose work can be put off before the curve is used. Its functions throw AuthErrors, and nothing else. */
export interface StagedVerifier {
  /** The name of the curve in use. */
  readonly curve: string;
  /** How many tokens are cached now. */
  readonly cachedTokens: number;
  /** How many certified identity keys are cached now. */
  readonly cachedDevices: number;
  /**
   * Runs all checks that need no curve.
   * @returns the identity of a token that is cached; else the token with what is known of it so far, for `finish`.
   */
  begin(authorization: AuthorizationValue): WalletIdentity | PendingToken;
  /**
   * Looks again, after a wait, at all that may have changed since `begin`: the time, and what other calls have proven.
   * @returns the identity, if the same token was verified meanwhile; `undefined` if the curve has to be used all the same.
   */
  recheck(pending: PendingToken): WalletIdentity | undefined;
  /** Checks the signatures and caches the token. */
  finish(pending: PendingToken): WalletIdentity;
}

/**
 * Makes a staged verifier that works with given tools.
 * @throws TypeError if an option is wrong.
 */
export function createStagedVerifier(options: VerifierOptions, tools: VerifierTools): StagedVerifier {
  const settings = verifierSettings(options, tools);
  const tokens = createTokenCache(settings.maxCachedTokens, settings.maxCachedTokenBytes);
  const devices = createCache<CertifiedDevice>(settings.maxCachedDevices);

  function accept(identity: TokenIdentity): WalletIdentity {
    if (settings.isRevoked !== undefined) checkRevocation(identity.deviceId, settings);
    return identity;
  }

  function acceptCached(cached: TokenIdentity, nowMs: number): WalletIdentity {
    if (nowMs > cached.expiresAtMs) tokens.delete(cached);
    checkTimeWindow(windowOf(cached), nowMs, settings);
    return accept(cached);
  }

  return Object.freeze({
    curve: settings.curve.name,
    get cachedTokens() {
      return tokens.size;
    },
    get cachedDevices() {
      return devices.size;
    },
    begin(authorization: AuthorizationValue): WalletIdentity | PendingToken {
      try {
        const token = bearerToken(authorization, settings.maxTokenLength);
        const nowMs = settings.nowMs();
        const cached = tokens.get(token);
        return cached === undefined ? examineToken(token, nowMs, settings, devices) : acceptCached(cached, nowMs);
      } catch (thrown) {
        throw asAuthError(thrown);
      }
    },
    recheck(pending: PendingToken): WalletIdentity | undefined {
      try {
        const nowMs = settings.nowMs();
        const cached = tokens.get(pending.text);
        if (cached !== undefined) return acceptCached(cached, nowMs);
        checkTimeWindow(pending.window, nowMs, settings);
        pending.known ??= devices.get(pending.certificate);
        return undefined;
      } catch (thrown) {
        throw asAuthError(thrown);
      }
    },
    /** A token is cached although its device may be revoked, or the device could spend the curve at each of its calls. */
    finish(pending: PendingToken): WalletIdentity {
      try {
        const identity = checkSignatures(pending, settings, devices);
        tokens.set(identity);
        return accept(identity);
      } catch (thrown) {
        throw asAuthError(thrown);
      }
    },
  });
}
