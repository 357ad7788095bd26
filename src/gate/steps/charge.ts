import { dropPromise } from '../../options.js';
import { isCost, isLimit } from '../rules/policy.js';
import type { Answer, MessageStep, Step, Visit } from './pipeline.js';

/** What a call or a message costs, and of which limit. */
export interface Price {
  /** The name of the limit. */
  readonly limit: string;
  /** A non-negative integer. */
  readonly cost: number;
}

/** Takes a price from what the caller has left. @returns RATE_LIMITED if that is not enough. */
export type Charge<Metadata = unknown> = (visit: Visit<Metadata>, price: Price) => Answer | Promise<Answer>;

/** The step that charges a call whose price is fixed, before any message is read. */
export function chargeCall<Metadata>(charge: Charge<Metadata>): Step<Metadata> {
  return (visit) => {
    const { cost, limit } = visit.rule;
    return typeof cost === 'function' || typeof limit === 'function' ? undefined : charge(visit, { limit, cost });
  };
}

/** The step that charges messages: the first where the price depends on it, the others where each one costs. */
export function chargeMessage<Metadata>(charge: Charge<Metadata>): MessageStep<Metadata> {
  return (visit, message, index) => {
    const paid = index > 0 ? !visit.rule.chargeMessages : !visit.rule.pricedByMessage;
    return paid ? undefined : charge(visit, priceOf(visit, message));
  };
}

/** @throws TypeError if a function of the operator's gives no price; whatever else it throws. */
function priceOf<Metadata>({ rule, call }: Visit<Metadata>, message: unknown): Price {
  const request = message as never; // its type is the business of the rule that names it
  const cost: unknown = typeof rule.cost === 'function' ? rule.cost(request, call) : rule.cost;
  const limit: unknown = typeof rule.limit === 'function' ? rule.limit(request, call) : rule.limit;
  if (isCost(cost) && isLimit(limit)) return { limit, cost };
  dropPromise(cost);
  dropPromise(limit);
  throw new TypeError(isCost(cost) ? 'limit must answer a name' : 'cost must answer a non-negative integer');
}
