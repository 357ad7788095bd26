import type { RuleTable } from './rule-table.js';

/**
 * Compares the limits that rules name with those that exist. A `.proto` may name limits that this node does not set, unless it
 * sets others.
 * @param limits the limits that exist; `undefined` if there are none.
 * @throws TypeError naming a limit that is unknown.
 */
export function checkLimitNames(rules: RuleTable, limits: { has(name: string): boolean } | undefined): void {
  for (const { pattern, source, policy } of rules.declared) {
    if (typeof policy.limit !== 'string' || (limits === undefined && source !== 'code')) continue;
    if (limits?.has(policy.limit)) continue;
    throw new TypeError(
      `rules[${JSON.stringify(pattern)}].limit: ${JSON.stringify(policy.limit)} is not in limits.classes`,
    );
  }
}
