import { asAuthError, isAuthError, refusal, type AuthError, type AuthReason } from '../errors.js';
import type { WalletIdentity } from '../identity.js';
import { clock } from '../options.js';
import type { AuthorizationValue } from '../token/bearer.js';
import { createVerifier } from '../verify/create-verifier.js';
import { checkRules, type RuleCoverage } from './check-rules.js';
import { refusalStatus, type RefusalStatus } from './error-details.js';
import { guardedVerify } from './guarded-verify.js';
import { gateSettings, verifierOptions, type CallFacts, type GateOptions } from './options.js';
import { compileRules, type MethodRule } from './rules.js';
import { tell } from './tell.js';
import { withTimeLimit } from './time-limit.js';

/** A call that may go on to its handler. */
export interface Admission {
  readonly admitted: true;
  /** Who is calling, for the handler. */
  readonly identity: WalletIdentity | undefined;
  /** When the token stops working here, for the client; in milliseconds since the Unix epoch. */
  readonly expiresAtMs: number | undefined;
}

/** What the door says about a call. */
export type Decision = Admission | { readonly admitted: false; readonly status: RefusalStatus };

/** The door: one for every transport. */
export interface Gate<Metadata> {
  /** The name of the curve in use. */
  readonly curve: string;
  /** Decides. Never throws and never rejects; a promise only if `authorize` gave one. */
  decide(call: CallFacts<Metadata>, authorization: AuthorizationValue): Decision | Promise<Decision>;
  /** The start-up check of `check-rules.ts` for this door's rules. */
  checkRules(paths: Iterable<string>): readonly RuleCoverage[];
}

/** The answer to a caller who is let in without a token. */
const ANONYMOUS: Decision = Object.freeze({ admitted: true, identity: undefined, expiresAtMs: undefined });

/**
 * Makes a door out of rules, a verifier and hooks.
 * @throws TypeError if an option is wrong.
 */
export function createGate<Metadata>(options: GateOptions<Metadata> = {}): Gate<Metadata> {
  const { authorize, authorizeTimeoutMs, onDecision, allowance, addresses } = gateSettings(options);
  const rules = compileRules(options.rules);
  const verifier = createVerifier(verifierOptions(options));
  const nowMs = clock(options.now);
  const verify = guardedVerify(verifier, allowance, addresses, nowMs);

  function decide(call: CallFacts<Metadata>, authorization: AuthorizationValue): Decision | Promise<Decision> {
    const rule = rules.ruleOf(call.method);
    try {
      const anonymous = rule.auth !== 'required' && isMissing(authorization);
      const identity = anonymous ? undefined : verify(authorization, call);
      if (authorize === undefined || rule.auth === 'public') return admit(call, rule, identity);
      const answer = authorize(identity, call);
      if (!isPromiseLike(answer)) return obey(answer, call, rule, identity);
      return withTimeLimit(answer, authorizeTimeoutMs).then(
        (late) => obey(late, call, rule, identity),
        (error: unknown) => refuse(error, call, rule),
      );
    } catch (error) {
      return refuse(error, call, rule);
    }
  }

  function obey(answer: unknown, call: CallFacts, rule: MethodRule, identity: WalletIdentity | undefined): Decision {
    if (answer === true) return admit(call, rule, identity);
    if (answer === false) return refuse(refusal('ACCESS_DENIED'), call, rule);
    return refuse(isAuthError(answer) ? answer : new TypeError(NO_ANSWER), call, rule);
  }

  function admit({ method }: CallFacts, { auth }: MethodRule, identity: WalletIdentity | undefined): Decision {
    tell(onDecision, { method, rule: auth, decision: 'admitted', reason: undefined, error: undefined });
    if (identity === undefined) return ANONYMOUS;
    return {
      admitted: true,
      identity: auth === 'public' ? undefined : identity,
      expiresAtMs: identity.expiresAtMs,
    };
  }

  function refuse(thrown: unknown, { method }: CallFacts, { auth }: MethodRule): Decision {
    const { error, reason, status } = answerTo(thrown);
    tell(onDecision, { method, rule: auth, decision: 'refused', reason, error });
    return { admitted: false, status };
  }

  /** An AuthError of a hook may be anything inside, and the clock may be what is broken. */
  function answerTo(thrown: unknown): { error: AuthError; reason: AuthReason; status: RefusalStatus } {
    try {
      const error = asAuthError(thrown);
      return { error, reason: error.reason, status: refusalStatus(error, nowMs()) };
    } catch (cause) {
      const error = refusal('INTERNAL', { cause });
      return { error, reason: error.reason, status: refusalStatus(error, Date.now()) };
    }
  }

  return Object.freeze({
    curve: verifier.curve,
    decide,
    checkRules: (paths: Iterable<string>) => checkRules(rules, paths),
  });
}

const NO_ANSWER = 'authorize must answer true, false or an AuthError';

function isMissing(authorization: AuthorizationValue): boolean {
  if (Array.isArray(authorization)) return authorization.length === 0;
  return authorization === undefined || authorization === null;
}

function isPromiseLike<T>(answer: T | PromiseLike<T>): answer is PromiseLike<T> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function';
}
