import { quietly } from '../options.js';
import type { DecisionEvent } from './options.js';

/** Tells a listener about a decision. Whatever the listener does, the decision stands and the process lives. */
export function tell(listener: ((event: DecisionEvent) => unknown) | undefined, event: DecisionEvent): void {
  if (listener !== undefined) quietly(() => listener(Object.freeze(event)));
}
