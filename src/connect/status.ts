import { ConnectError } from '@connectrpc/connect';

import { isAuthError, type AuthError } from '../errors.js';
import { isRepeatReason, refusalStatus, statusDetails, type RefusalStatus } from '../status-details.js';

/** A refusal as Connect sends it. */
export function refusalError({ code, message, details }: RefusalStatus, cause?: unknown): ConnectError {
  const error = new ConnectError(message, code, undefined, undefined, cause);
  error.details = statusDetails(details);
  return error;
}

/**
 * Makes an AuthError one that Connect sends with its code, its message and its reason. The cause stays here. A handler may throw
 * the AuthError itself, too; `requireIdentity` throws complete errors.
 * @example
 * import { AuthError, connectError } from 'grpc-wallet-auth/connect';
 *
 * throw connectError(new AuthError('ACCESS_DENIED', { message: 'not your note' }));
 */
export function connectError(error: AuthError): ConnectError {
  return refusalError(refusalStatus(error, Date.now()), error);
}

/** Errors of the node itself that a handler of this library throws: their reasons are the node's own. */
const own = new WeakSet<ConnectError>();

/** `connectError` for a refusal that a handler of this library makes: its reason reaches the caller, whichever it is. */
export function ownConnectError(error: AuthError): ConnectError {
  const made = connectError(error);
  own.add(made);
  return made;
}

/**
 * What a handler threw, as Connect is to send it: an AuthError with its reason, and nothing with one of the reasons for which
 * clients repeat calls, as only the gate of the node itself may give these.
 */
export function handlerError(thrown: unknown): unknown {
  if (isAuthError(thrown)) return withoutRepeatReasons(connectError(thrown));
  return thrown instanceof ConnectError ? withoutRepeatReasons(thrown) : thrown;
}

/** @returns the same error if it has none. */
function withoutRepeatReasons(error: ConnectError): ConnectError {
  if (own.has(error)) return error;
  const kept = error.details.filter((detail) => !repeats(detail));
  if (kept.length === error.details.length) return error;
  const copy = new ConnectError(error.rawMessage, error.code, error.metadata, undefined, error);
  copy.details = kept;
  copy.isWireError = error.isWireError;
  return copy;
}

/** A detail that a handler made may be a message that is not serialized yet. */
function repeats(detail: ConnectError['details'][number]): boolean {
  if ('desc' in detail) return false;
  return isRepeatReason(detail);
}
