import type { DecisionEvent } from './options.js';

/** Tells a listener about a decision. Whatever the listener does, the decision stands and the process lives. */
export function tell(listener: ((event: DecisionEvent) => unknown) | undefined, event: DecisionEvent): void {
  if (listener === undefined) return;
  try {
    const answer = listener(Object.freeze(event));
    if (answer !== undefined) Promise.resolve(answer).catch(() => undefined);
  } catch {
    // a listener cannot break a call
  }
}
