import type { MethodRule, RuleTable } from './rules.js';
import { WELL_KNOWN_METHODS } from './well-known.js';

/** One rule and what it decides. */
export interface RuleCoverage extends MethodRule {
  /** The methods for which this rule is the most specific one, as `/package.Service/Method`, sorted. */
  readonly methods: readonly string[];
}

/**
 * Compares the rules with the methods that exist, for a check at start-up.
 * @param paths every method that the server registers, streams included, as `/package.Service/Method`.
 * @returns each written rule, then `default` if it decides anything.
 * @throws TypeError naming a rule that names no method. Health and reflection services count as there.
 */
export function checkRules(table: RuleTable, paths: Iterable<string>): readonly RuleCoverage[] {
  const own = [...new Set(paths)].toSorted();
  const covered = new Map<string, { rule: MethodRule; methods: string[] }>();
  for (const [key, rule] of table.patterns) {
    if (![...own, ...WELL_KNOWN_METHODS].some((path) => matches(key, path))) {
      throw new TypeError(`rules: ${JSON.stringify(rule.pattern)} names no method of the given services`);
    }
    covered.set(rule.pattern, { rule, methods: [] });
  }
  for (const path of own) {
    const rule = table.ruleOf(path);
    const entry = covered.get(rule.pattern) ?? { rule, methods: [] };
    covered.set(rule.pattern, entry);
    entry.methods.push(path);
  }
  return Array.from(covered.values(), ({ rule, methods }) =>
    Object.freeze({ ...rule, methods: Object.freeze(methods) }),
  );
}

/** @param key a normalized pattern. */
function matches(key: string, path: string): boolean {
  return key.endsWith('*') ? path.startsWith(key.slice(0, -1)) : key === path;
}
