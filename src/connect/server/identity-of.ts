import { createContextKey, type ContextValues } from '@connectrpc/connect';

import { refusal } from '../../errors.js';
import type { WalletIdentity } from '../../identity.js';
import { connectError } from '../status.js';
import type { ConnectCall } from './connect-call.js';

/** The context of a handler, or a request in an interceptor. */
export type CallContext = { readonly values: ContextValues } | { readonly contextValues: ContextValues };

/** Where an admitted call is for its handler. No entry exports the key, so no other code can write an identity there. */
const admittedKey = createContextKey<ConnectCall | undefined>(undefined, { description: 'wallet-auth call' });

/** Lets the handler see its caller. */
export function setAdmitted(values: ContextValues, call: ConnectCall): void {
  values.set(admittedKey, call);
}

/** The call that the gate admitted; `undefined` where `walletAuth` did not see it. */
export function admittedCall(context: CallContext): ConnectCall | undefined {
  return ('values' in context ? context.values : context.contextValues).get(admittedKey);
}

/**
 * Who is calling, in a handler of any of the four call kinds or in an interceptor listed after that of `walletAuth`.
 * @returns `undefined` for an anonymous caller of an `optional` method, on every `public` method, and where the server
 * has no `walletAuth`.
 * @example
 * import { getIdentity } from 'grpc-wallet-auth/connect';
 *
 * console.log(getIdentity(context)?.wallet ?? 'anonymous');
 */
export function getIdentity(context: CallContext): WalletIdentity | undefined {
  return admittedCall(context)?.identity;
}

/**
 * Who is calling, where somebody must be.
 * @throws ConnectError with the reason MISSING_CREDENTIALS for an anonymous caller, INTERNAL where `walletAuth` did not see the
 * call. If it escapes the handler, the caller gets it.
 * @example
 * import { requireIdentity } from 'grpc-wallet-auth/connect';
 *
 * const { wallet, deviceId } = requireIdentity(context);
 */
export function requireIdentity(context: CallContext): WalletIdentity {
  const call = admittedCall(context);
  if (call?.identity !== undefined) return call.identity;
  const cause = 'the server has no interceptor of walletAuth';
  throw connectError(call ? refusal('MISSING_CREDENTIALS') : refusal('INTERNAL', { cause }));
}
