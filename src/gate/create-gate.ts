import { refusal, type AuthError, type AuthReason } from '../errors.js';
import { clock, quietly } from '../options.js';
import type { AuthorizationValue } from '../token/bearer.js';
import { createVerifier } from '../verify/create-verifier.js';
import { askAboutMessage, askAuthorize } from './ask-authorize.js';
import { authenticate } from './authenticate.js';
import type { CallFacts } from './call-facts.js';
import { Caller, type CallerOf } from './caller.js';
import { chargeCall, chargeMessage, type Charge } from './charge.js';
import { checkFields } from './check-fields.js';
import { checkRules, type RuleCoverage } from './check-rules.js';
import { ANONYMOUS, type CheckMessage, type Decision } from './decision.js';
import { refusalStatus, type RefusalStatus } from './error-details.js';
import { guardedVerify } from './guarded-verify.js';
import { guarded } from './guarded.js';
import { chargeTo, checkLimitNames, limitAddress } from './limit-steps.js';
import { createLimits } from './limits.js';
import { applyLists, turnAwayAddress } from './list-steps.js';
import { gateSettings, verifierOptions, type DecisionEvent, type GateOptions } from './options.js';
import { compileRules } from './rules.js';
import { methodsOf } from './service-methods.js';
import { takeSteps, type MessageStep, type Step, type Visit } from './visit.js';

/** The door: one for every transport. */
export interface Gate<Metadata> {
  /** The name of the curve in use. */
  readonly curve: string;
  /** How many verified tokens are remembered now. */
  readonly rememberedTokens: number;
  /** Decides. Never throws and never rejects; a promise only if a step gave one. */
  decide(call: CallFacts<Metadata>, authorization: AuthorizationValue): Decision | Promise<Decision>;
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

  function decide(call: CallFacts<Metadata>, authorization: AuthorizationValue): Decision | Promise<Decision> {
    const visit: Visit<Metadata> = {
      call,
      rule: rules.ruleOf(call.method),
      authorization,
      identity: undefined,
      caller: undefined,
      limit: undefined,
      remembered: undefined,
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
    const { call, rule, limit, remembered } = visit;
    const event: DecisionEvent = {
      method: call.method,
      rule: rule.auth,
      source: rule.source,
      decision,
      reason,
      error,
      limit,
      curve: verifier.curve,
      remembered,
      verificationMs: decision === 'ended' ? undefined : visit.verificationMs,
    };
    quietly(() => onDecision(Object.freeze(event)));
  }

  return Object.freeze({
    curve: verifier.curve,
    get rememberedTokens() {
      return verifier.rememberedTokens;
    },
    decide,
    checkRules: (paths: Iterable<string>) => checkRules(rules, paths),
  });
}
