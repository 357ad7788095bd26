import { ENDLESS, type CallLease } from '../../identity.js';
import { admittedCall, type CallContext } from './identity-of.js';

/**
 * The lease of a stream, in its handler. Calls without one never lapse: unary calls, streams that are `at-open` or of anonymous
 * callers, and all where the server has no `walletAuth`. Where the method is `until-expiry`, messages that the handler yields at
 * once, when its listener is called, still go out.
 * @example
 * import { leaseOf } from 'grpc-wallet-auth/connect';
 *
 * const stop = leaseOf(context).onLapsing(() => console.log('tell the client to come back with a newer token'));
 */
export function leaseOf(context: CallContext): CallLease {
  return admittedCall(context)?.lease ?? ENDLESS;
}
