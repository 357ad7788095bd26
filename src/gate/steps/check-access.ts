import type { AccessCheck } from '../access/access.js';
import type { Answer, CallContext } from './pipeline.js';

/** The step that denies addresses, before anything of the token is looked at. */
export function denyAddress(call: CallContext, check: AccessCheck): Answer {
  return check(call.caller);
}

/** The step that applies the lists to whoever has proven to be calling. */
export function checkAccess(call: CallContext, check: AccessCheck): Answer {
  return check(call.caller);
}
