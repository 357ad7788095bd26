import type { Access } from '../access/access.js';
import type { CallerOf } from '../call/caller.js';
import type { Step } from './pipeline.js';

/** The step that turns denied addresses away, before anything of the token is looked at. */
export function turnAwayAddress<Metadata>(access: Access | undefined, callerOf: CallerOf): Step<Metadata> {
  return (visit) => access?.checkAddress(callerOf(visit));
}

/** The step that applies the lists to whoever the caller has proven to be. */
export function applyLists<Metadata>(access: Access | undefined, callerOf: CallerOf): Step<Metadata> {
  return (visit) => access?.checkCaller(callerOf(visit));
}
