import { AuthError, authReasons, type AuthReason } from '../../errors.js';
import { isAccepted, isRateLimited, isSilent, type Answer } from './answer.js';
import { outcomes, type ConformanceCase, type Outcome } from './conformance-case.js';
import type { Kit } from './kit.js';

/** Whose protocol a node is to speak: this library's, or that of 2022, which knows no restrictions. */
export type Profile = 'wallet-auth' | 'xmtp';

/** What came of one case. */
export interface Judgement {
  readonly verdict: 'conforms' | 'deviates' | 'not judged';
  /** What the node did, in few words. */
  readonly got: string;
  /** By what it was judged: a status tells least. */
  readonly by?: 'reason' | 'message' | 'status' | undefined;
  /** Why it deviates in spite of the right reason, or could not be judged. */
  readonly why?: string | undefined;
}

/** What is right for a profile; `undefined` where nobody knows. */
export function expectedOf({ expected, xmtp }: ConformanceCase, profile: Profile): readonly Outcome[] | undefined {
  if (profile === 'wallet-auth' || xmtp === undefined) return outcomes(expected);
  return xmtp === 'unknown' ? undefined : outcomes(xmtp);
}

/**
 * Compares an answer with the right ones.
 * @param kit that of which the token was made.
 */
export function judge(tried: ConformanceCase, answer: Answer, profile: Profile, kit: Kit): Judgement {
  const expected = expectedOf(tried, profile);
  if (expected === undefined)
    return { verdict: 'not judged', got: 'not tried', why: 'no node of 2022 was seen to answer it' };
  if (isSilent(answer)) return { verdict: 'deviates', got: 'no answer', why: 'the call timed out' };
  if (isAccepted(answer)) return judgeAdmission(tried, answer, expected, kit);
  if (isRateLimited(answer)) return { verdict: 'not judged', got: 'RATE_LIMITED', why: 'the node limits calls' };
  return judgeRefusal(answer, expected, profile);
}

function judgeAdmission(
  { endMs }: ConformanceCase,
  { tokenEndMs }: Answer,
  expected: readonly Outcome[],
  kit: Kit,
): Judgement {
  if (!expected.includes('accepted')) return { verdict: 'deviates', got: 'accepted', by: 'reason' };
  const lastMs = endMs?.(kit);
  if (lastMs === undefined || tokenEndMs === undefined || tokenEndMs <= lastMs) {
    return { verdict: 'conforms', got: 'accepted', by: 'reason' };
  }
  const why = `it tells the end ${tokenEndMs}, but the token ends at ${lastMs}`;
  return { verdict: 'deviates', got: 'accepted', by: 'reason', why };
}

/** Reasons that come after every check of the token: the node's own lists and stores. */
const AFTERWARDS: readonly string[] = ['ACCESS_DENIED', 'DEVICE_LIMIT', 'AUTH_UNAVAILABLE'];

function judgeRefusal(answer: Answer, expected: readonly Outcome[], profile: Profile): Judgement {
  const told = answer.details?.reason;
  const reason = told ?? reasonOf(answer.message);
  const got = reason ?? `status ${answer.code}`;
  const refusals = expected.filter((each) => each !== 'accepted');
  if (reason !== undefined && !expected.includes(reason) && AFTERWARDS.includes(reason)) {
    const why = 'a list, a hook or a store of the node refused it afterwards';
    if (expected.includes('accepted')) return { verdict: 'not judged', got, why };
  }
  if (reason === undefined || profile === 'xmtp') {
    if (refusals.some((each) => codeOf(each) === answer.code)) return { verdict: 'conforms', got, by: 'status' };
    return { verdict: 'deviates', got, by: 'status' };
  }
  const by = told === undefined ? 'message' : 'reason';
  if (!refusals.includes(reason)) return { verdict: 'deviates', got, by };
  if (codeOf(reason) !== answer.code) {
    return { verdict: 'deviates', got, by, why: `status ${answer.code} does not belong to the reason` };
  }
  if (answer.details !== undefined && !/^\d{1,15}$/.test(answer.details.info['server_time_ms'] ?? '')) {
    return { verdict: 'deviates', got, by, why: 'its ErrorInfo has no server_time_ms' };
  }
  return { verdict: 'conforms', got, by };
}

function codeOf(reason: AuthReason): number {
  return new AuthError(reason).code;
}

/** The reason that has a message, by the table of PROTOCOL.md section 5. */
function reasonOf(message: string): AuthReason | undefined {
  return authReasons.find((reason) => new AuthError(reason).message === message);
}
