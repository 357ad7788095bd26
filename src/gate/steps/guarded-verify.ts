import { isAuthError } from '../../errors.js';
import type { WalletIdentity } from '../../identity.js';
import type { AuthorizationValue } from '../../token/bearer.js';
import type { Verifier } from '../../verify/create-verifier.js';
import type { CallInfo } from '../call/call.js';
import type { AddressReader } from '../call/client-address.js';
import { isDear, type FailedTokenLimit } from '../limits/failed-token-limit.js';

/**
 * Finds out who is calling.
 * @param onUnknown called when the token is not cached and all but its signatures is right.
 * @throws AuthError
 */
export type Verify = (authorization: AuthorizationValue, call: CallInfo, onUnknown?: () => void) => WalletIdentity;

/**
 * Verifies tokens on the account of the address that they come from. The address is looked at only when the curve would be
 * touched, so cached tokens and cheap refusals cost nothing more, and only failures on the curve are charged.
 */
export function guardedVerify(
  verifier: Verifier,
  allowance: FailedTokenLimit | undefined,
  addresses: AddressReader,
  nowMs: () => number,
): Verify {
  if (allowance === undefined) return (authorization, _, onUnknown) => verifier.verify(authorization, onUnknown);
  return (authorization, call, onUnknown) => {
    let charge: (() => void) | undefined;
    const beforeCurve = () => {
      onUnknown?.();
      const address = addresses.addressOf(call.peer, call.header('x-forwarded-for'));
      if (address === undefined) return;
      allowance.check(address, nowMs());
      charge = () => allowance.charge(address, nowMs());
    };
    try {
      return verifier.verify(authorization, beforeCurve);
    } catch (error) {
      if (isAuthError(error) && isDear(error.reason)) charge?.();
      throw error;
    }
  };
}
