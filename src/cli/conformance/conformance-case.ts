import type { AuthReason } from '../../errors.js';
import type { Kit } from './kit.js';

/** How a node answers: it lets the caller in, or refuses for a reason. */
export type Outcome = 'accepted' | AuthReason;

/** One token and the answer that belongs to it. */
export interface ConformanceCase {
  /** `group/name`; stable. */
  readonly name: string;
  /** What is special about it. */
  readonly note: string;
  /** The `authorization` value; `undefined` for none. */
  readonly make: (kit: Kit) => string | undefined;
  /** The right answer, or all right ones where it is the node's choice; the first is that of this library's defaults. */
  readonly expected: Outcome | readonly Outcome[];
  /** The same for a node of 2022, which knows no restrictions; `unknown` where it was never seen. Default: as `expected`. */
  readonly xmtp?: Outcome | readonly Outcome[] | 'unknown';
  /** What must be known of the node to try it: one of its names; that it hands out challenges, too. */
  readonly needs?: 'audience' | 'challenge';
  /** The last millisecond at which an accepted token is good, if the node's own `maxAgeMs` is no earlier. */
  readonly endMs?: (kit: Kit) => number;
}

/** The right answers, the first the usual one. */
export function outcomes(expected: Outcome | readonly Outcome[]): readonly Outcome[] {
  return typeof expected === 'string' ? [expected] : expected;
}

/** The group of a case. */
export function groupOf(name: string): string {
  return name.slice(0, name.indexOf('/'));
}
