import type { Metadata } from '@grpc/grpc-js';

import type { AnswerHeaders } from '../../client/learn.js';
import { CHALLENGE_KEY, EXPIRES_KEY } from '../../status-details.js';

/** What initial metadata, or the trailers of an answer without any, say about tokens. */
export function answerHeaders(metadata: Metadata): AnswerHeaders {
  const [expiresAt] = metadata.get(EXPIRES_KEY);
  const [challenge] = metadata.get(CHALLENGE_KEY);
  return { expiresAt: typeof expiresAt === 'string' ? expiresAt : undefined, challenge };
}
