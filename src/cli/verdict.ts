import { asAuthError } from '../errors.js';
import { inspectToken, type TokenInspection } from '../verify/inspect-token.js';
import type { VerifierOptions } from '../verify/options.js';
import { checkMethod } from './verifier-flags.js';

/**
 * Everything about a token, with what a node would answer to a call of a method.
 * @param method `package.Service/Method`; `undefined` for any.
 * @throws TypeError if an option is wrong.
 */
export function verdictOf(token: string, options: VerifierOptions, method: string | undefined): TokenInspection {
  const inspection = inspectToken(token, options);
  if (inspection.identity === undefined) return inspection;
  try {
    checkMethod(inspection.identity, method);
    return inspection;
  } catch (thrown) {
    const error = asAuthError(thrown);
    return { ...inspection, verdict: 'refused', identity: undefined, reason: error.reason, error };
  }
}
