import type { Access } from '../access/access.js';
import type { CallerOf } from '../call/caller.js';
import type { Limits } from '../limits/limits.js';
import type { RuleTable } from '../rules/rule-table.js';
import type { Charge } from './charge.js';
import type { Step } from './pipeline.js';

/** The step that limits the calls of an address, before anything of the token is looked at. */
export function limitAddress<Metadata>(limits: Limits | undefined, callerOf: CallerOf): Step<Metadata> {
  return (visit) => {
    const answer = limits?.takeBefore(callerOf(visit));
    if (answer !== undefined) visit.limit = 'beforeAuthentication';
    return answer;
  };
}

/** How prices are paid: from the caller's bucket, the wide one if he has priority. Without limits everything is free. */
export function chargeTo<Metadata>(
  limits: Limits | undefined,
  access: Access | undefined,
  callerOf: CallerOf,
): Charge<Metadata> {
  return (visit, { limit, cost }) => {
    if (limits === undefined) return undefined;
    const caller = callerOf(visit);
    visit.limit = limits.nameFor(caller, limit);
    return limits.take(caller, limit, cost, access !== undefined && access.hasPriority(caller));
  };
}

/**
 * Compares the limits that rules name with those that exist. A `.proto` may name limits that this node does not set, unless it
 * sets others.
 * @throws TypeError naming a limit that is unknown.
 */
export function checkLimitNames(rules: RuleTable<never>, limits: Limits | undefined): void {
  for (const { pattern, source, policy } of rules.written) {
    if (typeof policy.limit !== 'string' || (limits === undefined && source !== 'code')) continue;
    if (limits?.has(policy.limit)) continue;
    throw new TypeError(
      `rules[${JSON.stringify(pattern)}].limit: ${JSON.stringify(policy.limit)} is not in limits.classes`,
    );
  }
}
