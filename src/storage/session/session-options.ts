import { abortSignal } from '../../client/abort.js';
import { certificateLife } from '../../client/create-identity.js';
import { createTokenSource, type TokenSourceOptions } from '../../client/create-token-source.js';
import { clientSettings, type ClientOptions, type ClientSettings } from '../../client/options.js';
import type { WalletLike } from '../../client/wallet/wallet-like.js';
import { integer, knownOptions, optionalFunction } from '../../options.js';
import type { IdentityStorage } from '../identity-storage.js';
import type { SessionStatus } from './session.js';

/** Whose session it is, where its identity is kept, and how its tokens are made. */
export interface SessionOptions
  extends Pick<ClientOptions, 'statement'>, Omit<TokenSourceOptions, 'onCertificateExpired'> {
  /** A wallet as for `createIdentity`. Only EIP-1193 providers tell of changes of the account. */
  wallet: WalletLike;
  /** Where the identity is kept: `indexedDbStorage()` in browsers. */
  storage: IdentityStorage;
  /**
   * Revokes a device on a node. Called by `logout`, with ten seconds' time, while `source` still gives tokens of that device. Default:
   * the device is only forgotten here, and nodes go on accepting its tokens until they end.
   */
  revoke?: ((deviceId: string) => Promise<unknown>) | undefined;
  /**
   * When certificates end, in milliseconds after they are made: the session is signed out then, and `login` has the wallet certify the
   * same device again. 60 000 (a minute) to 316 224 000 000 (3 660 days). Default: never.
   */
  certificateValidForMs?: number | undefined;
  /** Whether a prompt may be shown at once if there is no identity yet. With `false` the session waits for `login`. Default `true`. */
  prompt?: boolean | undefined;
  /** How long the wallet, or another tab's prompt, is waited for, in milliseconds. 1 000 to 3 600 000 (an hour). Default 120 000 (two minutes). */
  promptTimeoutMs?: number | undefined;
  /** Called with every status from the first on. */
  onStatus?: ((status: SessionStatus) => void) | undefined;
  /** Ends the wait for the session; later logins have signals of their own. */
  signal?: AbortSignal | undefined;
}

/** The options after validation. */
export interface SessionSettings {
  readonly wallet: WalletLike;
  readonly storage: IdentityStorage;
  readonly revoke: ((deviceId: string) => Promise<unknown>) | undefined;
  readonly mayPrompt: boolean;
  readonly promptTimeoutMs: number;
  readonly onStatus: ((status: SessionStatus) => void) | undefined;
  readonly signal: AbortSignal | undefined;
  /** For certificates. */
  readonly client: ClientSettings;
  readonly certificateValidForMs: number | undefined;
  /** For token sources; they check them. */
  readonly tokens: TokenSourceOptions;
}

/** @throws TypeError naming the option that is wrong or unknown. */
export function sessionSettings(options: SessionOptions): SessionSettings {
  knownOptions(options, [
    'wallet',
    'storage',
    'revoke',
    'certificateValidForMs',
    'prompt',
    'promptTimeoutMs',
    'onStatus',
    'signal',
    'statement',
    'now',
    'curve',
    'tokenLifetimeMs',
    'maxClockAdvanceMs',
    'random',
    'audience',
    'methods',
    'validForMs',
    'strict',
  ]);
  const { wallet, storage, revoke, certificateValidForMs, prompt = true, promptTimeoutMs, onStatus, ...rest } = options;
  const { signal, statement, ...tokens } = rest;
  createTokenSource(neverCalled, tokens); // throws for what is wrong with them
  if (typeof prompt !== 'boolean') throw new TypeError('prompt must be a boolean');
  return {
    wallet,
    storage: storageOption(storage),
    revoke: optionalFunction('revoke', revoke),
    mayPrompt: prompt,
    promptTimeoutMs: integer('promptTimeoutMs', promptTimeoutMs, 120_000, 1_000, 3_600_000),
    onStatus: optionalFunction('onStatus', onStatus),
    signal: abortSignal(signal),
    client: clientSettings({ statement, now: tokens.now, curve: tokens.curve }, ['statement', 'now', 'curve']),
    certificateValidForMs: certificateLife('certificateValidForMs', certificateValidForMs),
    tokens,
  };
}

function storageOption(storage: IdentityStorage): IdentityStorage {
  const kinds = [typeof storage?.load, typeof storage?.save, typeof storage?.remove];
  if (kinds.every((kind) => kind === 'function')) return storage;
  throw new TypeError('storage must have load(), save() and remove()');
}

function neverCalled(): never {
  throw new TypeError('no identity');
}
