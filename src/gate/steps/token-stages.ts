import { isAuthError, type AuthReason } from '../../errors.js';
import type { WalletIdentity } from '../../identity.js';
import { PendingToken } from '../../verify/pending-token.js';
import type { StagedVerifier } from '../../verify/staged-verifier.js';
import { callerAddress } from '../call/client-address.js';
import type { FailedTokenLimit } from '../limits/failed-token-limit.js';
import type { CallContext } from './pipeline.js';

/** The stages in which calls' tokens are verified. All of them throw AuthErrors. */
export interface TokenStages {
  /** All that needs no curve. @returns the identity if the token is cached. */
  begin(call: CallContext): WalletIdentity | PendingToken;
  /** What may have changed during a wait. @returns the identity if the token is cached by now. */
  recheck(call: CallContext, pending: PendingToken): WalletIdentity | undefined;
  /** The signatures. */
  finish(call: CallContext, pending: PendingToken): WalletIdentity;
}

/** Verifies with a verifier alone. */
export function stagesOf(verifier: StagedVerifier): TokenStages {
  return {
    begin: (call) => verifier.begin(call.authorization, call.rule.require),
    recheck: (_, pending) => verifier.recheck(pending),
    finish: (_, pending) => verifier.finish(pending),
  };
}

/** The refusals that cost the node curve operations. */
const EXPENSIVE: readonly AuthReason[] = ['INVALID_AUTH_DATA_SIGNATURE', 'INVALID_WALLET_SIGNATURE', 'WALLET_MISMATCH'];

/**
 * Limits failed tokens by the address that they come from. The address is read only when the curve would be used, so cached
 * tokens and cheap refusals cost nothing more. What counts are failures on the curve or, with `countUncached`, all that reaches
 * it. It is looked at before a wait, so that what is over the limit takes no room there, and after it, so that what waited
 * together does not go over the limit together.
 */
export function limitFailures(stages: TokenStages, limit: FailedTokenLimit): TokenStages {
  function check(call: CallContext): void {
    const address = call.judgedAddress;
    if (address !== undefined) limit.check(callerAddress(address));
  }
  function count({ address }: CallContext): void {
    if (address !== undefined) limit.count(callerAddress(address));
  }
  return {
    begin(call) {
      const found = stages.begin(call);
      if (found instanceof PendingToken) check(call);
      return found;
    },
    recheck(call, pending) {
      const found = stages.recheck(call, pending);
      if (found === undefined) check(call);
      return found;
    },
    finish(call, pending) {
      if (limit.countUncached) count(call);
      try {
        return stages.finish(call, pending);
      } catch (error) {
        if (!limit.countUncached && isAuthError(error) && EXPENSIVE.includes(error.reason)) count(call);
        throw error;
      }
    },
  };
}

/** Records whether tokens were cached and how long they took, without the time for which they waited. */
export function measured(stages: TokenStages): TokenStages {
  return {
    begin: (call) =>
      measure(call, () => {
        const found = stages.begin(call);
        call.cached = !(found instanceof PendingToken);
        return found;
      }),
    recheck: (call, pending) =>
      measure(call, () => {
        const found = stages.recheck(call, pending);
        if (found !== undefined) call.cached = true;
        return found;
      }),
    finish: (call, pending) => measure(call, () => stages.finish(call, pending)),
  };
}

function measure<T>(call: CallContext, run: () => T): T {
  const startedAt = performance.now();
  try {
    return run();
  } finally {
    call.verificationMs = (call.verificationMs ?? 0) + performance.now() - startedAt;
  }
}
