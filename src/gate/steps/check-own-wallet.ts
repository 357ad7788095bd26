import { refusal } from '../../errors.js';
import { firstForeign } from '../rules/first-foreign.js';
import type { MessagePlan } from '../rules/own-wallet.js';
import type { Answer, CallContext } from './pipeline.js';

/** The step that refuses a message which names another's wallet, or none, where it must name the caller's own. */
export function checkOwnWallet({ identity }: CallContext, message: unknown, plan: MessagePlan): Answer {
  const path = firstForeign(plan, message, identity?.wallet);
  if (path === undefined) return undefined;
  return refusal('ACCESS_DENIED', { message: `${path} must be your own wallet address` });
}
