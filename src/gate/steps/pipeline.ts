import type { AuthError } from '../../errors.js';
import type { WalletIdentity } from '../../identity.js';
import type { AuthorizationValue } from '../../token/bearer.js';
import type { CallInfo } from '../call/call.js';
import type { Caller } from '../call/caller.js';
import type { MethodRule } from '../rules/rule-table.js';

/** One call on its way through the door. The steps write down what they find out. */
export interface Visit<Metadata = unknown> {
  readonly call: CallInfo<Metadata>;
  readonly rule: MethodRule<Metadata>;
  readonly authorization: AuthorizationValue;
  /** Who is calling, once that is known; nobody on an anonymous call. The handler of a `public` method is not told. */
  identity: WalletIdentity | undefined;
  /** The caller as lists and limits see him; made when one of them asks. */
  caller: Caller | undefined;
  /** The limit in which it was counted last. */
  limit?: string | undefined;
  /** Whether the token was known; `undefined` before that is clear, and unless somebody listens to decisions. */
  cached?: boolean | undefined;
  /** How long the token took, in milliseconds; only if somebody listens to decisions. */
  verificationMs?: number | undefined;
}

/** What a step says: go on, or why not. It may also throw that; anything else that it throws is INTERNAL. */
export type Answer = AuthError | undefined;

/** One check of a call. */
export type Step<Metadata = unknown> = (visit: Visit<Metadata>) => Answer | Promise<Answer>;

/** One check of a message. @param index how many messages of the call came before. */
export type MessageStep<Metadata = unknown> = (
  visit: Visit<Metadata>,
  message: unknown,
  index: number,
) => Answer | Promise<Answer>;

/**
 * Takes the steps in turn up to the first that refuses.
 * @returns a promise only if a step gave one.
 */
export function takeSteps<Arguments extends readonly unknown[]>(
  steps: readonly ((...each: Arguments) => Answer | Promise<Answer>)[],
  ...each: Arguments
): Answer | Promise<Answer> {
  let taken = 0;
  for (const step of steps) {
    const answer = step(...each);
    taken++;
    if (answer === undefined) continue;
    if (!(answer instanceof Promise)) return answer;
    return answer.then((late) => late ?? takeSteps(steps.slice(taken), ...each));
  }
  return undefined;
}

/** Whether other people's code answered with something to wait for. */
export function isPromiseLike<T>(answer: T | PromiseLike<T>): answer is PromiseLike<T> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function';
}
