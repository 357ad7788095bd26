import fc from 'fast-check';

import { nativeCurve } from '../../src/curves/native-curve.js';
import { createVerifier, type Verifier } from '../../src/index.js';
import { NOW_MS } from '../support/token-workshop.js';
import { answerTo } from './answer.js';
import type { HostileCase } from './fault-kit.js';
import { faultFamilies } from './faults.js';
import { tokenMaker } from './good-tokens.js';

/** No answer may take longer, in milliseconds. */
const LONGEST_MS = 10;
/** What took longer than this is measured again: the machine's other work is not the answer's fault. */
const SUSPECT_MS = 1;

/** What a long run came to. */
export interface LongRun {
  readonly cases: number;
  readonly slowestMs: number;
  /** How often each answer was given; `identity` stands for any wallet. */
  readonly answers: ReadonlyMap<string, number>;
  /** What fast-check reports about the first wrong answer; `undefined` if there was none. */
  readonly failure: string | undefined;
}

/** Tries cases of all families, half of them on a verifier with caches, and measures each answer. */
export function longRun(cases: number, seed: number): LongRun {
  const curve = nativeCurve();
  const families = faultFamilies(tokenMaker((privateKey, digest) => curve.sign(digest, privateKey)));
  const anyFault = fc.oneof(
    ...Object.entries(families).map(([name, family]) => family.map((each) => ({ name, ...each }))),
  );
  const options = { now: () => new Date(NOW_MS), curve };
  const verifiers = [
    createVerifier({ ...options, maxCachedTokens: 0, maxCachedDevices: 0 }),
    createVerifier({ ...options, maxCachedTokens: 1_000, maxCachedDevices: 100 }),
  ] as const;
  const answers = new Map<string, number>();
  let slowestMs = 0;

  const property = fc.property(anyFault, fc.nat(1), (each, which) => {
    const start = performance.now();
    const answer = answerTo(verifiers[which]!, each.authorization);
    let ms = performance.now() - start;
    if (ms > SUSPECT_MS) ms = bestOfFive(verifiers[0], each);
    slowestMs = Math.max(slowestMs, ms);
    const kind = answer.startsWith('0x') ? 'identity' : answer;
    answers.set(kind, (answers.get(kind) ?? 0) + 1);
    if (!each.expected.includes(answer)) throw new Error(`${answer}, not ${each.expected.join(' or ')}`);
    if (ms > LONGEST_MS) throw new Error(`${ms.toFixed(1)} ms`);
  });
  const details = fc.check(property, { numRuns: cases, seed });
  const failure = details.failed ? fc.defaultReportMessage(details) : undefined;
  return { cases: details.numRuns, slowestMs, answers, failure };
}

function bestOfFive(verifier: Verifier, { authorization }: HostileCase): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    answerTo(verifier, authorization);
    return performance.now() - start;
  });
  return Math.min(...times);
}
