import { isAuthReason, type AuthError, type AuthReason } from './errors.js';
import { WireWriter } from './token/encode-token.js';
import { bytesOf, uint64Of, wireFields, type WireField } from './token/wire-fields.js';
import { WireReader } from './token/wire-reader.js';

// google.rpc.Status with its ErrorInfo and RetryInfo, written and read by hand: clients in browsers need no generated
// descriptors for it. A test compares it with the generated types.

/** Metadata of a refusal: a serialized `google.rpc.Status`. */
export const DETAILS_KEY = 'grpc-status-details-bin';

/** Initial metadata of good answers: when the token stops working on this node, in decimal milliseconds since the Unix epoch. */
export const EXPIRES_KEY = 'wallet-token-expires-at-ms';

/** Initial metadata of good answers: the challenge of this node, 16 bytes. */
export const CHALLENGE_KEY = 'wallet-challenge-bin';

/** The same in answers of plain HTTP: 32 lower-case hex digits. */
export const CHALLENGE_HEADER = 'wallet-challenge';

/** Gives the reasons their meaning: the `domain` of every ErrorInfo. */
const DOMAIN = 'grpc-wallet-auth';

/** Reasons for which clients repeat a call, those of coming versions included. */
const REPEAT_REASONS: ReadonlySet<string> = new Set([
  'TOKEN_EXPIRED',
  'TOKEN_FROM_FUTURE',
  'RATE_LIMITED',
  'CHALLENGE_REQUIRED',
  'PROOF_REQUIRED',
  'INVALID_PROOF',
]);

const ERROR_INFO = 'google.rpc.ErrorInfo';
const RETRY_INFO = 'google.rpc.RetryInfo';

/** Longest text put on the wire, in UTF-16 units: what an operator's rule says must not break the header frame. */
const MAX_TEXT_LENGTH = 1_024;

/** Longest wait that is written or believed, in milliseconds: 12 digits. */
const MAX_WAIT_MS = 999_999_999_999;

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
  /** Why the call was refused. */
  readonly reason: AuthReason;
  /** `server_time_ms` and whatever else the node said about it. */
  readonly info: Readonly<Record<string, string>>;
  /** How long to wait before the next try, in milliseconds; only if the node said so. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Writes a refusal for the wire, PROTOCOL.md section 5. The cause stays here.
 * @param serverTimeMs this node's clock, milliseconds since the Unix epoch.
 */
export function refusalStatus(error: AuthError, serverTimeMs: number): RefusalStatus {
  const { code, reason } = error;
  const message = headerText(error.message);
  const info = new Map([['server_time_ms', String(serverTimeMs)]]);
  for (const [key, value] of Object.entries(error.info)) info.set(headerText(key), headerText(value));

  const status = new WireWriter().varint(1, BigInt(code));
  if (message !== '') status.text(2, message);
  status.bytes(3, anyOf(ERROR_INFO, errorInfo(reason, info)));
  const retryAfterMs = waitMs(info.get('retry_after_ms'));
  if (retryAfterMs !== undefined) status.bytes(3, anyOf(RETRY_INFO, retryInfo(retryAfterMs)));
  return { code, message, details: status.finish() };
}

/** One detail of a status: an unpacked `google.protobuf.Any`. */
export interface StatusDetail {
  /** The message's full name, such as `google.rpc.ErrorInfo`. */
  readonly type: string;
  readonly value: Uint8Array;
}

/** The details in a serialized `google.rpc.Status`. @throws Error if the bytes are none. */
export function statusDetails(bytes: Uint8Array): StatusDetail[] {
  return wireFields(bytes)
    .filter(({ number }) => number === 3)
    .map((field) => readAny(bytesOf(field)));
}

/** Reads a serialized `google.rpc.Status`; `undefined` unless it holds a reason of ours that this version knows. */
export function refusalDetails(bytes: Uint8Array): RefusalDetails | undefined {
  try {
    return readRefusal(statusDetails(bytes));
  } catch {
    return undefined; // a peer's bytes: unreadable is the same as not ours
  }
}

/** The same out of details that a transport has unpacked. */
export function readRefusal(details: readonly StatusDetail[]): RefusalDetails | undefined {
  try {
    for (const { type, value } of details) {
      if (type !== ERROR_INFO) continue;
      const { reason, domain, info } = readErrorInfo(value);
      if (domain !== DOMAIN || !isAuthReason(reason)) continue;
      const retryAfterMs = retryDelayMs(details) ?? waitMs(info.get('retry_after_ms'));
      return Object.freeze({ reason, info: Object.freeze(Object.fromEntries(info)), retryAfterMs });
    }
  } catch {
    // as above
  }
  return undefined;
}

/**
 * A serialized `google.rpc.Status` without every ErrorInfo that makes clients repeat the call: a handler may have done its
 * work, or may pass on what another node said. Everything else stays byte for byte.
 * @returns the same array if there is nothing to remove; `undefined` if no detail is left.
 */
export function withoutRepeatReason(detailsBytes: Uint8Array): Uint8Array | undefined {
  try {
    const fields = rawFields(detailsBytes);
    const kept = fields.filter(({ detail }) => detail === undefined || !causesRepeat(detail));
    if (kept.length === fields.length) return detailsBytes;
    if (!kept.some(({ detail }) => detail !== undefined)) return undefined;
    return joined(kept.map(({ bytes }) => bytes));
  } catch {
    return detailsBytes; // no message, so no client finds a reason in it
  }
}

/** Whether a detail makes clients repeat the call. */
export function isRepeatReason({ type, value }: StatusDetail): boolean {
  try {
    if (type !== ERROR_INFO) return false;
    const fields = wireFields(value);
    return lastText(fields, 2) === DOMAIN && REPEAT_REASONS.has(lastText(fields, 1));
  } catch {
    return false; // unreadable for clients too
  }
}

/** A whole number that a peer has written; `undefined` if it is none or has more than 15 digits. */
export function decimal(text: unknown): number | undefined {
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function waitMs(text: unknown): number | undefined {
  const ms = decimal(text);
  return ms !== undefined && ms <= MAX_WAIT_MS ? ms : undefined;
}

/** Lone surrogates make header encoders throw; each becomes U+FFFD. */
function headerText(text: string): string {
  return text.slice(0, MAX_TEXT_LENGTH).replaceAll(/\p{Surrogate}/gu, '\uFFFD');
}

function errorInfo(reason: string, info: ReadonlyMap<string, string>): WireWriter {
  const writer = new WireWriter().text(1, reason).text(2, DOMAIN);
  for (const [key, value] of info) writer.bytes(3, new WireWriter().text(1, key).text(2, value));
  return writer;
}

function retryInfo(delayMs: number): WireWriter {
  const delay = new WireWriter();
  const seconds = Math.floor(delayMs / 1_000);
  const nanos = (delayMs % 1_000) * 1_000_000;
  if (seconds > 0) delay.varint(1, BigInt(seconds));
  if (nanos > 0) delay.varint(2, BigInt(nanos));
  return new WireWriter().bytes(1, delay);
}

function anyOf(type: string, value: WireWriter): WireWriter {
  return new WireWriter().text(1, `type.googleapis.com/${type}`).bytes(2, value);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The fields of a status as they stand on the wire, and the details among them. */
function rawFields(message: Uint8Array): { bytes: Uint8Array; detail: Uint8Array | undefined }[] {
  const reader = new WireReader(message);
  const fields = [];
  for (let start = 0; reader.next(); start = reader.position) {
    const isDetail = reader.number === 3 && reader.wireType === 2;
    const detail = isDetail ? reader.bytes() : undefined;
    if (!isDetail) reader.skip();
    fields.push({ bytes: message.subarray(start, reader.position), detail });
  }
  return fields;
}

function causesRepeat(detail: Uint8Array): boolean {
  try {
    return isRepeatReason(readAny(detail));
  } catch {
    return false; // unreadable for clients too
  }
}

function readAny(message: Uint8Array): StatusDetail {
  const fields = wireFields(message);
  const url = lastText(fields, 1);
  return { type: url.slice(url.lastIndexOf('/') + 1), value: lastBytes(fields, 2) };
}

function readErrorInfo(message: Uint8Array) {
  const fields = wireFields(message);
  const info = new Map<string, string>();
  for (const entry of messages(fields, 3)) info.set(lastText(entry, 1), lastText(entry, 2));
  return { reason: lastText(fields, 1), domain: lastText(fields, 2), info };
}

/** What the first `google.rpc.RetryInfo` with a delay says, rounded up to whole milliseconds. */
function retryDelayMs(details: readonly StatusDetail[]): number | undefined {
  for (const { type, value } of details) {
    const copies = type === RETRY_INFO ? messages(wireFields(value), 1) : [];
    if (copies.length === 0) continue;
    const delay = copies.flat();
    const seconds = Number(BigInt.asIntN(64, lastNumber(delay, 1)));
    const nanos = Number(BigInt.asIntN(32, lastNumber(delay, 2)));
    return waitMs(String(seconds * 1_000 + Math.ceil(nanos / 1_000_000)));
  }
  return undefined;
}

// as in every protobuf parser, the last copy of a scalar counts and copies of a message are merged

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function messages(fields: readonly WireField[], number: number): WireField[][] {
  return fields.filter((field) => field.number === number).map((field) => wireFields(bytesOf(field)));
}

function lastBytes(fields: readonly WireField[], number: number): Uint8Array {
  const field = fields.findLast((each) => each.number === number);
  return field ? bytesOf(field) : new Uint8Array(0);
}

function lastText(fields: readonly WireField[], number: number): string {
  return utf8.decode(lastBytes(fields, number));
}

function lastNumber(fields: readonly WireField[], number: number): bigint {
  const field = fields.findLast((each) => each.number === number);
  return field ? uint64Of(field) : 0n;
}
