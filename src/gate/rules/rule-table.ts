import type { DescMethod } from '@bufbuild/protobuf';

import type { Demands } from '../../verify/restrictions.js';
import type { AuthRule, StreamRule } from '../call/call.js';
import { rulesInCode, rulesInProto, type AuthRules, type DeclaredRule, type RuleSource } from './declared-rules.js';
import { planOfPaths, type MessagePlan } from './own-wallet.js';
import type { Authorize, AuthorizeMessage, OfRequest, policyNames } from './policy.js';
import { demandsOf, strictest } from './require.js';

/** The name of something that a rule can declare. */
export type PolicyName = (typeof policyNames)[number];

/** All that applies to a method. */
export interface MethodRule {
  readonly auth: AuthRule;
  /** Where `auth` is from: the pattern as it was declared; `default` if none was. */
  readonly pattern: string;
  readonly source: RuleSource;
  readonly cost: OfRequest<number>;
  readonly limit: OfRequest<string>;
  readonly chargeMessages: boolean;
  /** Whether a message must be seen before the call's cost and limit are known. */
  readonly costByMessage: boolean;
  /** Where each message must name the caller's own wallet; `undefined` if nowhere. */
  readonly ownWallet: MessagePlan | undefined;
  /** How long a stream may stay open. */
  readonly stream: StreamRule;
  /** What tokens must carry, by this rule and for all methods; `undefined` for nothing. */
  readonly require: Demands | undefined;
  readonly authorize: Authorize | undefined;
  readonly authorizeMessage: AuthorizeMessage | undefined;
  /** Which rule each property is from. */
  readonly from: ReadonlyMap<PolicyName, DeclaredRule>;
}

/** Finds the rule of a method. */
export interface RuleTable {
  /** @param path `/package.Service/Method`. Worked out once for each, so only methods that exist may be looked up. */
  ruleOf(path: string): MethodRule;
  /** Every rule that is declared, those in code first. */
  readonly declared: readonly DeclaredRule[];
}

/** Where rules may be declared, apart from the rules in code. */
export interface RuleSurroundings {
  /** The methods whose `.proto` is known, by path. */
  readonly methods?: ReadonlyMap<string, DescMethod | undefined> | undefined;
  /** Applies where no rule has another. */
  readonly authorize?: Authorize | undefined;
  /** What is demanded of tokens for all methods. */
  readonly demands?: Demands | undefined;
}

/**
 * Reads the rules once. Each property of a method's policy is taken from the first that declares it: code for the method, for
 * its service, for `*`, then the option of the method, of its service, then the default. So whatever an operator's code
 * declares, no `.proto` changes.
 * @throws TypeError naming a pattern or rule that is wrong, or declared twice, or a field that a known request has not.
 */
export function compileRules(
  rules: AuthRules = {},
  { methods = new Map(), authorize, demands }: RuleSurroundings = {},
): RuleTable {
  const code = rulesInCode(rules);
  const proto = rulesInProto(methods);
  const standard: DeclaredRule = {
    key: 'default',
    pattern: 'default',
    source: 'default',
    policy: { auth: 'required', cost: 1, limit: 'default', chargeMessages: false, stream: 'while-renewed', authorize },
    ownWallet: undefined,
  };

  function resolve(path: string): MethodRule {
    const service = `${path.slice(0, path.lastIndexOf('/'))}/*`;
    const inCode = [code.get(path), code.get(service), code.get('*')];
    const order = [...inCode, proto.get(path), proto.get(service), standard];
    return merged(
      order.filter((rule) => rule !== undefined),
      methods.get(path),
      demands,
    );
  }

  const resolved = new Map([...methods.keys()].map((path) => [path, resolve(path)]));
  return {
    declared: [...code.values(), ...proto.values()],
    ruleOf(path) {
      let rule = resolved.get(path);
      if (rule === undefined) resolved.set(path, (rule = resolve(path)));
      return rule;
    },
  };
}

/** @param order the rules that apply, the strongest first; the last one has everything that must be there. */
function merged(order: readonly DeclaredRule[], method?: DescMethod, demands?: Demands): MethodRule {
  const from = new Map<PolicyName, DeclaredRule>();
  function first<T>(name: PolicyName, property: (rule: DeclaredRule) => T): T | undefined {
    const rule = order.find((each) => property(each) !== undefined);
    if (rule) from.set(name, rule);
    return rule && property(rule);
  }
  const auth = first('auth', ({ policy }) => policy.auth) ?? 'required';
  const decider = from.get('auth');
  const cost = first('cost', ({ policy }) => policy.cost) ?? 1;
  const limit = first('limit', ({ policy }) => policy.limit) ?? 'default';
  const ownWallet = first('ownWallet', (rule) => rule.ownWallet ?? pathPlan(rule, method)) ?? [];
  return Object.freeze({
    auth,
    pattern: decider?.pattern ?? 'default',
    source: decider?.source ?? 'default',
    cost,
    limit,
    chargeMessages: first('chargeMessages', ({ policy }) => policy.chargeMessages) ?? false,
    costByMessage: typeof cost === 'function' || typeof limit === 'function',
    ownWallet: ownWallet.length > 0 ? ownWallet : undefined,
    require: strictest(
      demands,
      demandsOf(
        'require',
        first('require', ({ policy }) => policy.require),
      ),
    ),
    stream: first('stream', ({ policy }) => policy.stream) ?? 'while-renewed',
    authorize: first('authorize', ({ policy }) => policy.authorize),
    authorizeMessage: first('authorizeMessage', ({ policy }) => policy.authorizeMessage),
    from,
  });
}

function pathPlan({ pattern, policy }: DeclaredRule, method: DescMethod | undefined): MessagePlan | undefined {
  try {
    return policy.ownWallet && planOfPaths(policy.ownWallet, method?.input);
  } catch (error) {
    throw new TypeError(`rules[${JSON.stringify(pattern)}].ownWallet: ${(error as Error).message}`, { cause: error });
  }
}
