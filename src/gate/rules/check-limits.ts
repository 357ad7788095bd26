import type { Limits } from '../limits/limits.js';
import type { MethodRule, PolicyName, RuleTable } from './rule-table.js';

/**
 * Compares what rules name and cost with the limits that exist. A `.proto` may name limits that this node does not set, unless
 * it sets others; where code names another limit, the one of the `.proto` does not matter.
 * @param paths the methods that are known; without them every rule in code is taken to be that of a method.
 * @param limits the limits that exist; `undefined` if there are none.
 * @throws TypeError naming a rule whose limit is unknown, or whose constant cost is more than its limit ever holds.
 */
export function checkLimits(rules: RuleTable, paths: Iterable<string> | undefined, limits: Limits | undefined): void {
  const inCode = rules.declared.filter(({ source }) => source === 'code').map(({ key }) => key);
  const known = paths && [...paths];
  for (const path of [...inCode, ...(known ?? [])]) checkName(rules.ruleOf(path), limits);
  if (limits) for (const path of known ?? inCode) checkCost(rules.ruleOf(path), limits);
}

function checkName(rule: MethodRule, limits: Limits | undefined): void {
  const { limit, from } = rule;
  if (typeof limit !== 'string' || (limits === undefined && from.get('limit')?.source !== 'code')) return;
  if (limits?.pointsOf(limit) !== undefined) return;
  throw new TypeError(`${named(rule, 'limit')}: ${JSON.stringify(limit)} is not in limits.classes`);
}

function checkCost(rule: MethodRule, { pointsOf, anonymous }: Limits): void {
  const { auth, cost } = rule;
  const limit = auth === 'public' ? (anonymous ?? rule.limit) : rule.limit;
  if (typeof cost !== 'number' || typeof limit !== 'string') return;
  const points = pointsOf(limit) ?? 0;
  if (cost <= points) return;
  throw new TypeError(`${named(rule, 'cost')}: ${cost} is more than limits.classes.${limit} holds (${points} points)`);
}

/** @returns the property as the operator wrote it, such as `rules["a.S/M"].cost`. */
function named({ from }: MethodRule, property: PolicyName): string {
  return `rules[${JSON.stringify(from.get(property)?.pattern)}].${property}`;
}
