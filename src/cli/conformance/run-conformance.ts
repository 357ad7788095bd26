import { randomPrivateKey } from '../../crypto/private-key.js';
import { isRateLimited, isSilent, type Answer, type Caller } from './answer.js';
import { conformanceCases } from './cases.js';
import { groupOf } from './conformance-case.js';
import type { ConformanceCase } from './conformance-case.js';
import { expectedOf, judge, type Judgement, type Profile } from './judge.js';
import { HOUR_MS, type Kit } from './kit.js';
import { learn } from './learn.js';
import { BASELINE, type CaseResult } from './report.js';

/** How a node is tested. */
export interface ConformanceOptions {
  readonly call: Caller;
  /** `package.Service/Method`. */
  readonly method: string;
  readonly profile: Profile;
  /** A name of the node; without it, some cases are not tried. */
  readonly audience?: string | undefined;
  /** Whether the node is known to hand out challenges. */
  readonly hasChallenges: boolean;
  /** The private key of a wallet that the node admits. Default: a new one. */
  readonly wallet?: Uint8Array | undefined;
  /** Options of the node. Default: an hour, a minute. */
  readonly maxAgeMs?: number | undefined;
  readonly maxFutureSkewMs?: number | undefined;
  /** Groups of cases, such as `times`: only these are tried, beside what proves that the node works. Default: all. */
  readonly groups?: readonly string[] | undefined;
  /** How long to wait for rate limits in all, in milliseconds. */
  readonly maxWaitMs: number;
  readonly wait: (ms: number) => Promise<void>;
  readonly nowMs: () => number;
}

/** So far behind the node's clock are tokens made, for nodes that accept none from the future. */
const BEHIND_MS = 1_000;
/** A node's clock is believed if it is not further off. */
const DAY_MS = 86_400_000;
/** How long to wait where a node does not say it. */
const UNTOLD_WAIT_MS = 1_000;
/** After so many calls without an answer no more are made. */
const MOST_SILENT = 3;

/**
 * Tries every case, one after the other.
 * @throws CannotTestError if the node cannot be tested so.
 */
export async function runConformance(options: ConformanceOptions): Promise<CaseResult[]> {
  const { call, profile, wait, nowMs, maxAgeMs = HOUR_MS } = options;
  let facts: Omit<Kit, 'nowMs'> = factsOf(options, maxAgeMs);
  let offsetMs = 0;
  let leftMs = options.maxWaitMs;
  let silent = 0;

  const kit = (): Kit => ({ ...facts, nowMs: nowMs() + offsetMs - Math.min(BEHIND_MS, Math.floor(maxAgeMs / 10)) });

  /** Makes a token and calls, again if the node is to be waited for or has changed its challenge. */
  async function attempt(make: (kit: Kit) => string | undefined): Promise<{ answer: Answer; used: Kit }> {
    for (let renewed = false; ;) {
      const used = kit();
      const answer = await call(make(used));
      const serverMs = Number(answer.details?.info['server_time_ms'] ?? Number.NaN);
      if (Math.abs(serverMs - nowMs()) <= DAY_MS) offsetMs = serverMs - nowMs();
      const waitMs = answer.details?.retryAfterMs ?? UNTOLD_WAIT_MS;
      if (isRateLimited(answer) && waitMs <= leftMs) {
        leftMs -= waitMs;
        await wait(waitMs);
      } else if (!renewed && isOutdated(answer, used)) {
        renewed = true;
        facts = { ...facts, challenge: answer.challenge };
      } else {
        silent = isSilent(answer) ? silent + 1 : 0;
        return { answer, used };
      }
    }
  }

  async function judged(tried: ConformanceCase): Promise<Judgement> {
    const why = silent >= MOST_SILENT ? 'the node did not answer the calls before' : cannotTry(tried, facts, profile);
    if (why !== undefined) return { verdict: 'not judged', got: 'not tried', why };
    const { answer, used } = await attempt(tried.make);
    return judge(tried, answer, profile, used);
  }

  await learn(
    async (make) => (await attempt(make)).answer,
    kit,
    (change) => (facts = { ...facts, ...change }),
    profile === 'wallet-auth',
  );
  silent = 0;
  const results: CaseResult[] = [];
  for (const tried of casesOf(options.groups)) {
    const { name, note } = tried;
    results.push({ name, note, expected: expectedOf(tried, profile) ?? [], ...(await judged(tried)) });
  }
  if (options.hasChallenges) results.push(handedOut(facts.challenge));
  return results;
}

function casesOf(groups: readonly string[] | undefined): readonly ConformanceCase[] {
  if (groups === undefined) return conformanceCases;
  return conformanceCases.filter(({ name }) => BASELINE.includes(name) || groups.includes(groupOf(name)));
}

function factsOf(options: ConformanceOptions, maxAgeMs: number): Omit<Kit, 'nowMs'> {
  const { method, audience, maxFutureSkewMs = 60_000, wallet = randomPrivateKey() } = options;
  return {
    method,
    audience,
    maxAgeMs,
    maxFutureSkewMs,
    wallet,
    challenge: undefined,
    certifiedMs: options.nowMs() - HOUR_MS,
    device: randomPrivateKey(),
    otherWallet: randomPrivateKey(),
    otherDevice: randomPrivateKey(),
    demanded: { audience: false, challenge: false },
  };
}

/** Whether the node hands out another challenge by now. */
function isOutdated({ details, challenge }: Answer, used: Kit): boolean {
  if (details?.reason !== 'CHALLENGE_REQUIRED' || used.challenge === undefined) return false;
  return challenge !== undefined && challenge !== used.challenge;
}

function cannotTry(tried: ConformanceCase, facts: Omit<Kit, 'nowMs'>, profile: Profile): string | undefined {
  if (expectedOf(tried, profile) === undefined) return 'no node of 2022 was seen to answer it';
  if (tried.needs !== undefined && facts.audience === undefined)
    return 'it needs a name of the node: give --audience <name>';
  if (tried.needs === 'challenge' && facts.challenge === undefined) return 'the node hands out no challenge';
  return undefined;
}

function handedOut(challenge: string | undefined): CaseResult {
  const facts = { name: 'challenges/handed-out', note: 'the node hands out a challenge', expected: [] };
  if (challenge !== undefined) return { ...facts, verdict: 'conforms', got: 'a challenge', by: 'reason' };
  return { ...facts, verdict: 'deviates', got: 'none', why: 'it has to be in the ErrorInfo of CHALLENGE_REQUIRED' };
}
