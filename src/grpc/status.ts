import { Metadata, type ServerInterceptingCall, type StatusObject } from '@grpc/grpc-js';

import type { AuthError } from '../errors.js';
import { DETAILS_KEY, refusalStatus, withoutRepeatReason, type RefusalStatus } from '../status-details.js';

export { authDetailsOf, authReasonOf } from '../auth-details.js';

/** A status as grpc-js sends it. */
export type StatusToSend = Parameters<ServerInterceptingCall['sendStatus']>[0];

/** An AuthError that grpc-js sends complete when it leaves a handler. */
export type AuthServiceError = AuthError & { readonly details: string; readonly metadata: Metadata };

/** A refusal in the form of grpc-js's `sendStatus`. */
export function statusToSend({ code, message, details }: RefusalStatus): StatusObject {
  return { code, details: message, metadata: detailsMetadata(details) };
}

/** Statuses of the node itself that a handler of this library sends: their reasons are the node's own. */
const own = new WeakSet<Metadata>();

/** `statusToSend` for a refusal that a handler of this library makes: its reason reaches the caller, whichever it is. */
export function ownStatusToSend(refused: RefusalStatus): StatusObject {
  const status = statusToSend(refused);
  own.add(status.metadata);
  return status;
}

/**
 * A handler's status without the reasons for which clients repeat calls: only the gate of the node itself may give these.
 * @returns the same object if it has none. The handler's metadata stays as it is.
 */
export function withoutRepeatReasons(status: StatusToSend): StatusToSend {
  const values = status.metadata?.get(DETAILS_KEY) ?? [];
  if (values.length === 0 || own.has(status.metadata as Metadata)) return status;
  const kept = values.map((value) => (value instanceof Uint8Array ? withoutRepeatReason(value) : undefined));
  if (kept.every((value, index) => value === values[index])) return status;
  const metadata = status.metadata?.clone() ?? new Metadata();
  metadata.remove(DETAILS_KEY);
  for (const value of kept) if (value !== undefined) metadata.add(DETAILS_KEY, asBuffer(value));
  return { ...status, metadata };
}

/**
 * Makes an AuthError complete for grpc-js: with its message as `details` and its reason in the metadata. For handlers and for
 * filters of frameworks above grpc-js; `requireIdentity` throws complete errors.
 * @returns the same error.
 * @example
 * import { AuthError, serviceError } from 'grpc-wallet-auth/grpc';
 *
 * call.emit('error', serviceError(new AuthError('ACCESS_DENIED', { message: 'not your note' })));
 */
export function serviceError(error: AuthError): AuthServiceError {
  const { message, details } = refusalStatus(error, Date.now());
  return Object.assign(error, { details: message, metadata: detailsMetadata(details) });
}

function detailsMetadata(details: Uint8Array): Metadata {
  const metadata = new Metadata();
  metadata.set(DETAILS_KEY, asBuffer(details));
  return metadata;
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
