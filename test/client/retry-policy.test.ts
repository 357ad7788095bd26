import { describe, expect, it } from 'vitest';

import { CallRetries, lessonOf, type CallEnd } from '../../src/client/retry-policy.js';
import type { AuthReason } from '../../src/errors.js';

const UNAUTHENTICATED = 16;
const RESOURCE_EXHAUSTED = 8;

const end = (code: number, reason: AuthReason, retryAfterMs?: number): CallEnd => ({
  code,
  details: { reason, info: { server_time_ms: '1700000000000' }, retryAfterMs },
});
const expired = end(UNAUTHENTICATED, 'TOKEN_EXPIRED');
const limited = end(RESOURCE_EXHAUSTED, 'RATE_LIMITED', 20);
const patient = { token: true, rateLimited: { maxRetries: 2, maxDelayMs: 100 } };

describe('CallRetries', () => {
  it.each(['TOKEN_EXPIRED', 'TOKEN_FROM_FUTURE', 'CHALLENGE_REQUIRED'] as const)(
    'has a token replaced after %s, once',
    (reason) => {
      const retries = new CallRetries(patient, Infinity);
      const refusal = end(UNAUTHENTICATED, reason);
      expect(retries.after(refusal, 0)).toEqual({ delayMs: 0 });
      expect(retries.after(refusal, 0)).toBeUndefined();
    },
  );

  it('repeats a call at most once for each reason, and three times in all', () => {
    const retries = new CallRetries({ token: true, rateLimited: { maxRetries: 1, maxDelayMs: 100 } }, Infinity);
    const ends = [expired, end(UNAUTHENTICATED, 'TOKEN_FROM_FUTURE'), limited];
    expect(ends.map((each) => retries.after(each, 0)?.delayMs)).toEqual([0, 0, 20]);
    expect(ends.map((each) => retries.after(each, 0))).toEqual([undefined, undefined, undefined]);
  });

  it('counts waits among the three unless more waits are allowed', () => {
    const two = new CallRetries({ token: true, rateLimited: { maxRetries: 2, maxDelayMs: 100 } }, Infinity);
    const ends = [limited, limited, expired, end(UNAUTHENTICATED, 'TOKEN_FROM_FUTURE')];
    expect(ends.map((each) => two.after(each, 0)?.delayMs)).toEqual([20, 20, 0, undefined]);
    const ten = new CallRetries({ token: true, rateLimited: { maxRetries: 10, maxDelayMs: 100 } }, Infinity);
    expect(Array.from({ length: 11 }, () => ten.after(limited, 0)).filter(Boolean)).toHaveLength(10);
    expect(ten.after(expired, 0)).toBeUndefined();
  });

  it('has a rate limit waited for, as often as it may, with the same token', () => {
    const retries = new CallRetries(patient, Infinity);
    const wait = { delayMs: 20 };
    expect([1, 2, 3].map(() => retries.after(limited, 0))).toEqual([wait, wait, undefined]);
  });

  it('begins no wait that ends at the deadline or after it', () => {
    expect(new CallRetries(patient, 1_020).after(limited, 1_000)).toBeUndefined();
    expect(new CallRetries(patient, 1_021).after(limited, 1_000)).toBeDefined();
  });

  it('begins no wait that is longer than it may be', () => {
    const retries = new CallRetries(patient, Infinity);
    expect(retries.after(end(RESOURCE_EXHAUSTED, 'RATE_LIMITED', 101), 0)).toBeUndefined();
    expect(retries.after(end(RESOURCE_EXHAUSTED, 'RATE_LIMITED', 100), 0)).toBeDefined();
  });

  it.each<[string, CallEnd]>([
    ['success', { code: 0, details: undefined }],
    ['a failure without details', { code: UNAUTHENTICATED, details: undefined }],
    ['a rate limit without details', { code: RESOURCE_EXHAUSTED, details: undefined }],
    ['a reason that a new token does not mend', end(UNAUTHENTICATED, 'DEVICE_REVOKED')],
    ['a certificate that ended', end(UNAUTHENTICATED, 'CERTIFICATE_EXPIRED')],
    ['a wrong audience', end(UNAUTHENTICATED, 'WRONG_AUDIENCE')],
    ['an unsupported restriction', end(UNAUTHENTICATED, 'UNSUPPORTED_RESTRICTION')],
    ['a reason with the status of another', end(7, 'TOKEN_EXPIRED')],
    ['a rate limit with the status of another', end(14, 'RATE_LIMITED', 20)],
    ['a rate limit that names no time', end(RESOURCE_EXHAUSTED, 'RATE_LIMITED')],
    ['another reason that names a time', end(RESOURCE_EXHAUSTED, 'ACCESS_DENIED', 20)],
  ])('repeats nothing after %s', (_, refusal) => {
    expect(new CallRetries(patient, Infinity).after(refusal, 0)).toBeUndefined();
  });

  it('repeats nothing that it was not told to, and nothing once stopped', () => {
    const off = new CallRetries({ token: false, rateLimited: undefined }, Infinity);
    const stopped = new CallRetries(patient, Infinity);
    stopped.stop();
    for (const retries of [off, stopped]) {
      expect([retries.after(expired, 0), retries.after(limited, 0)]).toEqual([undefined, undefined]);
    }
  });
});

describe('lessonOf', () => {
  it.each(['TOKEN_EXPIRED', 'TOKEN_FROM_FUTURE', 'CERTIFICATE_EXPIRED'] as const)(
    'is, for %s, the time of the node and that the token is of no use',
    (reason) => {
      const lesson = { serverTimeMs: 1_700_000_000_000, refusedFor: reason, challenge: undefined };
      expect(lessonOf(end(UNAUTHENTICATED, reason))).toEqual(lesson);
      expect(lessonOf(end(7, reason))).toEqual({ ...lesson, refusedFor: undefined });
    },
  );

  it('is, for CHALLENGE_REQUIRED, the challenge, and the token is left alone', () => {
    const info = { server_time_ms: '1700000000000', challenge: 'ab'.repeat(16) };
    const details = { reason: 'CHALLENGE_REQUIRED', info, retryAfterMs: undefined } as const;
    const lesson = { serverTimeMs: 1_700_000_000_000, refusedFor: undefined, challenge: 'ab'.repeat(16) };
    expect(lessonOf({ code: UNAUTHENTICATED, details })).toEqual(lesson);
    expect(lessonOf({ code: 7, details })).toEqual({ ...lesson, challenge: undefined });
  });

  it.each([
    ['ACCESS_DENIED', 7],
    ['RATE_LIMITED', RESOURCE_EXHAUSTED],
    ['DEVICE_REVOKED', UNAUTHENTICATED],
    ['AUTH_UNAVAILABLE', 14],
  ] as const)('is, for %s, the time of the node alone', (reason, code) => {
    const lesson = { serverTimeMs: 1_700_000_000_000, refusedFor: undefined, challenge: undefined };
    expect(lessonOf(end(code, reason))).toEqual(lesson);
  });

  it('is none where the gate said nothing, or no time', () => {
    const none = { serverTimeMs: undefined, refusedFor: undefined, challenge: undefined };
    expect(lessonOf({ code: UNAUTHENTICATED, details: undefined })).toEqual(none);
    const details = { reason: 'ACCESS_DENIED', info: {}, retryAfterMs: undefined } as const;
    expect(lessonOf({ code: 7, details })).toEqual(none);
  });
});
