import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyPack, anyUnpack, DurationSchema, type Any } from '@bufbuild/protobuf/wkt';

import { ErrorInfoSchema, RetryInfoSchema } from '../gen/google/rpc/error_details_pb.js';
import { StatusSchema } from '../gen/google/rpc/status_pb.js';
import { isAuthReason, type AuthError, type AuthReason } from './errors.js';

/** Gives the reasons their meaning: the `domain` of every ErrorInfo. */
const DOMAIN = 'grpc-wallet-auth';

/** Longest text put on the wire, in UTF-16 units: what an operator's rule says must not break the header frame. */
const MAX_TEXT_LENGTH = 1_024;

/** A refusal as a transport sends it. */
export interface RefusalStatus {
  /** gRPC status code. */
  readonly code: number;
  /** The status message: well-formed text. */
  readonly message: string;
  /** A serialized `google.rpc.Status`, for `grpc-status-details-bin`. */
  readonly details: Uint8Array;
}

/** What a client reads out of `grpc-status-details-bin`. */
export interface RefusalDetails {
  readonly reason: AuthReason;
  /** `server_time_ms` and whatever else the node said about it. */
  readonly info: Readonly<Record<string, string>>;
  /** How long to wait before the next try; only if the node said so. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Writes a refusal for the wire, PROTOCOL.md section 5. The cause stays here.
 * @param serverTimeMs this node's clock, milliseconds since the Unix epoch.
 */
export function refusalStatus(error: AuthError, serverTimeMs: number): RefusalStatus {
  const { code, reason, info } = error;
  const message = headerText(error.message);
  const metadata: Record<string, string> = { server_time_ms: String(serverTimeMs) };
  for (const [key, value] of Object.entries(info)) metadata[headerText(key)] = headerText(value);
  const details = [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain: DOMAIN, metadata }))];
  const retryAfterMs = wholeMs(metadata['retry_after_ms']);
  if (retryAfterMs !== undefined) {
    const retryDelay = create(DurationSchema, {
      seconds: BigInt(Math.floor(retryAfterMs / 1_000)),
      nanos: (retryAfterMs % 1_000) * 1_000_000,
    });
    details.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })));
  }
  return { code, message, details: toBinary(StatusSchema, create(StatusSchema, { code, message, details })) };
}

/** Reads a serialized `google.rpc.Status`; `undefined` unless it holds a reason of ours that this version knows. */
export function refusalDetails(bytes: Uint8Array): RefusalDetails | undefined {
  try {
    const { details } = fromBinary(StatusSchema, bytes);
    for (const detail of details) {
      const info = anyUnpack(detail, ErrorInfoSchema);
      if (info?.domain !== DOMAIN || !isAuthReason(info.reason)) continue;
      const retryAfterMs = retryDelayMs(details) ?? wholeMs(info.metadata['retry_after_ms']);
      return Object.freeze({ reason: info.reason, info: Object.freeze({ ...info.metadata }), retryAfterMs });
    }
  } catch {
    // a peer's bytes: unreadable is the same as not ours
  }
  return undefined;
}

/** What `google.rpc.RetryInfo` says, rounded up to whole milliseconds. */
function retryDelayMs(details: readonly Any[]): number | undefined {
  for (const detail of details) {
    const delay = anyUnpack(detail, RetryInfoSchema)?.retryDelay;
    if (delay) return wholeMs(String(Number(delay.seconds) * 1_000 + Math.ceil(delay.nanos / 1_000_000)));
  }
  return undefined;
}

/** Lone surrogates make header encoders throw; each becomes U+FFFD. */
function headerText(text: string): string {
  return text.slice(0, MAX_TEXT_LENGTH).replaceAll(/\p{Surrogate}/gu, '\uFFFD');
}

function wholeMs(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
