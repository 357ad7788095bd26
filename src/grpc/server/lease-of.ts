import { admissionOf, ENDLESS, type CallLease } from '../../identity.js';
import type { CallWithAuthContext } from './identity-of.js';

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
