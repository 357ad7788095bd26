import type { DevicesOfGate } from '../../devices/device-registry.js';
import type { Leases } from '../../devices/leases/leases.js';
import { isAuthError, type AuthReason } from '../../errors.js';
import type { WalletIdentity } from '../../identity.js';
import type { AuthorizationValue } from '../../token/bearer.js';
import type { Verifier } from '../../verify/create-verifier.js';
import { callerAddress } from '../call/client-address.js';
import type { FailedTokenLimit } from '../limits/failed-token-limit.js';
import type { Answer, CallContext } from './pipeline.js';

/**
 * Finds out who sent the call's token.
 * @param beforeCurve called when the token is not cached and everything but its signatures is right.
 * @throws AuthError
 */
export type VerifyToken = (call: CallContext, beforeCurve?: () => void) => WalletIdentity;

/** The step where a token is required. */
export function authenticate(call: CallContext, verify: VerifyToken): Answer {
  call.identity = verify(call);
  return undefined;
}

/** The step where a token may be missing. A bad one is refused all the same. */
export function authenticateIfPresent(call: CallContext, verify: VerifyToken): Answer {
  return isMissing(call.authorization) ? undefined : authenticate(call, verify);
}

/** The step that notes when a call passed the others, where that matters. */
export function noteTime(call: CallContext, { nowMs }: { readonly nowMs: () => number }): Answer {
  if (call.identity !== undefined) call.passedMs = nowMs();
  return undefined;
}

/** Verifies with a verifier alone. */
export function verifyWith(verifier: Verifier): VerifyToken {
  return (call, beforeCurve) => verifier.verify(call.authorization, beforeCurve);
}

/** The refusals that cost the node curve operations. */
const EXPENSIVE: readonly AuthReason[] = ['INVALID_AUTH_DATA_SIGNATURE', 'INVALID_WALLET_SIGNATURE', 'WALLET_MISMATCH'];

/**
 * Limits failed tokens by the address that they come from. The address is read only when the curve would be used, so cached
 * tokens and cheap refusals cost nothing more. What counts are failures on the curve or, with `countUncached`, all that reaches it.
 */
export function limitFailures(verify: VerifyToken, limit: FailedTokenLimit): VerifyToken {
  return (call, beforeCurve) => {
    let failed: string | undefined;
    const checkLimit = () => {
      beforeCurve?.();
      const address = call.judgedAddress;
      if (address === undefined) return;
      const network = callerAddress(address);
      limit.check(network);
      if (limit.countUncached) limit.count(network);
      else failed = network;
    };
    try {
      return verify(call, checkLimit);
    } catch (error) {
      if (failed !== undefined && isAuthError(error) && EXPENSIVE.includes(error.reason)) limit.count(failed);
      throw error;
    }
  };
}

/** Verifies, and presents the device to a registry: its end counts whatever becomes of the call, and it may be revoked. */
export function presenting(verify: VerifyToken, devices: DevicesOfGate): VerifyToken {
  return (call, beforeCurve) => {
    const identity = verify(call, beforeCurve);
    devices.present(identity);
    return identity;
  };
}

/** Records whether tokens were cached and how long they took. */
export function measured(verify: VerifyToken): VerifyToken {
  return (call) => {
    const startedAt = performance.now();
    try {
      const identity = verify(call, () => (call.cached = false));
      call.cached ??= true;
      return identity;
    } finally {
      call.verificationMs = performance.now() - startedAt;
    }
  };
}

/** Verifies, and renews the leases of the device: a good token counts whatever becomes of its call. */
export function renewing(verify: VerifyToken, leases: Leases): VerifyToken {
  return (call, beforeCurve) => {
    const identity = verify(call, beforeCurve);
    if (leases.devices > 0) leases.renew(identity.deviceId, identity.expiresAtMs);
    return identity;
  };
}

function isMissing(authorization: AuthorizationValue): boolean {
  if (Array.isArray(authorization)) return authorization.length === 0;
  return authorization === undefined || authorization === null;
}
