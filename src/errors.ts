/** gRPC status codes that a refusal can have, by name, and the HTTP status of each. */
const STATUS_CODES = {
  PERMISSION_DENIED: [7, 403],
  RESOURCE_EXHAUSTED: [8, 429],
  INTERNAL: [13, 500],
  UNAVAILABLE: [14, 503],
  UNAUTHENTICATED: [16, 401],
} as const;

/** Every reason with its status and its fixed message: the table of PROTOCOL.md section 5. */
const REASONS = {
  MISSING_CREDENTIALS: ['UNAUTHENTICATED', 'authorization token is not provided'],
  MALFORMED_HEADER: ['UNAUTHENTICATED', 'invalid authorization header'],
  UNSUPPORTED_SCHEME: ['UNAUTHENTICATED', 'unrecognized authorization scheme'],
  MULTIPLE_CREDENTIALS: ['UNAUTHENTICATED', 'more than one authorization value'],
  TOKEN_TOO_LARGE: ['UNAUTHENTICATED', 'token too large'],
  MALFORMED_TOKEN: ['UNAUTHENTICATED', 'malformed token'],
  MISSING_IDENTITY_KEY: ['UNAUTHENTICATED', 'missing identity key'],
  UNSIGNED_IDENTITY_KEY: ['UNAUTHENTICATED', 'identity key is not signed'],
  UNSUPPORTED_KEY_TYPE: ['UNAUTHENTICATED', 'unknown public key type'],
  UNSUPPORTED_SIGNATURE_TYPE: ['UNAUTHENTICATED', 'unknown signature type'],
  INVALID_IDENTITY_KEY: ['UNAUTHENTICATED', 'invalid identity key'],
  MISSING_AUTH_DATA: ['UNAUTHENTICATED', 'missing auth data'],
  MISSING_AUTH_DATA_SIGNATURE: ['UNAUTHENTICATED', 'missing auth data signature'],
  MALFORMED_AUTH_DATA: ['UNAUTHENTICATED', 'malformed auth data'],
  INVALID_WALLET_ADDRESS: ['UNAUTHENTICATED', 'invalid wallet address'],
  INVALID_AUTH_DATA_SIGNATURE: ['UNAUTHENTICATED', 'invalid signature'],
  INVALID_WALLET_SIGNATURE: ['UNAUTHENTICATED', 'invalid wallet signature'],
  WALLET_MISMATCH: ['UNAUTHENTICATED', 'wallet address mismatch'],
  TOKEN_EXPIRED: ['UNAUTHENTICATED', 'token expired'],
  TOKEN_FROM_FUTURE: ['UNAUTHENTICATED', 'token is from the future'],
  WRONG_AUDIENCE: ['UNAUTHENTICATED', 'wrong audience'],
  UNSUPPORTED_RESTRICTION: ['UNAUTHENTICATED', 'unsupported restriction'],
  CERTIFICATE_EXPIRED: ['UNAUTHENTICATED', 'certificate expired'],
  CHALLENGE_REQUIRED: ['UNAUTHENTICATED', 'challenge required'],
  DEVICE_REVOKED: ['UNAUTHENTICATED', 'device revoked'],
  DEVICE_LIMIT: ['PERMISSION_DENIED', 'too many devices'],
  ACCESS_DENIED: ['PERMISSION_DENIED', 'access denied'],
  RATE_LIMITED: ['RESOURCE_EXHAUSTED', 'rate limit exceeded'],
  AUTH_UNAVAILABLE: ['UNAVAILABLE', 'authentication is temporarily unavailable'],
  INTERNAL: ['INTERNAL', 'authentication failed'],
} as const satisfies Record<string, readonly [keyof typeof STATUS_CODES, string]>;

/** The HTTP status of a gRPC status that a refusal can have. */
export function httpStatusOf(code: number): number {
  return Object.values(STATUS_CODES).find(([grpc]) => grpc === code)?.[1] ?? 500;
}

/** Why a call was refused. The set is closed: a reason may be added, never renamed. */
export type AuthReason = keyof typeof REASONS;

/** All reasons, in the order of PROTOCOL.md section 5. */
export const authReasons: readonly AuthReason[] = Object.freeze(Object.keys(REASONS) as AuthReason[]);

/** Whether a text is one of the reasons of this version. */
export function isAuthReason(text: unknown): text is AuthReason {
  return typeof text === 'string' && Object.hasOwn(REASONS, text);
}

/** What an AuthError carries beside its reason. */
export interface AuthErrorOptions {
  /** Replaces the reason's fixed message. It is sent to the caller, so quote nothing that the caller sent. */
  message?: string | undefined;
  /** Facts for the caller, sent as the metadata of `google.rpc.ErrorInfo`, such as `max_age_ms`. */
  info?: Readonly<Record<string, string>> | undefined;
  /** What explains the refusal to the operator. It never leaves the process. */
  cause?: unknown;
}

/**
 * The one error of this library for calls and tokens: a machine-readable reason, a status and a safe message.
 * @example
 * import { AuthError } from 'grpc-wallet-auth';
 *
 * const error = new AuthError('ACCESS_DENIED', { message: 'members only', cause: 'not in the list' });
 * console.log(error.reason, error.code); // ACCESS_DENIED 7; the message goes to the caller, the cause does not
 */
export class AuthError extends Error {
  /** Why the call was refused. */
  readonly reason: AuthReason;
  /** The gRPC status code that belongs to the reason, such as 16 (UNAUTHENTICATED). */
  readonly code: number;
  /**
   * The HTTP status of the same meaning: 401, 403, 429, 503 or 500 for INTERNAL. The default error handlers of fastify and
   * express answer with the property of this name.
   */
  readonly statusCode: number;
  /** Facts that are safe to send to the caller. */
  readonly info: Readonly<Record<string, string>>;

  /** @throws TypeError if the reason is unknown. */
  constructor(reason: AuthReason, options: AuthErrorOptions = {}) {
    if (!isAuthReason(reason)) throw new TypeError('AuthError: unknown reason');
    const [status, message] = REASONS[reason];
    super(options.message ?? message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AuthError';
    this.reason = reason;
    [this.code, this.statusCode] = STATUS_CODES[status];
    this.info = options.info ?? {};
  }
}

/** Whatever was thrown, as an AuthError: what is none is INTERNAL, with it as the cause. */
export function asAuthError(thrown: unknown): AuthError {
  return isAuthError(thrown) ? thrown : refusal('INTERNAL', { cause: thrown });
}

/** `instanceof` for values that come from other people's code, where a proxy may throw at the question. */
export function isAuthError(value: unknown): value is AuthError {
  try {
    return value instanceof AuthError;
  } catch {
    return false;
  }
}

/**
 * Makes an AuthError without a stack trace: a refusal answers what a caller sent, and `cause` explains it better than its
 * place in this library.
 */
export function refusal(reason: AuthReason, options?: AuthErrorOptions): AuthError {
  return untraced(() => new AuthError(reason, options));
}

/** Engines on V8 and JavaScriptCore collect as many frames as this says; others do not look at it. */
const traced: ErrorConstructor & { stackTraceLimit?: number | undefined } = Error;

/**
 * Runs something synchronous in which errors get no stack trace: tracing one costs ten times the rest of a refusal, and
 * unauthenticated callers choose how often. On a host that froze Error, they are traced after all.
 */
export function untraced<T>(run: () => T): T {
  const limit = traced.stackTraceLimit;
  try {
    traced.stackTraceLimit = 0;
  } catch {
    return run();
  }
  try {
    return run();
  } finally {
    traced.stackTraceLimit = limit;
  }
}
