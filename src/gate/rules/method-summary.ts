import type { AuthRule, StreamRule } from '../call/call.js';
import type { RuleSource } from './declared-rules.js';
import type { MessagePlan } from './own-wallet.js';
import type { RequireOptions } from './require.js';
import type { MethodRule, PolicyName } from './rule-table.js';

/** What applies to a method, for an operator to read. */
export interface MethodSummary {
  readonly auth: AuthRule;
  /** What a call takes from its caller's limit; `by message` if a function finds it. */
  readonly cost: number | 'by message';
  /** The name of the limit; `by message` if a function finds it. */
  readonly limit: string;
  /** Whether every message of a request stream costs that much. */
  readonly chargeMessages: boolean;
  /** Fields that must be the caller's own wallet address. `items.*` stands for those of a type that is listed already. */
  readonly ownWallet: readonly string[];
  /** Whether an `authorize` is called for its calls. */
  readonly authorize: boolean;
  /** Whether an `authorizeMessage` is called for its messages. */
  readonly authorizeMessage: boolean;
  readonly stream: StreamRule;
  /** What tokens must carry; `undefined` for nothing. */
  readonly require: RequireOptions | undefined;
  /** Where each property is declared, as far as one is. */
  readonly from: Readonly<Partial<Record<PolicyName, { readonly pattern: string; readonly source: RuleSource }>>>;
}

/** Summarizes what applies to a method. */
export function summaryOf(rule: MethodRule): MethodSummary {
  const { auth, cost, limit, chargeMessages, ownWallet, authorize, authorizeMessage, stream, require, from } = rule;
  return Object.freeze({
    auth,
    cost: typeof cost === 'function' ? 'by message' : cost,
    limit: typeof limit === 'function' ? 'by message' : limit,
    chargeMessages,
    ownWallet: Object.freeze(pathsOf(ownWallet ?? [])),
    authorize: auth !== 'public' && authorize !== undefined,
    authorizeMessage: authorizeMessage !== undefined,
    stream,
    require,
    from: Object.freeze(
      Object.fromEntries([...from].map(([name, { pattern, source }]) => [name, Object.freeze({ pattern, source })])),
    ),
  });
}

/** The paths to the fields of a plan, each type once: types contain themselves. */
function pathsOf(root: MessagePlan): string[] {
  const listed = new Set([root]);
  const walk = (plan: MessagePlan, before: string): string[] =>
    plan.flatMap(({ name, inside }) => {
      if (inside === undefined) return [`${before}${name}`];
      if (listed.has(inside)) return [`${before}${name}.*`];
      listed.add(inside);
      return walk(inside, `${before}${name}.`);
    });
  return walk(root, '');
}
