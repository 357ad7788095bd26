import { refusal, type AuthError, type AuthReason } from '../errors.js';
import { quietly } from '../options.js';
import { refusalStatus, type RefusalStatus } from '../status-details.js';
import type { DecisionEvent } from './decision.js';
import type { GateSettings } from './options.js';
import type { CallContext } from './steps/pipeline.js';

/** Turns decisions into what callers get and what the operator hears of them. */
export interface Reporter {
  /** `undefined` if nobody listens. */
  readonly admitted: ((call: CallContext) => void) | undefined;
  /** What goes to the caller; nothing is reported. */
  statusOf(error: AuthError): RefusalStatus;
  /** @returns what goes to the caller. */
  refused(call: CallContext, decision: 'refused' | 'ended', error: AuthError): RefusalStatus;
}

/** @param curve the name of the curve in use, for events. */
export function createReporter({
  onDecision,
  nowMs,
  curve,
}: Pick<GateSettings, 'onDecision' | 'nowMs'> & { readonly curve: string }): Reporter {
  function emitDecision(
    call: CallContext,
    decision: DecisionEvent['decision'],
    error?: AuthError,
    reason?: AuthReason,
  ): void {
    if (onDecision === undefined) return;
    const { incoming, rule, limit, cached } = call;
    const event: DecisionEvent = {
      method: incoming.method,
      rule: rule.auth,
      source: rule.source,
      decision,
      reason,
      error,
      limit,
      curve,
      cached,
      verificationMs: decision === 'ended' ? undefined : call.verificationMs,
    };
    quietly(() => onDecision(Object.freeze(event)));
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

  return {
    admitted: onDecision && ((call) => emitDecision(call, 'admitted')),
    statusOf: (error) => answerTo(error).status,
    refused(call, decision, thrown) {
      const { error, reason, status } = answerTo(thrown);
      emitDecision(call, decision, error, reason);
      return status;
    },
  };
}
