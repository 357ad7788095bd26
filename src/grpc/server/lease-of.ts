import { admissionOf } from '../../identity.js';
import type { CallWithAuthContext } from './identity-of.js';

/** What the handler of a stream may know of the end to come. */
export interface CallLease {
  /**
   * Has a function called when the newest token of the stream's device has ended and the grace period begins: time for a last
   * word. If a newer token comes in that period the stream goes on, and the function is called again the next time. Where the
   * method is `until-expiry` there is no grace period: what the function writes at once still goes out.
   * @param listener what it throws or rejects with is dropped.
   * @returns what ends that.
   */
  onLapsing(listener: () => unknown): () => void;
}

/** Of calls that no token ends. */
const ENDLESS: CallLease = Object.freeze({ onLapsing: () => () => undefined });

/**
 * The lease of a stream, in its handler. Calls without one never lapse: unary calls, streams that are `at-open` or of anonymous
 * callers, and all where the server has no `walletAuth` interceptor.
 * @example
 * import { leaseOf } from 'grpc-wallet-auth/grpc';
 *
 * const stop = leaseOf(call).onLapsing(() => console.log('tell the client to come back with a newer token'));
 */
export function leaseOf(call: CallWithAuthContext): CallLease {
  return admissionOf(call.getAuthContext())?.lease ?? ENDLESS;
}
