import { AuthError, WalletError } from 'grpc-wallet-auth/client';
import { authReasonOf } from 'grpc-wallet-auth/connect';
import { SessionError, type SessionStatus } from 'grpc-wallet-auth/storage';

/** What the page says when it ends a session. */
export const REVOKED = 'This device was logged out by another of your devices, or by the node. Log in again to go on.';

/** What the user is waited for with. */
export function wordsOfWait({ state, reason }: SessionStatus): string {
  if (state !== 'signing-in') return '';
  return reason === 'wallet'
    ? 'Your wallet asks you to sign. One signature is all that it takes.'
    : SESSION.PROMPT_ELSEWHERE;
}

/** Why nobody is logged in, for people; empty where that needs no words. */
export function wordsOfStatus({ reason, error }: SessionStatus): string {
  if (reason === 'account-changed') return 'Your wallet shows another account now. Log in to go on with that one.';
  if (reason === 'disconnected') return 'Your wallet is locked, or no longer connected to this page.';
  if (reason === 'logged-out') return 'You are logged out.';
  return reason === 'failed' ? wordsOfError(error) : '';
}

/** What went wrong, for people. */
export function wordsOfError(error: unknown): string {
  if (error instanceof WalletError) return WALLET[error.code];
  if (error instanceof AuthError) return 'The wallet did not sign with the account that it shows. Nothing was kept.';
  if (error instanceof SessionError) return SESSION[error.code as keyof typeof SESSION] ?? 'Nobody is logged in.';
  if ((error as Error | null)?.name === 'AbortError') return 'The login was cancelled.';
  const reason = authReasonOf(error);
  if (reason === 'RATE_LIMITED') return 'That was too fast for this node. Wait a moment and send it again.';
  if (reason === 'DEVICE_REVOKED') return REVOKED;
  return 'The node did not do that. Try it again in a moment.';
}

const WALLET: Readonly<Record<WalletError['code'], string>> = {
  USER_REJECTED: 'You rejected the request in your wallet. Nothing was signed; log in when you are ready.',
  REQUEST_PENDING: 'Your wallet still has a request open. Answer it there first.',
  TIMED_OUT: 'Your wallet did not answer in time. Try it again.',
  WALLET_FAILED: 'Your wallet could not sign. Try it again, or use another wallet.',
};

const SESSION = {
  NOT_REVOKED: 'You are logged out here, but the node did not learn of it.',
  PROMPT_ELSEWHERE: 'Another tab waits for your wallet. Answer it there.',
} satisfies Partial<Record<SessionError['code'], string>>;
