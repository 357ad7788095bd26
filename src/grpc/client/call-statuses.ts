import { Metadata, status as Status, type StatusObject } from '@grpc/grpc-js';

import { AuthError } from '../../errors.js';

/** The call could not be made: its source gave no token. grpc-js copies `cause` to the error that the caller gets. */
export function noTokenStatus(cause: unknown): StatusObject {
  const common = { metadata: new Metadata(), cause };
  try {
    const code = cause instanceof AuthError ? cause.code : Status.UNAUTHENTICATED;
    return { code, details: `no token: ${messageOf(cause)}`, ...common };
  } catch {
    return { code: Status.UNAUTHENTICATED, details: 'no token: the token source failed', ...common };
  }
}

/** The call could not be made: its client was closed meanwhile. */
export function noCallStatus(error: unknown): StatusObject {
  return { code: Status.UNAVAILABLE, details: messageOf(error), metadata: new Metadata() };
}

/** The time was up before the call was made. */
export function deadlineStatus(): StatusObject {
  return { code: Status.DEADLINE_EXCEEDED, details: 'Deadline exceeded', metadata: new Metadata() };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
