import { abortSignal } from '../../client/abort.js';
import { knownOptions, optionalFunction } from '../../options.js';
import { sessionSettings, type SessionOptions } from './session-options.js';
import { sessionSource } from './session-source.js';
import type { LoginOptions, Session, SessionStatus } from './session.js';
import { WalletSession } from './wallet-session.js';

/**
 * Logs in with a wallet: restores the identity that the storage has of the wallet's account or, once in the life of a device, prompts
 * for its certificate. From then on the session follows the wallet: when the user changes to another account the identity is put away,
 * and that of the other account is restored if there is one.
 * @throws TypeError if an option is wrong or the wallet is none; what `login` of the session throws. There is no session then, and
 *   nothing was stored.
 * @example
 * import { createSession, indexedDbStorage } from 'grpc-wallet-auth/storage';
 *
 * const session = await createSession({ wallet, storage: indexedDbStorage() });
 * console.log(session.identity?.wallet, await session.source.get());
 */
export async function createSession(options: SessionOptions): Promise<Session> {
  const settings = sessionSettings(options);
  const session = new WalletSession(settings);
  try {
    await session.start(settings.signal);
    if (settings.mayPrompt) await session.login(settings.signal);
  } catch (error) {
    session.close();
    throw error;
  }
  const source = sessionSource(session);
  return Object.freeze({
    get status() {
      return session.status;
    },
    get identity() {
      return session.status.identity;
    },
    source,
    async login(loginOptions: LoginOptions = {}) {
      knownOptions(loginOptions, ['signal']);
      return session.login(abortSignal(loginOptions.signal));
    },
    logout: () => session.logout(),
    subscribe(listener: (status: SessionStatus) => void) {
      if (optionalFunction('listener', listener) === undefined) throw new TypeError('listener must be a function');
      return session.subscribe(listener);
    },
    close: () => session.close(),
  });
}
