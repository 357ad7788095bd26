import type { AuthReason } from '../../src/errors.js';
import { createGate, type Gate } from '../../src/gate/create-gate.js';
import type { Decision, DecisionEvent } from '../../src/gate/decision.js';
import type { GateOptions } from '../../src/gate/options.js';
import type { AuthorizationValue } from '../../src/index.js';
import { refusalDetails } from '../../src/status-details.js';
import { settableClock, type SettableClock } from '../../src/testing/settable-clock.js';
import { incomingCall, type CallFacts } from './incoming-call.js';

type Admitted = Extract<Decision, { admitted: true }>;

/** A real gate with a clock of its own, and what it reported. Its functions work on their own. */
export interface TestGate {
  readonly gate: Gate;
  readonly clock: SettableClock;
  /** Every event so far; empty if `onDecision` was given. */
  readonly events: readonly DecisionEvent[];
  readonly decide: (authorization?: AuthorizationValue, from?: CallFacts) => Decision | Promise<Decision>;
  /** Decides at once, and gives the reason of the refusal. */
  readonly reasonOf: (authorization?: AuthorizationValue, from?: CallFacts) => AuthReason | 'admitted' | undefined;
  /** Decides, and gives the one event of it. */
  readonly eventOf: (authorization?: AuthorizationValue, from?: CallFacts) => Promise<DecisionEvent>;
  /** Decides about a call that must be admitted. */
  readonly admit: (authorization?: AuthorizationValue, from?: CallFacts) => Promise<Admitted>;
}

/**
 * Makes a gate for a test.
 * @param options the gate's; `now` takes the place of the clock, `onDecision` that of the recorder.
 */
export function testGate(options: GateOptions = {}): TestGate {
  const clock = settableClock();
  const events: DecisionEvent[] = [];
  const gate = createGate({
    now: clock.now,
    timers: clock.timers, // on which no time passes by itself: no token has to wait for its turn
    onDecision: (event) => events.push(event),
    ...options,
  });
  const decide: TestGate['decide'] = (authorization, from) => gate.decide(incomingCall(from), authorization);
  return {
    gate,
    clock,
    events,
    decide,
    reasonOf(authorization, from) {
      const decision = decide(authorization, from);
      if (decision instanceof Promise) throw new Error('the decision is a promise');
      return decision.admitted ? 'admitted' : refusalDetails(decision.status.details)?.reason;
    },
    async eventOf(authorization, from) {
      const before = events.length;
      await decide(authorization, from);
      const [event, ...more] = events.slice(before);
      if (event === undefined || more.length > 0) throw new Error(`${events.length - before} events of one decision`);
      return event;
    },
    async admit(authorization, from) {
      const decision = await decide(authorization, from);
      if (!decision.admitted) throw new Error('not admitted');
      return decision;
    },
  };
}
