import type { AuthReason } from './errors.js';
import { DETAILS_KEY, readRefusal, refusalDetails, type RefusalDetails, type StatusDetail } from './status-details.js';

/**
 * Why a call was refused.
 * @param error what a call failed with, on any transport; anything else is fine and has no reason.
 * @returns `undefined` if the refusal did not come from a gate of this library.
 * @example
 * import { authReasonOf } from 'grpc-wallet-auth/grpc';
 *
 * if (authReasonOf(error) === 'DEVICE_REVOKED') console.log('certify a new device key');
 */
export function authReasonOf(error: unknown): AuthReason | undefined {
  return authDetailsOf(error)?.reason;
}

/**
 * Everything that the node said about a refusal: the reason, `server_time_ms` and other facts, how long to wait.
 * @param error what a call failed with: an error of grpc-js or of Connect; anything else is fine and has no details.
 * @returns `undefined` if the refusal did not come from a gate of this library.
 * @example
 * import { authDetailsOf } from 'grpc-wallet-auth/grpc';
 *
 * const details = authDetailsOf(error);
 * if (details?.reason === 'RATE_LIMITED') console.log(`wait ${details.retryAfterMs} ms`);
 */
export function authDetailsOf(error: unknown): RefusalDetails | undefined {
  try {
    const { details, metadata } = (error ?? {}) as Readonly<Record<'details' | 'metadata', unknown>>;
    if (Array.isArray(details)) return readRefusal(details.filter(isStatusDetail));
    const bytes = isMetadata(metadata) ? metadata.get(DETAILS_KEY)[0] : undefined;
    return bytes instanceof Uint8Array ? refusalDetails(bytes) : undefined;
  } catch {
    return undefined; // a value of other people's code, which throws when it is looked at
  }
}

/** What an error of Connect has in its `details`. */
function isStatusDetail(value: unknown): value is StatusDetail {
  const { type, value: bytes } = (value ?? {}) as Partial<StatusDetail>;
  return typeof type === 'string' && bytes instanceof Uint8Array;
}

/** grpc-js's metadata, of whichever copy of it. */
function isMetadata(value: unknown): value is { get(key: string): readonly unknown[] } {
  const { get, toHttp2Headers } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof get === 'function' && typeof toHttp2Headers === 'function';
}
