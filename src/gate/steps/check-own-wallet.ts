import { refusal } from '../../errors.js';
import { firstForeign } from '../rules/own-wallet.js';
import type { Answer, Visit } from './pipeline.js';

/** The step that looks for another's wallet, or nobody's, where a message must name the caller's own. */
export function checkFields<Metadata>({ rule: { fields }, identity }: Visit<Metadata>, message: unknown): Answer {
  const path = firstForeign(fields, message, identity?.wallet);
  return path === undefined
    ? undefined
    : refusal('ACCESS_DENIED', { message: `${path} must be your own wallet address` });
}
