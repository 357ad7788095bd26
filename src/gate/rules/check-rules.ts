import type { AuthRule } from '../call/call.js';
import type { DeclaredRule, RuleSource } from './declared-rules.js';
import { summaryOf, type MethodSummary } from './method-summary.js';
import { policyNames } from './policy.js';
import type { MethodRule, PolicyName, RuleTable } from './rule-table.js';
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
  /** The methods that it is about and where another rule decides something that it declares, sorted. */
  readonly overridden: readonly string[];
}

/** What rules come to. */
export interface RuleReport {
  /** Each declared rule, those in code first, then `default` if it decides who may call anything. */
  readonly rules: readonly RuleCoverage[];
  /** What applies to each method, by `/package.Service/Method`, sorted. */
  readonly byMethod: ReadonlyMap<string, MethodSummary>;
}

/**
 * Compares the rules with the methods that exist, for a check at start-up.
 * @param paths every method that the server registers, streams included, as `/package.Service/Method`.
 * @throws TypeError naming a rule in code that names no method. Health and reflection services count as there.
 */
export function checkRules(table: RuleTable, paths: Iterable<string>): RuleReport {
  const own = [...new Set(paths)].toSorted();
  for (const { key, pattern, source } of table.declared) {
    if (source === 'code' && ![...own, ...WELL_KNOWN_METHODS].some((path) => matches(key, path))) {
      throw new TypeError(`rules: ${JSON.stringify(pattern)} names no method of the given services`);
    }
  }
  const methods = own.map((path) => ({ path, rule: table.ruleOf(path) }));
  const rules = table.declared.map((declared) => coverage(declared, methods));
  const rest = pathsWhere(methods, ({ source }) => source === 'default');
  if (rest.length > 0)
    rules.push({ pattern: 'default', source: 'default', auth: 'required', methods: rest, overridden: [] });
  return Object.freeze({
    rules: rules.map((each) => Object.freeze(each)),
    byMethod: new Map(methods.map(({ path, rule }) => [path, summaryOf(rule)])),
  });
}

type Methods = readonly { readonly path: string; readonly rule: MethodRule }[];

function coverage(declared: DeclaredRule, methods: Methods): RuleCoverage {
  const { key, pattern, source, policy } = declared;
  const names = declaredNames(declared);
  const concerned = methods.filter(({ path }) => matches(key, path));
  return {
    pattern,
    source,
    auth: policy.auth,
    methods: pathsWhere(concerned, ({ from }) => names.some((name) => from.get(name) === declared)),
    overridden: pathsWhere(concerned, ({ from }) => names.some((name) => from.get(name) !== declared)),
  };
}

function declaredNames({ policy, ownWallet }: DeclaredRule): readonly PolicyName[] {
  return policyNames.filter((name) => policy[name] !== undefined || (name === 'ownWallet' && ownWallet !== undefined));
}

function pathsWhere(methods: Methods, is: (rule: MethodRule) => boolean): readonly string[] {
  return Object.freeze(methods.filter(({ rule }) => is(rule)).map(({ path }) => path));
}

/** @param key a normalized pattern. */
function matches(key: string, path: string): boolean {
  return key.endsWith('*') ? path.startsWith(key.slice(0, -1)) : key === path;
}
