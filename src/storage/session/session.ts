import type { DeviceIdentity } from '../../client/device-identity.js';
import type { TokenSource } from '../../client/token-source.js';
import type { Address } from '../../crypto/address.js';

/** Where a session stands: a frozen snapshot, another one after each change. */
export interface SessionStatus {
  readonly state: 'signed-in' | 'signing-in' | 'signed-out';
  /**
   * Why. Signed in: `restored` from the storage, or `certified` by the wallet. Signing in: the user has a prompt of the `wallet` to
   * answer, or that of an `other-tab` is waited for. Signed out: `no-identity` is there, and nobody has called `login`; the
   * wallet's `account-changed` to one that has no identity here, or it was `disconnected` from the page; the user `logged-out`, here
   * or in another tab; the `certificate-expired`, so that `login` has the wallet certify the same key again; the login `failed`; the session was `closed`.
   */
  readonly reason:
    | 'restored'
    | 'certified'
    | 'wallet'
    | 'other-tab'
    | 'no-identity'
    | 'account-changed'
    | 'disconnected'
    | 'logged-out'
    | 'certificate-expired'
    | 'failed'
    | 'closed';
  /** The account that the wallet shows, in EIP-55 case; `undefined` if none. */
  readonly wallet: Address | undefined;
  /** The identity in use; `undefined` unless signed in. It is always one of `wallet`. */
  readonly identity: DeviceIdentity | undefined;
  /** Whether the identity in use is there again in the next run, without a prompt. */
  readonly isStored: boolean;
  /** What the last login, or reading the storage, failed with. */
  readonly error: unknown;
}

/** How `login` waits. */
export interface LoginOptions {
  /** Ends the login, such as a "cancel" button. One that joined the login of another caller ends its own wait alone. */
  signal?: AbortSignal | undefined;
}

/** One user of one wallet, over reloads, accounts and tabs. */
export interface Session {
  readonly status: SessionStatus;
  /** The identity in use; `undefined` unless signed in. */
  readonly identity: DeviceIdentity | undefined;
  /**
   * The tokens of whoever is signed in. It stays the same over logins and changes of account, so that clients are made once, and never
   * prompts: `get` waits for a login under way and rejects with a SessionError if there is none.
   */
  readonly source: TokenSource;
  /**
   * Signs in: at once if the storage has an identity of the wallet's account, otherwise with one prompt. Call it when the user asks
   * for it. Calls while one is under way share it.
   * @throws WalletError if the user rejects the request, or the wallet fails or does not answer in time; AuthError if its signature is
   *   not good; SessionError if the account changed meanwhile; what the storage throws; the signal's reason.
   */
  login(options?: LoginOptions): Promise<DeviceIdentity>;
  /**
   * Signs out: wipes the stored identity, in all tabs, and calls `revoke`. The identity is wiped even if `revoke` fails.
   * @throws SessionError NOT_REVOKED; what the storage throws if it could not be wiped.
   */
  logout(): Promise<void>;
  /**
   * Calls a function with every status from now on.
   * @returns stops that.
   */
  subscribe(listener: (status: SessionStatus) => void): () => void;
  /** Ends the session in this page; what is stored stays. */
  close(): void;
}
