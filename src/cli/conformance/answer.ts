import type { RefusalDetails } from '../../status-details.js';

/** What a node answered to one call. */
export interface Answer {
  /** gRPC status code; 4 if the node did not answer in time. */
  readonly code: number;
  readonly message: string;
  /** What its ErrorInfo says, if it has one of this library's. */
  readonly details: RefusalDetails | undefined;
  /** `wallet-token-expires-at-ms` of its initial metadata: the node let the caller in. */
  readonly tokenEndMs: number | undefined;
  /** The challenge that it handed out, in metadata or in its refusal: 32 hex digits. */
  readonly challenge: string | undefined;
}

/** Calls the method under test once. @param authorization `undefined` for no header. */
export type Caller = (authorization: string | undefined) => Promise<Answer>;

/** Numbers of gRPC statuses that decide. */
export const Code = {
  OK: 0,
  CANCELLED: 1,
  DEADLINE_EXCEEDED: 4,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

const SILENT: readonly number[] = [Code.CANCELLED, Code.DEADLINE_EXCEEDED];
const REFUSALS: readonly number[] = [
  Code.PERMISSION_DENIED,
  Code.RESOURCE_EXHAUSTED,
  Code.UNAVAILABLE,
  Code.UNAUTHENTICATED,
];

/** Whether the caller was let in. A handler may fail as it likes, with what is no refusal. */
export function isAccepted({ code, details, tokenEndMs }: Answer): boolean {
  if (tokenEndMs !== undefined) return true;
  return details === undefined && !REFUSALS.includes(code) && !SILENT.includes(code);
}

/** Whether there was no answer. */
export function isSilent({ code, details }: Answer): boolean {
  return details === undefined && SILENT.includes(code);
}

/** Whether the node asks to wait. */
export function isRateLimited({ code, details }: Answer): boolean {
  return details === undefined ? code === Code.RESOURCE_EXHAUSTED : details.reason === 'RATE_LIMITED';
}
