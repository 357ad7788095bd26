import { styleText } from 'node:util';

import { asciiText } from '../ascii.js';
import type { Outcome } from './conformance-case.js';
import type { Judgement, Profile } from './judge.js';

/** One case and what came of it. */
export interface CaseResult extends Judgement {
  readonly name: string;
  readonly note: string;
  /** The right answers; none where nobody knows. */
  readonly expected: readonly Outcome[];
}

/** What was tested. */
export interface Tested {
  readonly address: string;
  readonly method: string;
  readonly profile: Profile;
}

/** All that was found out. */
export interface ConformanceReport extends Tested {
  /** Whether no answer differs, and the node was seen to accept a good token and to refuse a call without one. */
  readonly conforms: boolean;
  readonly counts: Readonly<Record<'conforms' | 'deviates' | 'notJudged', number>>;
  readonly cases: readonly CaseResult[];
}

/** Without these, nothing is worth much: a node that is down refuses everything. */
export const BASELINE: readonly string[] = ['credentials/good', 'credentials/none'];

/** Sums up. */
export function reportOf(tested: Tested, cases: readonly CaseResult[]): ConformanceReport {
  const count = (verdict: CaseResult['verdict']) => cases.filter((each) => each.verdict === verdict).length;
  const counts = { conforms: count('conforms'), deviates: count('deviates'), notJudged: count('not judged') };
  const hasBaseline = BASELINE.every((name) => cases.some((each) => each.name === name && each.verdict === 'conforms'));
  return { ...tested, conforms: counts.deviates === 0 && hasBaseline, counts, cases };
}

/** The report for people: what differs, then what was not judged, by reason why. */
export function reportText({ address, method, profile, conforms, counts, cases }: ConformanceReport): string {
  const lines = [`${address}  ${method}  profile ${profile}`];
  for (const { name, note, expected, got, why } of cases.filter(({ verdict }) => verdict === 'deviates')) {
    const answers = `expected ${expected.join(' or ') || 'one'}, got ${asciiText(got)}${why === undefined ? '' : `: ${why}`}`;
    lines.push(`${styleText('red', 'differs')}     ${name}  ${answers}`, styleText('dim', `            ${note}`));
  }
  for (const [why, names] of byReason(cases.filter(({ verdict }) => verdict === 'not judged'))) {
    lines.push(`${styleText('yellow', 'not judged')}  ${why}: ${names.join(', ')}`);
  }
  const byStatus = cases.filter(({ verdict, by }) => verdict === 'conforms' && by === 'status').length;
  const weak = byStatus === 0 ? '' : ` (${byStatus} by the status alone)`;
  lines.push(`${counts.conforms} as expected${weak}, ${counts.deviates} differ, ${counts.notJudged} not judged`);
  lines.push(conforms ? styleText('green', 'conforms') : styleText('red', verdictOf(counts.deviates)));
  return lines.join('\n');
}

function verdictOf(deviations: number): string {
  return deviations > 0
    ? 'does not conform'
    : 'nothing is proven: no good token was accepted, or no call without one refused';
}

function byReason(cases: readonly CaseResult[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { name, why = '' } of cases) groups.set(why, [...(groups.get(why) ?? []), name]);
  return groups;
}
