import type { Metadata } from '@grpc/grpc-js';

import type { Admission } from '../../gate/decision.js';
import { CHALLENGE_KEY, EXPIRES_KEY } from '../../status-details.js';

/** Says in the initial metadata of a good answer when the token ends, and what the next one is to carry. */
export function addAnswerHeaders(metadata: Metadata, { expiresAtMs, challenge }: Admission): void {
  if (expiresAtMs !== undefined) metadata.set(EXPIRES_KEY, String(expiresAtMs));
  if (challenge !== undefined) metadata.set(CHALLENGE_KEY, Buffer.from(challenge, 'hex'));
}
