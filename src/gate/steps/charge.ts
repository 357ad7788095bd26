import { dropPromise } from '../../options.js';
import type { HasPriority } from '../access/access.js';
import type { Limits } from '../limits/limits.js';
import { isCost, isLimitName } from '../rules/policy.js';
import type { Answer, CallContext } from './pipeline.js';

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

/** The step that charges a call whose cost and limit are fixed, before any message is read. */
export function chargeCall(call: CallContext, charging: Charging): Answer | Promise<Answer> {
  const { cost, limit } = call.rule;
  return charge(call, cost as number, limit as string, charging);
}

/** The step that charges messages: the first where its cost depends on it, the others where each one costs. */
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

/** Takes a cost out of the caller's bucket. @throws TypeError if there is no such limit. */
function charge(
  call: CallContext,
  cost: number,
  name: string,
  { limits, hasPriority }: Charging,
): Answer | Promise<Answer> {
  const { caller } = call;
  const limit = limits.limitFor(caller, name);
  call.limit = limit.name;
  return cost === 0 ? undefined : limit.take(caller, cost, hasPriority(caller));
}
