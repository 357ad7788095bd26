/**
 * Why a session has no identity to give, or did not do all of what was asked.
 *
 * SIGNED_OUT: nobody is signed in; call `login`. ACCOUNT_CHANGED: the wallet went to another account meanwhile. LOGGED_OUT: the user
 * logged out meanwhile. CLOSED: `close` was called. PROMPT_ELSEWHERE: another tab has had its prompt open for too long. NOT_REVOKED: the
 * identity is wiped here, but `revoke` failed or took too long; nodes may accept it still.
 */
export type SessionErrorCode =
  | 'SIGNED_OUT'
  | 'ACCOUNT_CHANGED'
  | 'LOGGED_OUT'
  | 'CLOSED'
  | 'PROMPT_ELSEWHERE'
  | 'NOT_REVOKED';

/**
 * A session has no identity to give, or did not do all of what was asked.
 * @example
 * import { SessionError } from 'grpc-wallet-auth/storage';
 *
 * await source.get().catch((error: unknown) => {
 *   if (error instanceof SessionError && error.code === 'SIGNED_OUT') console.log('log in first');
 * });
 */
export class SessionError extends Error {
  /** What happened, for programs. */
  readonly code: SessionErrorCode;

  constructor(code: SessionErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SessionError';
    this.code = code;
  }
}
