import { quietly } from '../options.js';
import { decimal } from '../status-details.js';
import { lessonOf, type CallEnd } from './retry-policy.js';
import type { TargetTokenSource } from './token-source.js';

/** What the headers of an answer say about tokens, as a transport reads them. */
export interface AnswerHeaders {
  /** `wallet-token-expires-at-ms`. */
  readonly expiresAt: string | undefined;
  /** `wallet-challenge-bin`, or `wallet-challenge` in hex. */
  readonly challenge: Uint8Array | string | undefined;
}

/**
 * Teaches a source what the headers of an answer say.
 * @param token with which the call was made.
 * @returns whether they show that the node admitted the call.
 */
export function learnFromHeaders(
  source: TargetTokenSource,
  token: string,
  { expiresAt, challenge }: AnswerHeaders,
): boolean {
  const expiresAtMs = decimal(expiresAt);
  if (expiresAtMs !== undefined) quietly(() => source.noteExpiry(token, expiresAtMs));
  if (challenge !== undefined) quietly(() => source.noteChallenge(challenge));
  return expiresAtMs !== undefined;
}

/** Teaches a source what the end of a call says, whether it is repeated or not. */
export function learnFromEnd(source: TargetTokenSource, token: string, end: CallEnd): void {
  const { serverTimeMs, refusedFor, challenge } = lessonOf(end);
  if (serverTimeMs !== undefined) quietly(() => source.noteServerTime(serverTimeMs));
  if (challenge !== undefined) quietly(() => source.noteChallenge(challenge, token));
  if (refusedFor !== undefined) quietly(() => source.invalidate(token, refusedFor));
}
