import { asAuthError } from '../errors.js';
import type { WalletIdentity } from '../identity.js';
import { bearerToken, type AuthorizationValue } from '../token/bearer.js';
import { createCache } from './cache.js';
import { checkRevocation, checkSignatures } from './check-token.js';
import { verifierSettings, type VerifierOptions } from './options.js';
import { checkTimes, examineToken, type PendingToken } from './pending-token.js';
import { checkDemandedAudience, checkDemandedTimes, restrictionsOf, type Demands } from './restrictions.js';
import { createTokenCache } from './token-cache.js';
import { isGoodAt, type CertifiedDevice, type TokenIdentity } from './token-identity.js';
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
   * @param demands what the call demands of its token.
   * @returns the identity of a token that is cached; else the token with what is known of it so far, for `finish`.
   */
  begin(authorization: AuthorizationValue, demands?: Demands): WalletIdentity | PendingToken;
  /**
   * Looks again, after a wait, at all that may have changed since `begin`: the time, and what other calls have proven.
   * @returns the identity, if the same token was verified meanwhile; `undefined` if the curve has to be used all the same.
   */
  recheck(pending: PendingToken): WalletIdentity | undefined;
  /** Checks the signatures and caches the token. */
  finish(pending: PendingToken): WalletIdentity;
  /** The challenge that this node hands out now: 32 lower-case hex digits; `undefined` if it has none. */
  challenge(): string | undefined;
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

  /** The cached identity of a token, unless it is not good at this time: why, its text tells. */
  function cachedAt(token: string, nowMs: number): TokenIdentity | undefined {
    const cached = tokens.get(token);
    if (cached === undefined || isGoodAt(cached, nowMs)) return cached;
    if (nowMs > cached.expiresAtMs) tokens.delete(cached);
    return undefined;
  }

  function acceptCached(cached: TokenIdentity, nowMs: number, demands: Demands | undefined): WalletIdentity {
    const kept = restrictionsOf(cached);
    if (kept !== undefined || demands !== undefined) {
      checkDemandedAudience(kept, settings, demands);
      checkDemandedTimes(kept, cached.issuedAtMs, nowMs, settings, demands);
    }
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
    begin(authorization: AuthorizationValue, demands?: Demands): WalletIdentity | PendingToken {
      try {
        const token = bearerToken(authorization, settings.maxTokenLength);
        const nowMs = settings.nowMs();
        const cached = cachedAt(token, nowMs);
        if (cached !== undefined) return acceptCached(cached, nowMs, demands);
        return examineToken(token, nowMs, settings, devices, demands);
      } catch (thrown) {
        throw asAuthError(thrown);
      }
    },
    recheck(pending: PendingToken): WalletIdentity | undefined {
      try {
        const nowMs = settings.nowMs();
        const { examined } = pending;
        const cached = cachedAt(examined.text, nowMs);
        if (cached !== undefined) return acceptCached(cached, nowMs, examined.demands);
        checkTimes(examined, nowMs, settings);
        pending.known ??= devices.get(examined.certificate);
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
    challenge: () => settings.challenges?.current(settings.nowMs()),
  });
}
