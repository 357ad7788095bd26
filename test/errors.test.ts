import { describe, expect, expectTypeOf, it } from 'vitest';

import { AuthError, authReasons, isAuthReason, refusal, type AuthReason } from '../src/errors.js';
import { hostileValues } from './support/hostile-values.js';

/** PROTOCOL.md section 5, written out again: a change of the contract must be made in two places. */
const TABLE = [
  ['MISSING_CREDENTIALS', 16, 'authorization token is not provided'],
  ['MALFORMED_HEADER', 16, 'invalid authorization header'],
  ['UNSUPPORTED_SCHEME', 16, 'unrecognized authorization scheme'],
  ['MULTIPLE_CREDENTIALS', 16, 'more than one authorization value'],
  ['TOKEN_TOO_LARGE', 16, 'token too large'],
  ['MALFORMED_TOKEN', 16, 'malformed token'],
  ['MISSING_IDENTITY_KEY', 16, 'missing identity key'],
  ['UNSIGNED_IDENTITY_KEY', 16, 'identity key is not signed'],
  ['UNSUPPORTED_KEY_TYPE', 16, 'unknown public key type'],
  ['UNSUPPORTED_SIGNATURE_TYPE', 16, 'unknown signature type'],
  ['INVALID_IDENTITY_KEY', 16, 'invalid identity key'],
  ['MISSING_AUTH_DATA', 16, 'missing auth data'],
  ['MISSING_AUTH_DATA_SIGNATURE', 16, 'missing auth data signature'],
  ['MALFORMED_AUTH_DATA', 16, 'malformed auth data'],
  ['INVALID_WALLET_ADDRESS', 16, 'invalid wallet address'],
  ['INVALID_AUTH_DATA_SIGNATURE', 16, 'invalid signature'],
  ['INVALID_WALLET_SIGNATURE', 16, 'invalid wallet signature'],
  ['WALLET_MISMATCH', 16, 'wallet address mismatch'],
  ['TOKEN_EXPIRED', 16, 'token expired'],
  ['TOKEN_FROM_FUTURE', 16, 'token is from the future'],
  ['WRONG_AUDIENCE', 16, 'wrong audience'],
  ['UNSUPPORTED_RESTRICTION', 16, 'unsupported restriction'],
  ['CERTIFICATE_EXPIRED', 16, 'certificate expired'],
  ['CHALLENGE_REQUIRED', 16, 'challenge required'],
  ['DEVICE_REVOKED', 16, 'device revoked'],
  ['DEVICE_LIMIT', 7, 'too many devices'],
  ['ACCESS_DENIED', 7, 'access denied'],
  ['RATE_LIMITED', 8, 'rate limit exceeded'],
  ['AUTH_UNAVAILABLE', 14, 'authentication is temporarily unavailable'],
  ['INTERNAL', 13, 'authentication failed'],
] as const;

describe('the reasons', () => {
  it('are those of PROTOCOL.md section 5 and no others, in its order', () => {
    expect(authReasons).toEqual(TABLE.map(([reason]) => reason));
    expect(Object.isFrozen(authReasons)).toBe(true);
  });

  it('are the same in the type AuthReason', () => {
    expectTypeOf<AuthReason>().toEqualTypeOf<(typeof TABLE)[number][0]>();
  });

  it.each(TABLE)('%s has status %i and the message "%s"', (reason, code, message) => {
    for (const error of [new AuthError(reason), refusal(reason)]) {
      expect(error).toMatchObject({ name: 'AuthError', reason, code, message, info: {} });
      expect(error).toBeInstanceOf(AuthError);
      expect(error).toBeInstanceOf(Error);
      expect('cause' in error).toBe(false);
    }
  });
});

/** The HTTP status of each gRPC status: what the default error handlers of fastify and express send. */
const HTTP = { 7: 403, 8: 429, 13: 500, 14: 503, 16: 401 } as const;

describe('statusCode', () => {
  it.each(TABLE)('of %s is the HTTP status that belongs to its gRPC status %i', (reason, code) => {
    for (const error of [new AuthError(reason), refusal(reason, { message: 'another' })]) {
      expect(error.statusCode).toBe(HTTP[code]);
    }
  });

  it('is 401 without a token, 403 if denied, 429 if limited, 503 if unavailable and 500 for INTERNAL', () => {
    const reasons = ['MISSING_CREDENTIALS', 'ACCESS_DENIED', 'RATE_LIMITED', 'AUTH_UNAVAILABLE', 'INTERNAL'] as const;
    expect(reasons.map((reason) => new AuthError(reason).statusCode)).toEqual([401, 403, 429, 503, 500]);
  });
});

describe('isAuthReason', () => {
  it('accepts every reason', () => {
    expect(authReasons.every(isAuthReason)).toBe(true);
  });

  it.each(hostileValues)('is false for %s', (_, value) => {
    expect(isAuthReason(value)).toBe(false);
  });

  it.each(['internal', 'INTERNAL ', 'TOKEN', 'toString', '__proto__'])('is false for %j', (text) => {
    expect(isAuthReason(text)).toBe(false);
  });
});

describe('AuthError', () => {
  it('carries another message, facts for the caller and a cause', () => {
    const cause = new Error('why');
    const info = { max_age_ms: '1' };
    const error = new AuthError('ACCESS_DENIED', { message: 'members only', info, cause });
    expect(error).toMatchObject({ message: 'members only', code: 7, info, cause });
  });

  it('keeps an empty message and an empty cause, and reads undefined as not set', () => {
    expect(new AuthError('ACCESS_DENIED', { message: '' }).message).toBe('');
    expect(new AuthError('INTERNAL', { cause: null })).toHaveProperty('cause', null);
    expect(new AuthError('INTERNAL', { cause: 0 })).toHaveProperty('cause', 0);
    const unset = new AuthError('INTERNAL', { message: undefined, info: undefined, cause: undefined });
    expect(unset).toMatchObject({ message: 'authentication failed', info: {} });
    expect('cause' in unset).toBe(false);
  });

  it.each(hostileValues)('cannot be made with %s for a reason', (_, value) => {
    expect(() => new AuthError(value as AuthReason)).toThrow(TypeError);
    expect(() => refusal(value as AuthReason)).toThrow(TypeError);
  });

  it('has a stack trace like any error', () => {
    expect(new AuthError('INTERNAL').stack).toContain('errors.test.ts');
  });
});

describe('refusal', () => {
  it('has no stack frames', () => {
    const error = refusal('TOKEN_EXPIRED', { message: 'late', info: { a: 'b' }, cause: 1 });
    expect(error).toMatchObject({ reason: 'TOKEN_EXPIRED', message: 'late', info: { a: 'b' }, cause: 1 });
    expect(error.stack).not.toMatch(/\n\s+at /);
  });

  it.each([0, 3, 10, Infinity])('leaves Error.stackTraceLimit at %d', (limit) => {
    const before = Error.stackTraceLimit;
    try {
      Error.stackTraceLimit = limit;
      refusal('INTERNAL');
      expect(() => refusal('NONE' as AuthReason)).toThrow(TypeError);
      expect(Error.stackTraceLimit).toBe(limit);
    } finally {
      Error.stackTraceLimit = before;
    }
  });

  it('works where the host froze Error.stackTraceLimit, then with a trace', () => {
    const before = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')!;
    try {
      Object.defineProperty(Error, 'stackTraceLimit', { writable: false });
      const error = refusal('DEVICE_REVOKED', { cause: 1 });
      expect(error).toMatchObject({ reason: 'DEVICE_REVOKED', cause: 1 });
      expect(error.stack).toMatch(/\n\s+at /);
    } finally {
      Object.defineProperty(Error, 'stackTraceLimit', before);
    }
  });
});
