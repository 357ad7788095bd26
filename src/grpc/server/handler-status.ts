import { Metadata, status as Status, type StatusObject } from '@grpc/grpc-js';

import { isAuthError } from '../../errors.js';
import { refusalStatus } from '../../status-details.js';
import { statusToSend } from '../status.js';

/**
 * The status of a call whose handler threw something: an AuthError's own, a gRPC status as it is, INTERNAL for all else.
 * A status is an object with a `code` from 1 to 16; an Error needs `details` too, as the text for the caller: databases and
 * child processes number their errors as well, and put what they know into the message. Never throws.
 */
export function handlerStatus(thrown: unknown): StatusObject {
  try {
    return isAuthError(thrown) ? statusToSend(refusalStatus(thrown, Date.now())) : thrownStatus(thrown);
  } catch {
    return otherStatus(); // whatever was thrown throws when it is looked at
  }
}

function thrownStatus(thrown: unknown): StatusObject {
  if (typeof thrown !== 'object' || thrown === null) return otherStatus();
  const { code, details, message, metadata } = thrown as Readonly<Record<string, unknown>>;
  if (!isFailure(code)) return otherStatus();
  const text = details ?? (thrown instanceof Error ? undefined : (message ?? ''));
  if (typeof text !== 'string') return otherStatus();
  const wellFormed = text.replaceAll(/\p{Surrogate}/gu, '\uFFFD');
  return { code, details: wellFormed, metadata: isMetadata(metadata) ? metadata.clone() : new Metadata() };
}

function otherStatus(): StatusObject {
  return { code: Status.INTERNAL, details: 'internal error', metadata: new Metadata() };
}

function isFailure(code: unknown): code is Status {
  return typeof code === 'number' && code > 0 && Object.hasOwn(Status, code);
}

/** Not `instanceof`: a client's error may come from another copy of grpc-js. */
function isMetadata(value: unknown): value is Metadata {
  const { clone, toHttp2Headers } = (value ?? {}) as Partial<Metadata>;
  return typeof clone === 'function' && typeof toHttp2Headers === 'function';
}
