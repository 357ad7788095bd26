import { asAuthError } from '../../errors.js';
import type { Answer } from './pipeline.js';

/** Runs steps and goes on with their answer. What they throw or reject with is a refusal: INTERNAL, unless it says otherwise. */
export function guarded<T>(steps: () => Answer | Promise<Answer>, then: (answer: Answer) => T): T | Promise<T> {
  let answer: Answer | Promise<Answer>;
  try {
    answer = steps();
  } catch (error) {
    answer = asAuthError(error);
  }
  return answer instanceof Promise ? answer.then(then, (error: unknown) => then(asAuthError(error))) : then(answer);
}
