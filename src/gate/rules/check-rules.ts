import type { AuthRule } from '../call/call.js';
import type { DeclaredRule, RuleSource } from './declared-rules.js';
import type { MethodRule, RuleTable } from './rule-table.js';
import { WELL_KNOWN_METHODS } from './well-known.js';

/** One rule and what it decides. */
export interface RuleCoverage {
  /** The pattern as it was declared; `default` for what applies where nothing is. */
  readonly pattern: string;
  /** Where it is declared. */
  readonly source: RuleSource;
  /** Who may call; `undefined` if it leaves that to another rule. */
  readonly auth: AuthRule | undefined;
  /** The methods of which it decides something, as `/package.Service/Method`, sorted. */
  readonly methods: readonly string[];
}

/**
 * Compares the rules with the methods that exist, for a check at start-up.
 * @param paths every method that the server registers, streams included, as `/package.Service/Method`.
 * @returns each declared rule, then `default` if it decides who may call anything.
 * @throws TypeError naming a rule in code that names no method. Health and reflection services count as there.
 */
export function checkRules(table: RuleTable, paths: Iterable<string>): readonly RuleCoverage[] {
  const own = [...new Set(paths)].toSorted();
  for (const { key, pattern, source } of table.declared) {
    if (source === 'code' && ![...own, ...WELL_KNOWN_METHODS].some((path) => matches(key, path))) {
      throw new TypeError(`rules: ${JSON.stringify(pattern)} names no method of the given services`);
    }
  }
  const rules = own.map((path) => ({ path, rule: table.ruleOf(path) }));
  const rows = table.declared.map((declared) => ({
    ...row(declared),
    methods: pathsWhere(rules, ({ from }) => from.includes(declared)),
  }));
  const rest = pathsWhere(rules, ({ source }) => source === 'default');
  if (rest.length > 0) rows.push({ pattern: 'default', source: 'default', auth: 'required', methods: rest });
  return rows.map((each) => Object.freeze(each));
}

function row({ pattern, source, policy: { auth } }: DeclaredRule): Omit<RuleCoverage, 'methods'> {
  return { pattern, source, auth };
}

function pathsWhere(
  rules: readonly { path: string; rule: MethodRule }[],
  is: (rule: MethodRule) => boolean,
): readonly string[] {
  return Object.freeze(rules.filter(({ rule }) => is(rule)).map(({ path }) => path));
}

/** @param key a normalized pattern. */
function matches(key: string, path: string): boolean {
  return key.endsWith('*') ? path.startsWith(key.slice(0, -1)) : key === path;
}
