import type { AuthError, AuthReason } from '../errors.js';
import type { StreamLease, WalletIdentity } from '../identity.js';
import type { RefusalStatus } from '../status-details.js';
import type { AuthRule } from './call/call.js';
import type { RuleSource } from './rules/declared-rules.js';

/** A call that may go on to its handler. */
export interface Admission {
  readonly admitted: true;
  /** Who is calling, for the handler. */
  readonly identity: WalletIdentity | undefined;
  /** When the token stops working here, for the client; in milliseconds since the Unix epoch. */
  readonly expiresAtMs: number | undefined;
  /**
   * Decides about each request message, in order, before it goes on to the handler; the first refusal ends the call. Never
   * throws and never rejects. `undefined` if the method has nothing to check.
   */
  readonly checkMessage: CheckMessage | undefined;
  /** `true` if the method's policy judges what messages hold or cost: then none of them may go on without `checkMessage`. */
  readonly judgesMessages: true | undefined;
  /** The lease of a stream that has one, for the handler. */
  readonly lease: StreamLease | undefined;
  /** Whether it was counted by its address, as a call that may bring a statement of a wallet in place of a token; for its handler. */
  readonly isCounted?: boolean | undefined;
  /** To be called once when the call is over, however it ended. `undefined` if nothing waits for that. */
  readonly onEnd: (() => void) | undefined;
}

/** @returns why the call ends here; `undefined` if the message may go on. */
export type CheckMessage = (message: unknown) => RefusalStatus | undefined | Promise<RefusalStatus | undefined>;

/** A call that ends here. */
export interface Refusal {
  readonly admitted: false;
  readonly status: RefusalStatus;
}

/** What the gate decides about a call. */
export type Decision = Admission | Refusal;

/** The answer to a caller that is admitted without a token and whose messages need no check. */
export const ANONYMOUS: Admission = Object.freeze({
  admitted: true,
  identity: undefined,
  expiresAtMs: undefined,
  checkMessage: undefined,
  judgesMessages: undefined,
  lease: undefined,
  onEnd: undefined,
});

/** The answer to a caller that may bring a statement of a wallet, on the same terms. */
export const COUNTED: Admission = Object.freeze({ ...ANONYMOUS, isCounted: true });

/** What the gate decided about one call, or about one message of a call that it had admitted. Every label has a bounded set of values; `error` is for logs. */
export interface DecisionEvent {
  /** `/package.Service/Method`, of a registered method. */
  readonly method: string;
  readonly rule: AuthRule;
  /** Where that is declared. */
  readonly source: RuleSource;
  /**
   * `ended`: the call was admitted and then ended by the gate: a message was refused, or token, device or caller are not good any more.
   * Each call has one `admitted` or `refused`.
   */
  readonly decision: 'admitted' | 'refused' | 'ended';
  /** Why; only if refused or ended. */
  readonly reason: AuthReason | undefined;
  /** The refusal with its cause, which explains it to the operator and holds no token; only if refused or ended. */
  readonly error: AuthError | undefined;
  /**
   * The limit in which the call, or its latest message that was charged, was counted: a name in `limits.classes`, or
   * `beforeAuthentication` or `verificationQueue` where that refused it. `undefined` where nothing was counted yet.
   */
  readonly limit: string | undefined;
  /** The curve that verifies tokens here. */
  readonly curve: string;
  /** `true`: the token was cached and still good. `false`: its signatures had to be checked. `undefined`: it did not come to that. */
  readonly cached: boolean | undefined;
  /** How long the token took to verify, in milliseconds, without a wait for its turn; `undefined` if none was looked at, and where a message ended a call. */
  readonly verificationMs: number | undefined;
}
