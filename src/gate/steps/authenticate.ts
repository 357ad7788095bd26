import type { WalletIdentity } from '../../identity.js';
import type { AuthorizationValue } from '../../token/bearer.js';
import type { Verify } from './guarded-verify.js';
import type { Step, Visit } from './pipeline.js';

/**
 * The step that finds out who is calling. Where no token is asked for, a missing one is no fault; a bad one always is.
 * @param measured whether to write down what it took: nobody pays for numbers that nobody sees.
 */
export function authenticate<Metadata>(verify: Verify, measured: boolean): Step<Metadata> {
  return (visit) => {
    const { rule, authorization, call } = visit;
    const anonymous = rule.auth !== 'required' && isMissing(authorization);
    if (!anonymous) visit.identity = measured ? measure(verify, visit) : verify(authorization, call);
    return undefined;
  };
}

function measure<Metadata>(verify: Verify, visit: Visit<Metadata>): WalletIdentity {
  const startedAt = performance.now();
  try {
    const identity = verify(visit.authorization, visit.call, () => (visit.cached = false));
    visit.cached ??= true;
    return identity;
  } finally {
    visit.verificationMs = performance.now() - startedAt;
  }
}

function isMissing(authorization: AuthorizationValue): boolean {
  if (Array.isArray(authorization)) return authorization.length === 0;
  return authorization === undefined || authorization === null;
}
