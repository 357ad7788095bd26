import { isAuthError, refusal } from '../../errors.js';
import { isPromiseLike } from '../../options.js';
import { withTimeLimit } from '../../time-limit.js';
import type { Authorize, AuthorizeMessage } from '../rules/policy.js';
import type { Answer, CallContext } from './pipeline.js';

/** A hook of the operator's, and how long it may take in milliseconds. */
export interface Hook<F> {
  readonly hook: F;
  readonly timeoutMs: number;
}

/** The step that calls the operator's `authorize`. */
export function authorize(call: CallContext, { hook, timeoutMs }: Hook<Authorize>): Answer | Promise<Answer> {
  return settle(hook(call.identity, call.info), timeoutMs);
}

/** The step that calls the operator's `authorizeMessage`. */
export function authorizeMessage(
  call: CallContext,
  message: unknown,
  { hook, timeoutMs }: Hook<AuthorizeMessage>,
): Answer | Promise<Answer> {
  const request = message as never; // its type is the business of the rule that names it
  return settle(hook(call.visibleIdentity, request, call.info), timeoutMs);
}

function settle(answer: unknown, timeoutMs: number): Answer | Promise<Answer> {
  if (!isPromiseLike(answer)) return toRefusal(answer);
  const timedOut = () => refusal('AUTH_UNAVAILABLE', { cause: `no answer within ${timeoutMs} ms` });
  return withTimeLimit(answer, timeoutMs, timedOut).then(toRefusal);
}

function toRefusal(answer: unknown): Answer {
  if (answer === true) return undefined;
  if (answer === false) return refusal('ACCESS_DENIED');
  if (isAuthError(answer)) return answer;
  throw new TypeError('authorize must answer true, false or an AuthError');
}
