import { abortSignal, untilAborted } from '../../client/abort.js';
import { certificateExpired } from '../../client/certificate-end.js';
import { certifyKey } from '../../client/certify-key.js';
import { createTokenSource } from '../../client/create-token-source.js';
import { secretsOf, type DeviceIdentity } from '../../client/device-identity.js';
import type { GetTokenOptions, TokenSource } from '../../client/token-source.js';
import { currentAccount } from '../../client/wallet/current-account.js';
import { WalletError } from '../../client/wallet/wallet-error.js';
import { connectWallet } from '../../client/wallet/wallet.js';
import { watchAccount } from '../../client/wallet/watch-account.js';
import type { Address } from '../../crypto/address.js';
import { withTimeLimit } from '../../time-limit.js';
import { Attempt } from './attempt.js';
import { loadIdentity, removeIdentity, saveIdentity } from './kept-identity.js';
import { withPromptLock } from './prompt-lock.js';
import { SessionError } from './session-error.js';
import type { SessionSettings } from './session-options.js';
import type { CurrentTokens } from './session-source.js';
import type { SessionStatus } from './session.js';
import { StatusBoard } from './status-board.js';
import { joinTabs, type TabMessage, type Tabs } from './tabs.js';

/** How long a wallet may take to show its accounts, and `revoke` to revoke, in milliseconds. */
const QUIET_LIMIT_MS = 10_000;

/** What a status has of an identity where there is none. */
const NOTHING = { identity: undefined, isStored: false, error: undefined };

/** The life of one session. A change from outside ends what is under way first, so that it cannot overtake the change. */
export class WalletSession implements CurrentTokens {
  readonly #settings: SessionSettings;
  readonly #board = new StatusBoard({ state: 'signed-out', reason: 'no-identity', wallet: undefined, ...NOTHING });
  readonly #tabs: Tabs;
  readonly #unwatch: () => void;
  #account: Address | undefined;
  /** Whose certificate has ended, or is refused as if it had. */
  #ended: DeviceIdentity | undefined;
  /** Of the identity in use, or of the one that `revoke` is revoking. */
  #tokens: TokenSource | undefined;
  #attempt: Attempt | undefined;
  #login: Promise<DeviceIdentity> | undefined;
  #restoring: Promise<void> | undefined;
  #leaving: Promise<void> | undefined;
  #isClosed = false;

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    if (settings.onStatus) this.#board.subscribe(settings.onStatus);
    this.#unwatch = watchAccount(settings.wallet, (account) => this.#onAccount(account));
    this.#tabs = joinTabs(settings.storage.sharedName, (message) => this.#onMessage(message));
  }

  get status(): SessionStatus {
    return this.#board.status;
  }

  subscribe(listener: (status: SessionStatus) => void): () => void {
    return this.#board.subscribe(listener);
  }

  /** Finds out the account and restores its identity, without a prompt. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    const account = await withTimeLimit(currentAccount(this.#settings.wallet, signal), QUIET_LIMIT_MS, () =>
      timedOut(QUIET_LIMIT_MS),
    );
    this.#account ??= account; // a change meanwhile is newer
    await untilAborted(() => this.#restore(), signal);
    if (this.status.error !== undefined) throw this.status.error;
    if (this.status.identity === undefined && this.#ended === undefined) this.#enterState('signed-out', 'no-identity');
  }

  login(signal: AbortSignal | undefined): Promise<DeviceIdentity> {
    const { identity } = this.status;
    if (this.#isClosed) return Promise.reject(closed());
    if (identity !== undefined) return Promise.resolve(identity);
    const underWay = this.#login;
    if (underWay !== undefined) return untilAborted(() => underWay, signal);

    const attempt = new Attempt(this.#account, signal);
    this.#attempt = attempt;
    this.#login = this.#signIn(attempt).finally(() => {
      attempt.settle();
      if (this.#attempt === attempt) this.#attempt = this.#login = undefined;
    });
    return this.#login;
  }

  logout(): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed());
    if (this.#leaving !== undefined) return this.#leaving;
    const tokens = this.#tokens;
    this.#leaving = this.#wipe(this.status.identity, this.#login).finally(() => {
      this.#leaving = undefined;
      if (this.#tokens === tokens) this.#tokens = undefined;
    });
    this.#leave('logged-out', new SessionError('LOGGED_OUT', 'the user logged out meanwhile'));
    this.#tokens = tokens; // for `revoke`
    return this.#leaving;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unwatch();
    this.#tabs.close();
    this.#leave('closed', closed());
    this.#board.close();
  }

  now(): TokenSource | undefined {
    return this.#tokens;
  }

  async wait(options: GetTokenOptions | undefined): Promise<TokenSource> {
    for (;;) {
      if (this.#tokens !== undefined) return this.#tokens;
      const underWay = this.#login ?? this.#restoring;
      if (this.#isClosed) throw closed();
      if (underWay === undefined) throw new SessionError('SIGNED_OUT', 'nobody is signed in', this.status.error);
      await untilAborted(() => underWay as Promise<unknown>, abortSignal(options?.signal));
    }
  }

  async #signIn(attempt: Attempt): Promise<DeviceIdentity> {
    const { storage, promptTimeoutMs } = this.#settings;
    try {
      await untilAborted(() => Promise.allSettled([this.#leaving, this.#restoring]), attempt.signal);
      if (this.status.identity !== undefined) return this.status.identity;
      const prompt = () => this.#prompt(attempt);
      if (storage.sharedName === undefined) return await prompt();
      attempt.limit(promptTimeoutMs, elsewhere);
      this.#enterState('signing-in', 'other-tab');
      return await withPromptLock(storage.sharedName, attempt.signal, prompt);
    } catch (error) {
      if (this.#attempt === attempt) this.#enterState('signed-out', 'failed', { error });
      throw error;
    }
  }

  /** The one place where the user is prompted. No two sessions of one shared storage are here at the same time. */
  async #prompt(attempt: Attempt): Promise<DeviceIdentity> {
    const { wallet, storage, client, certificateValidForMs: validForMs, promptTimeoutMs } = this.#settings;
    try {
      attempt.check();
      attempt.limit(promptTimeoutMs, () => timedOut(promptTimeoutMs));
      this.#enterState('signing-in', 'wallet');
      const connected = await connectWallet(wallet, attempt.signal);
      attempt.check();
      attempt.account = this.#account = connected.address;
      const kept = await loadIdentity(this.#settings, connected.address);
      attempt.check();
      if (this.#isGood(kept)) return this.#enter(kept, 'restored', storage.isPersistent);

      attempt.isSigning = true;
      const privateKey = kept && secretsOf(kept).privateKey;
      const identity = await certifyKey(connected, client, { validForMs, privateKey });
      const earlier = await loadIdentity(this.#settings, connected.address); // of a tab that knows of no lock
      const isFirst = !this.#isGood(earlier);
      const isStored = isFirst ? await saveIdentity(storage, identity) : storage.isPersistent;
      attempt.check();
      this.#tabs.post({ kind: 'saved', wallet: identity.wallet });
      return this.#enter(isFirst ? identity : earlier, isFirst ? 'certified' : 'restored', isStored);
    } catch (error) {
      const isRejected = error instanceof WalletError && error.code === 'USER_REJECTED';
      if (isRejected && !attempt.signal.aborted) this.#tabs.post({ kind: 'rejected', wallet: attempt.account });
      throw error;
    }
  }

  async #wipe(identity: DeviceIdentity | undefined, login: Promise<unknown> | undefined): Promise<void> {
    const { storage, revoke } = this.#settings;
    const wallet = identity?.wallet ?? this.#account;
    await login?.catch(() => undefined); // what it still stores is to be wiped too
    const wipe = async () => wallet && removeIdentity(storage, wallet);
    const revokeDevice = async () => identity && revoke?.(identity.deviceId);
    const late = () => new Error(`revoke did not answer in ${QUIET_LIMIT_MS} ms`);
    const wiped = wipe().finally(() => this.#tabs.post({ kind: 'removed', wallet }));
    const [wiping, revoking] = await Promise.allSettled([wiped, withTimeLimit(revokeDevice(), QUIET_LIMIT_MS, late)]);
    if (wiping.status === 'rejected') throw wiping.reason;
    if (revoking.status === 'fulfilled') return;
    throw new SessionError('NOT_REVOKED', 'the device is forgotten here, but was not revoked', revoking.reason);
  }

  /** Reads the account's identity in the background. What comes of it does not count if it was put aside meanwhile. */
  #restore(): Promise<void> {
    const account = this.#account;
    if (account === undefined) return Promise.resolve();
    const settle = (apply: () => void) => {
      if (this.#restoring !== restoring) return;
      this.#restoring = undefined;
      apply();
    };
    const { storage } = this.#settings;
    const restoring: Promise<void> = loadIdentity(this.#settings, account).then(
      (identity) =>
        settle(() => {
          if (this.#isGood(identity)) this.#enter(identity, 'restored', storage.isPersistent);
          else if (identity !== undefined) this.#end(identity);
        }),
      (error: unknown) => settle(() => this.#board.publish({ ...this.status, error })),
    );
    this.#restoring = restoring;
    return restoring;
  }

  #onAccount(account: Address | undefined): void {
    if (this.#isClosed || account === this.#account) return;
    const isConnecting = this.#attempt !== undefined && this.#attempt.account === undefined;
    this.#account = account;
    if (isConnecting && account !== undefined) return; // the answer to the login's own request
    const reason = account === undefined ? 'disconnected' : 'account-changed';
    this.#leave(reason, new SessionError('ACCOUNT_CHANGED', 'the wallet changed to another account meanwhile'));
    void this.#restore();
  }

  #onMessage({ kind, wallet }: TabMessage): void {
    if (this.#isClosed || this.#leaving !== undefined) return;
    const attempt = this.#attempt;
    if (attempt !== undefined) {
      if (kind !== 'rejected' || attempt.isSigning) return;
      attempt.end(new WalletError('USER_REJECTED', 'the request was rejected in another tab'));
    } else if (wallet !== undefined && wallet === this.#account) {
      if (kind === 'removed') this.#leave('logged-out', undefined);
      if (kind === 'saved') void this.#restore();
    }
  }

  #enter(identity: DeviceIdentity, reason: 'restored' | 'certified', isStored: boolean): DeviceIdentity {
    const onCertificateExpired = (): never => {
      if (this.status.identity === identity) this.#end(identity);
      throw certificateExpired('the user has to log in');
    };
    this.#tokens = createTokenSource(identity, { ...this.#settings.tokens, onCertificateExpired });
    this.#ended = undefined;
    this.#enterState('signed-in', reason, { identity, isStored });
    return identity;
  }

  /** Whether an identity that was kept has a certificate that is good for something. */
  #isGood(identity: DeviceIdentity | undefined): identity is DeviceIdentity {
    if (identity === undefined) return false;
    const { deviceId, certificateExpiresAtMs = Infinity } = identity;
    const isRefused = deviceId === this.#ended?.deviceId && madeAt(identity) === madeAt(this.#ended);
    return !isRefused && this.#settings.client.nowMs() <= certificateExpiresAtMs;
  }

  /** Puts an identity away whose certificate has ended. The wallet is not prompted before the user logs in. */
  #end(identity: DeviceIdentity): void {
    this.#leave('certificate-expired', undefined);
    this.#ended = identity;
  }

  /** Puts the identity away and ends what is under way, with a reason. */
  #leave(reason: SessionStatus['reason'], ended: SessionError | undefined): void {
    const attempt = this.#attempt;
    this.#tokens = this.#attempt = this.#login = this.#restoring = undefined;
    this.#enterState('signed-out', reason);
    attempt?.end(ended);
  }

  #enterState(state: SessionStatus['state'], reason: SessionStatus['reason'], more?: Partial<SessionStatus>): void {
    this.#board.publish({ state, reason, wallet: this.#account, ...NOTHING, ...more });
  }
}

function madeAt(identity: DeviceIdentity): bigint {
  return secretsOf(identity).key.timestamp;
}

function elsewhere(): SessionError {
  return new SessionError('PROMPT_ELSEWHERE', 'another tab has its prompt open for too long');
}

function timedOut(ms: number): WalletError {
  return new WalletError('TIMED_OUT', `the wallet did not answer in ${ms} ms`);
}

function closed(): SessionError {
  return new SessionError('CLOSED', 'the session was closed');
}
