import { AuthError, type AuthorizationValue, type Verifier } from '../../src/index.js';
import type { Answer } from './fault-kit.js';

/** What a verifier answers to a value. Anything but an identity or an AuthError fails the test. */
export function answerTo(verifier: Verifier, authorization: unknown): Answer {
  try {
    return verifier.verify(authorization as AuthorizationValue).wallet;
  } catch (error) {
    if (error instanceof AuthError) return error.reason;
    throw error;
  }
}
