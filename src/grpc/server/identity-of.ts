import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';

import { AuthError } from '../../errors.js';
import { admissionOf, withAdmission, type Admission, type WalletIdentity } from '../../identity.js';
import { serviceError } from '../status.js';

/** The facts that grpc-js keeps about a call's connection, where the identity travels too. */
export type AuthContext = ReturnType<ServerInterceptingCallInterface['getAuthContext']>;

/** Anything that knows its auth context: the call objects of all four kinds of handlers, and calls in interceptors. */
export interface CallWithAuthContext {
  getAuthContext(): AuthContext;
}

/** The context of a call that was let in. */
export function admittedContext(context: AuthContext, { identity, lease, isCounted }: Admission): AuthContext {
  return withAdmission(context, { identity, lease, isCounted });
}

/**
 * Who is calling, in a handler of any of the four call kinds or in an interceptor listed after `walletAuth`.
 * @returns `undefined` for an anonymous caller of an `optional` method, on every `public` method, and where the server
 * has no `walletAuth` interceptor.
 * @example
 * import { getIdentity } from 'grpc-wallet-auth/grpc';
 *
 * console.log(getIdentity(call)?.wallet ?? 'anonymous');
 */
export function getIdentity(call: CallWithAuthContext): WalletIdentity | undefined {
  return admissionOf(call.getAuthContext())?.identity;
}

/**
 * Who is calling, where somebody must be. In a handler, `authenticated` does this and more.
 * @throws AuthError MISSING_CREDENTIALS for an anonymous caller, INTERNAL where `walletAuth` did not see the call. It is a
 * complete error for grpc-js: pass it to the callback or emit it on the stream. If it escapes the handler, grpc-js answers
 * UNKNOWN; if the handler is `async`, the process ends.
 * @example
 * import { requireIdentity } from 'grpc-wallet-auth/grpc';
 *
 * const { wallet, deviceId } = requireIdentity(call);
 */
export function requireIdentity(call: CallWithAuthContext): WalletIdentity {
  const admitted = admissionOf(call.getAuthContext());
  if (admitted?.identity !== undefined) return admitted.identity;
  const cause = 'the server has no walletAuth interceptor';
  throw serviceError(admitted ? new AuthError('MISSING_CREDENTIALS') : new AuthError('INTERNAL', { cause }));
}
