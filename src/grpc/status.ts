import { Metadata, type ServerInterceptingCall } from '@grpc/grpc-js';

import type { AuthError, AuthReason } from '../errors.js';
import { refusalDetails, refusalStatus, type RefusalDetails, type RefusalStatus } from '../status-details.js';

/** The metadata key that carries a serialized `google.rpc.Status`. */
const DETAILS_KEY = 'grpc-status-details-bin';

/** A status as grpc-js sends it. */
export type StatusToSend = Parameters<ServerInterceptingCall['sendStatus']>[0];

/** An AuthError that grpc-js sends complete when it leaves a handler. */
export type AuthServiceError = AuthError & { readonly details: string; readonly metadata: Metadata };

/** A refusal in the form that `sendStatus` takes. */
export function statusToSend({ code, message, details }: RefusalStatus): StatusToSend {
  return { code, details: message, metadata: detailsMetadata(details) };
}

/** Makes an AuthError complete for grpc-js: with its message as `details` and its reason in the metadata. */
export function serviceError(error: AuthError): AuthServiceError {
  const { message, details } = refusalStatus(error, Date.now());
  return Object.assign(error, { details: message, metadata: detailsMetadata(details) });
}

/**
 * Why a call was refused.
 * @param error what a grpc-js client call failed with; anything else is fine and has no reason.
 * @returns `undefined` if the refusal did not come from this library's door.
 */
export function authReasonOf(error: unknown): AuthReason | undefined {
  return authDetailsOf(error)?.reason;
}

/** Everything that the node said about a refusal: the reason, `server_time_ms` and other facts, how long to wait. */
export function authDetailsOf(error: unknown): RefusalDetails | undefined {
  const metadata = (error as { metadata?: unknown } | null | undefined)?.metadata;
  const [details] = metadata instanceof Metadata ? metadata.get(DETAILS_KEY) : [];
  return details instanceof Uint8Array ? refusalDetails(details) : undefined;
}

function detailsMetadata(details: Uint8Array): Metadata {
  const metadata = new Metadata();
  metadata.set(DETAILS_KEY, Buffer.from(details.buffer, details.byteOffset, details.byteLength));
  return metadata;
}
