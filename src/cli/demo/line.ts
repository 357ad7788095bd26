import type { Outcome } from './calls.js';

/** One line of the demo: what was tried, what had to come out of it, and what did. */
export interface Line {
  readonly what: string;
  readonly expected: Outcome;
  readonly got: Outcome;
}

/** Tells whether a line came out as expected. */
export function isAsExpected({ expected, got }: Line): boolean {
  return expected.status === got.status && expected.detail === got.detail;
}
