import { isAuthError, refusal } from '../../errors.js';
import { withTimeLimit } from '../../time-limit.js';
import { isPromiseLike, type Answer, type MessageStep, type Step } from './pipeline.js';

/** The step that asks the operator's `authorize`, of the method or of all; nobody is asked about a `public` method. */
export function askAuthorize<Metadata>(timeoutMs: number): Step<Metadata> {
  return ({ rule: { auth, authorize }, identity, call }) =>
    authorize === undefined || auth === 'public' ? undefined : heard(authorize(identity, call), timeoutMs);
}

/** The step that asks the `authorizeMessage` of the method. */
export function askAboutMessage<Metadata>(timeoutMs: number): MessageStep<Metadata> {
  return ({ rule: { auth, authorizeMessage }, identity, call }, message) => {
    if (authorizeMessage === undefined) return undefined;
    const request = message as never; // its type is the business of the rule that names it
    return heard(authorizeMessage(auth === 'public' ? undefined : identity, request, call), timeoutMs);
  };
}

function heard(answer: unknown, timeoutMs: number): Answer | Promise<Answer> {
  return isPromiseLike(answer) ? withTimeLimit(answer, timeoutMs, () =>
    refusal('AUTH_UNAVAILABLE', { cause: `no answer within ${timeoutMs} ms` }),
  ).then(meaningOf) : meaningOf(answer);
}

function meaningOf(answer: unknown): Answer {
  if (answer === true) return undefined;
  if (answer === false) return refusal('ACCESS_DENIED');
  if (isAuthError(answer)) return answer;
  throw new TypeError('authorize must answer true, false or an AuthError');
}
