import { AuthError, type AuthReason } from '../../src/index.js';

/** The AuthError that a call ends with. Any other end, a return value included, is an error of the test. */
export function refusalOf(run: () => unknown): AuthError {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    if (error instanceof AuthError) return error;
    throw new Error('not an AuthError', { cause: error });
  }
  throw new Error('nothing was refused', { cause: result });
}

/** The reason of the AuthError that a call ends with. */
export function reasonOf(run: () => unknown): AuthReason {
  return refusalOf(run).reason;
}
