import { describe, expect, it } from 'vitest';

import { CallRetries, type CallEnd } from '../../src/client/retry-policy.js';
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
  it.each(['TOKEN_EXPIRED', 'TOKEN_FROM_FUTURE'] as const)('has a token replaced after %s, once', (reason) => {
    const retries = new CallRetries(patient, Infinity);
    const refusal = end(UNAUTHENTICATED, reason);
    expect(retries.after(refusal, 0)).toEqual({ newToken: true, serverTimeMs: 1_700_000_000_000, delayMs: 0 });
    expect(retries.after(refusal, 0)).toBeUndefined();
  });

  it('has a rate limit waited for, as often as it may, with the same token', () => {
    const retries = new CallRetries(patient, Infinity);
    const wait = { newToken: false, serverTimeMs: undefined, delayMs: 20 };
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
