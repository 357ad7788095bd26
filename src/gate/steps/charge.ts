import { dropPromise } from '../../options.js';
import type { HasPriority } from '../access/access.js';
import type { Limits } from '../limits/limits.js';
import type { StatementLimit } from '../limits/statement-limit.js';
import { isCost, isLimitName } from '../rules/policy.js';
import type { Answer, CallContext } from './pipeline.js';

/** Points that a call pays before its first message, out of which its cost is found. */
const AHEAD = 1;

/** What is needed to charge a caller. */
export interface Charging {
  readonly limits: Limits;
  /** Whether limits are wider for a caller. */
  readonly hasPriority: HasPriority;
}

/** The step that limits the calls of an address, before anything of the token is looked at. */
export function limitAddress(call: CallContext, take: (network: string) => Answer): Answer {
  const answer = take(call.caller.network);
  if (answer !== undefined) call.limit = 'beforeAuthentication';
  return answer;
}

/** The step that counts calls that may bring a statement of a wallet, by address: nothing else bounds what they cost. */
export function limitStatements(call: CallContext, take: StatementLimit): Answer {
  return take(call.caller.network);
}

/**
 * The step that charges a call before any message of it is read. Where cost or limit depend on the message it takes one point
 * ahead, so that no call is free and an empty bucket refuses it here; only the constant cost 0 is free.
 */
export function chargeCall(call: CallContext, charging: Charging): Answer | Promise<Answer> {
  const { cost, limit, costByMessage } = call.rule;
  if (!costByMessage) return charge(call, cost as number, limit as string, charging);
  if (cost === 0) return undefined;
  const answer = charge(call, AHEAD, typeof limit === 'string' ? limit : 'default', charging);
  call.paidAhead = call.limit;
  return answer;
}

/**
 * The step that charges messages: the first where its cost depends on it, less what the call paid ahead out of the same limit;
 * the others where each one costs. A store is asked once for each call and once for each message at most.
 */
export function chargeMessage(call: CallContext, message: unknown, charging: Charging): Answer | Promise<Answer> {
  if (!hasCost(call)) return undefined;
  const { cost, limit } = costOf(call, message);
  return charge(call, cost, limit, charging);
}

/** The step where costs depend on messages and there are no limits: a function that fails is found all the same. */
export function checkCost(call: CallContext, message: unknown): Answer {
  if (hasCost(call)) costOf(call, message);
  return undefined;
}

/** Whether the call's next message has a cost of its own, beside what the call cost before. */
function hasCost({ rule, messages }: CallContext): boolean {
  return messages === 0 ? rule.costByMessage : rule.chargeMessages;
}

/** @throws TypeError if a function of the operator's gives no cost or limit; whatever else it throws. */
function costOf({ rule, info }: CallContext, message: unknown): { cost: number; limit: string } {
  const request = message as never; // its type is the business of the rule that names it
  const cost: unknown = typeof rule.cost === 'function' ? rule.cost(request, info) : rule.cost;
  const limit: unknown = typeof rule.limit === 'function' ? rule.limit(request, info) : rule.limit;
  if (isCost(cost) && isLimitName(limit)) return { cost, limit };
  dropPromise(cost);
  dropPromise(limit);
  throw new TypeError(isCost(cost) ? 'limit must answer a name' : 'cost must answer a non-negative integer');
}

/** Takes a cost, less what was paid ahead, out of the caller's bucket. @throws TypeError if there is no such limit. */
function charge(
  call: CallContext,
  cost: number,
  name: string,
  { limits, hasPriority }: Charging,
): Answer | Promise<Answer> {
  const { caller, paidAhead } = call;
  const limit = limits.limitFor(caller, name);
  call.limit = limit.name;
  call.paidAhead = undefined;
  const paid = paidAhead === limit.name ? AHEAD : 0;
  return cost <= paid ? undefined : limit.take(caller, cost, hasPriority(caller), paid);
}
