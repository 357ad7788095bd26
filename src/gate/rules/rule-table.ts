import type { DescMethod } from '@bufbuild/protobuf';

import { planOfPaths, type FieldPlan } from './own-wallet.js';
import type { Authorize, AuthorizeMessage, AuthRule, OfRequest } from './policy.js';
import { rulesInCode, rulesInProto, type AuthRules, type RuleSource, type WrittenRule } from './written-rules.js';

/** All that applies to a method. */
export interface MethodRule<Metadata = unknown> {
  readonly auth: AuthRule;
  /** Where `auth` is from: the pattern as it was written; `default` if nobody wrote one. */
  readonly pattern: string;
  readonly source: RuleSource;
  readonly cost: OfRequest<number, Metadata>;
  readonly limit: OfRequest<string, Metadata>;
  readonly chargeMessages: boolean;
  /** Where each message must name the caller's own wallet. */
  readonly fields: FieldPlan;
  readonly authorize: Authorize<Metadata> | undefined;
  readonly authorizeMessage: AuthorizeMessage<Metadata> | undefined;
  /** Whether a message must be seen before the call's price is known. */
  readonly pricedByMessage: boolean;
  /** Whether anything must be looked at in messages. */
  readonly checksMessages: boolean;
  /** Every rule that something of this is from. */
  readonly from: readonly WrittenRule<Metadata>[];
}

/** Finds the rule of a method. */
export interface RuleTable<Metadata = unknown> {
  /** @param path `/package.Service/Method`. Worked out once for each, so only methods that exist may be asked about. */
  ruleOf(path: string): MethodRule<Metadata>;
  /** Every rule that is written, those in code first. */
  readonly written: readonly WrittenRule<Metadata>[];
}

/** Where rules may be written, apart from the list of rules itself. */
export interface RuleSurroundings<Metadata> {
  /** The methods whose `.proto` is known, by path. */
  readonly methods?: ReadonlyMap<string, DescMethod | undefined> | undefined;
  /** Asked where no rule names another. */
  readonly authorize?: Authorize<Metadata> | undefined;
}

/**
 * Reads the rules once. Each word of a method's policy is taken from the first that says it: code for the method, its option,
 * code for the service, its option, code for `*`, the default.
 * @throws TypeError naming a pattern or rule that is wrong, or written twice, or a field that a known request has not.
 */
export function compileRules<Metadata>(
  rules: AuthRules<Metadata> = {},
  { methods = new Map(), authorize }: RuleSurroundings<Metadata> = {},
): RuleTable<Metadata> {
  const code = rulesInCode(rules);
  const proto = rulesInProto(methods);
  const standard: WrittenRule<Metadata> = {
    key: 'default',
    pattern: 'default',
    source: 'default',
    policy: { auth: 'required', cost: 1, limit: 'default', chargeMessages: false, authorize },
    fields: undefined,
  };

  function resolve(path: string): MethodRule<Metadata> {
    const service = `${path.slice(0, path.lastIndexOf('/'))}/*`;
    const order = [code.get(path), proto.get(path), code.get(service), proto.get(service), code.get('*'), standard];
    return merged(
      order.filter((rule) => rule !== undefined),
      methods.get(path),
    );
  }

  const resolved = new Map([...methods.keys()].map((path) => [path, resolve(path)]));
  return {
    written: [...code.values(), ...proto.values()],
    ruleOf(path) {
      let rule = resolved.get(path);
      if (rule === undefined) resolved.set(path, (rule = resolve(path)));
      return rule;
    },
  };
}

/** @param order the rules that apply, the strongest first; the last one says everything that must be said. */
function merged<Metadata>(order: readonly WrittenRule<Metadata>[], method?: DescMethod): MethodRule<Metadata> {
  const from = new Set<WrittenRule<Metadata>>();
  function first<T>(word: (rule: WrittenRule<Metadata>) => T): T | undefined {
    const rule = order.find((each) => word(each) !== undefined);
    if (rule) from.add(rule);
    return rule && word(rule);
  }
  const auth = first(({ policy }) => policy.auth) ?? 'required';
  const judge = order.find(({ policy }) => policy.auth !== undefined);
  const cost = first(({ policy }) => policy.cost) ?? 1;
  const limit = first(({ policy }) => policy.limit) ?? 'default';
  const chargeMessages = first(({ policy }) => policy.chargeMessages) ?? false;
  const fields = first((rule) => rule.fields ?? plannedFields(rule, method)) ?? [];
  const authorizeMessage = first(({ policy }) => policy.authorizeMessage);
  const pricedByMessage = typeof cost === 'function' || typeof limit === 'function';
  return Object.freeze({
    auth,
    pattern: judge?.pattern ?? 'default',
    source: judge?.source ?? 'default',
    cost,
    limit,
    chargeMessages,
    fields,
    authorize: first(({ policy }) => policy.authorize),
    authorizeMessage,
    pricedByMessage,
    checksMessages: fields.length > 0 || authorizeMessage !== undefined || pricedByMessage || chargeMessages,
    from: [...from],
  });
}

function plannedFields({ pattern, policy }: WrittenRule<never>, method: DescMethod | undefined): FieldPlan | undefined {
  try {
    return policy.ownWallet && planOfPaths(policy.ownWallet, method?.input);
  } catch (error) {
    throw new TypeError(`rules[${JSON.stringify(pattern)}].ownWallet: ${(error as Error).message}`, { cause: error });
  }
}
