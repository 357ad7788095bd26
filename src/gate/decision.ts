import type { WalletIdentity } from '../identity.js';
import type { RefusalStatus } from '../status-details.js';

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
}

/** @returns why the call ends here; `undefined` if the message may go on. */
export type CheckMessage = (message: unknown) => RefusalStatus | undefined | Promise<RefusalStatus | undefined>;

/** What the door says about a call. */
export type Decision = Admission | { readonly admitted: false; readonly status: RefusalStatus };

/** The answer to a caller who is let in without a token and whose messages nobody checks. */
export const ANONYMOUS: Decision = Object.freeze({
  admitted: true,
  identity: undefined,
  expiresAtMs: undefined,
  checkMessage: undefined,
});
