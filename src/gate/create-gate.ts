import { refusal, type AuthError, type AuthReason } from '../errors.js';
import { clock, quietly } from '../options.js';
import { refusalStatus, type RefusalStatus } from '../status-details.js';
import type { AuthorizationValue } from '../token/bearer.js';
import { createVerifier } from '../verify/create-verifier.js';
import type { CallInfo } from './call/call.js';
import { Caller, type CallerOf } from './call/caller.js';
import { ANONYMOUS, type CheckMessage, type Decision } from './decision.js';
import { createLimits } from './limits/limits.js';
import { gateSettings, verifierOptions, type DecisionEvent, type GateOptions } from './options.js';
import { checkRules, type RuleCoverage } from './rules/check-rules.js';
import { compileRules } from './rules/rule-table.js';
import { methodsOf } from './rules/service-methods.js';
import { authenticate } from './steps/authenticate.js';
import { askAboutMessage, askAuthorize } from './steps/authorize.js';
import { chargeCall, chargeMessage, type Charge } from './steps/charge.js';
import { applyLists, turnAwayAddress } from './steps/check-access.js';
import { checkFields } from './steps/check-own-wallet.js';
import { guardedVerify } from './steps/guarded-verify.js';
import { guarded } from './steps/guarded.js';
import { chargeTo, checkLimitNames, limitAddress } from './steps/limit-steps.js';
import { takeSteps, type MessageStep, type Step, type Visit } from './steps/pipeline.js';

/** The door: one for every transport. */
export interface Gate<Metadata> {
  /** The name of the curve in use. */
  readonly curve: string;
  /** How many verified tokens are cached now. */
  readonly cachedTokens: number;
  /** Decides. Never throws and never rejects; a promise only if a step gave one. */
  decide(call: CallInfo<Metadata>, authorization: AuthorizationValue): Decision | Promise<Decision>;
  /** The start-up check of `check-rules.ts` for this door's rules. */
  checkRules(paths: Iterable<string>): readonly RuleCoverage[];
}

/**
 * Makes a door out of rules, a verifier and hooks.
 * @throws TypeError if an option is wrong.
 */
export function createGate<Metadata>(options: GateOptions<Metadata> = {}): Gate<Metadata> {
  const { authorize, authorizeTimeoutMs, onDecision, access, allowance, addresses, services } = gateSettings(options);
  const methods = methodsOf(services ?? []);
  const rules = compileRules(options.rules, { methods, authorize });
  if (services) checkRules(rules, methods.keys());
  const verifier = createVerifier(verifierOptions(options));
  const nowMs = clock(options.now);
  const limits = createLimits(options.limits, nowMs);
  checkLimitNames(rules, limits);
  const callerOf: CallerOf = (visit) => (visit.caller ??= new Caller(visit, addresses));
  const charge: Charge<Metadata> = chargeTo(limits, access, callerOf);

  /** What a call goes through, in this order. */
  const callSteps: readonly Step<Metadata>[] = [
    turnAwayAddress(access, callerOf),
    limitAddress(limits, callerOf),
    authenticate(guardedVerify(verifier, allowance, addresses, nowMs), onDecision !== undefined),
    applyLists(access, callerOf),
    askAuthorize(authorizeTimeoutMs),
    chargeCall(charge),
  ];
  /** What each of its messages goes through. */
  const messageSteps: readonly MessageStep<Metadata>[] = [
    checkFields,
    askAboutMessage(authorizeTimeoutMs),
    chargeMessage(charge),
  ];

  function decide(call: CallInfo<Metadata>, authorization: AuthorizationValue): Decision | Promise<Decision> {
    const visit: Visit<Metadata> = {
      call,
      rule: rules.ruleOf(call.method),
      authorization,
      identity: undefined,
      caller: undefined,
      limit: undefined,
      cached: undefined,
      verificationMs: undefined,
    };
    return guarded<Decision>(
      () => takeSteps(callSteps, visit),
      (answer) => (answer ? { admitted: false, status: refuse(visit, 'refused', answer) } : admit(visit)),
    );
  }

  function admit(visit: Visit<Metadata>): Decision {
    const { rule, identity } = visit;
    say(visit, 'admitted');
    const checkMessage = rule.checksMessages ? messageCheck(visit) : undefined;
    if (identity === undefined && checkMessage === undefined) return ANONYMOUS;
    return {
      admitted: true,
      identity: rule.auth === 'public' ? undefined : identity,
      expiresAtMs: identity?.expiresAtMs,
      checkMessage,
    };
  }

  function messageCheck(visit: Visit<Metadata>): CheckMessage {
    let count = 0;
    return (message) =>
      guarded(
        () => takeSteps(messageSteps, visit, message, count++),
        (answer) => answer && refuse(visit, 'ended', answer),
      );
  }

  function refuse(visit: Visit<Metadata>, decision: 'refused' | 'ended', thrown: AuthError): RefusalStatus {
    const { error, reason, status } = answerTo(thrown);
    say(visit, decision, error, reason);
    return status;
  }

  /** An AuthError of a hook may be anything inside, and the clock may be what is broken. */
  function answerTo(error: AuthError): { error: AuthError; reason: AuthReason; status: RefusalStatus } {
    try {
      return { error, reason: error.reason, status: refusalStatus(error, nowMs()) };
    } catch (cause) {
      const internal = refusal('INTERNAL', { cause });
      return { error: internal, reason: internal.reason, status: refusalStatus(internal, Date.now()) };
    }
  }

  function say(
    visit: Visit<Metadata>,
    decision: DecisionEvent['decision'],
    error?: AuthError,
    reason?: AuthReason,
  ): void {
    if (onDecision === undefined) return;
    const { call, rule, limit, cached } = visit;
    const event: DecisionEvent = {
      method: call.method,
      rule: rule.auth,
      source: rule.source,
      decision,
      reason,
      error,
      limit,
      curve: verifier.curve,
      cached,
      verificationMs: decision === 'ended' ? undefined : visit.verificationMs,
    };
    quietly(() => onDecision(Object.freeze(event)));
  }

  return Object.freeze({
    curve: verifier.curve,
    get cachedTokens() {
      return verifier.cachedTokens;
    },
    decide,
    checkRules: (paths: Iterable<string>) => checkRules(rules, paths),
  });
}
