import { integer, optionalFunction } from '../options.js';
import type { TokenOptions } from './create-token.js';
import { secretsOf, type DeviceIdentity, type DeviceSecrets } from './device-identity.js';
import { clientSettings } from './options.js';
import { signToken } from './sign-token.js';
import { isFresh, type TokenLife, type TokenSource } from './token-source.js';

const DAY_MS = 86_400_000;
const SHORTEST_LIFE_MS = 1_000;

/** How a token source makes tokens, and for how long it uses each. */
export interface TokenSourceOptions extends TokenOptions {
  /** Longest use of one token, in milliseconds; a node that accepts it for less shortens it. 1 000 to 31 622 400 000 (366 days). Default 3 600 000 (one hour). */
  tokenLifetimeMs?: number | undefined;
  /** A number from 0 to 1 for the jitter of a token's renewal. Default: `Math.random`. */
  random?: (() => number) | undefined;
}

interface CurrentToken extends TokenLife {
  readonly text: string;
}

/**
 * Makes a token source, PROTOCOL.md section 6.
 * @param identity an identity, or a function that returns one. The function is called once, when the first token is
 *   needed; if it fails, that `get` fails and the next one calls it again.
 * @throws TypeError if an option is wrong or the identity is none.
 * @example
 * import { createIdentity, createTokenSource } from 'grpc-wallet-auth/client';
 *
 * const source = createTokenSource(() => createIdentity(wallet)); // prompts when the first token is needed
 * const headers = { authorization: `Bearer ${await source.get()}` };
 */
export function createTokenSource(
  identity: DeviceIdentity | (() => DeviceIdentity | Promise<DeviceIdentity>),
  options: TokenSourceOptions = {},
): TokenSource {
  const { nowMs, curve } = clientSettings(options, ['now', 'curve', 'tokenLifetimeMs', 'random']);
  const lifetimeMs = integer('tokenLifetimeMs', options.tokenLifetimeMs, 3_600_000, SHORTEST_LIFE_MS, 366 * DAY_MS);
  const random = optionalFunction('random', options.random) ?? Math.random;
  if (typeof identity !== 'function') secretsOf(identity);

  let asked: Promise<DeviceSecrets> | undefined;
  let current: CurrentToken | undefined;
  let offsetMs = 0;
  const serverNowMs = () => nowMs() + offsetMs;

  async function ask(): Promise<DeviceSecrets> {
    return secretsOf(await (typeof identity === 'function' ? identity() : identity));
  }

  function forget(failure: unknown): never {
    asked = undefined;
    throw failure;
  }

  function mint(secrets: DeviceSecrets, createdMs: number): CurrentToken {
    const text = signToken({ ...secrets, createdMs }, curve);
    return { text, createdMs, expiresMs: createdMs + lifetimeMs, jitter: jitterFrom(random()) };
  }

  async function get(): Promise<string> {
    asked ??= ask().catch(forget);
    const secrets = await asked;
    // nothing below waits, so whoever comes first renews for all
    const serverMs = serverNowMs();
    if (current !== undefined && isFresh(current, serverMs)) return current.text;
    try {
      current = mint(secrets, serverMs);
    } catch (error) {
      if (current === undefined || serverMs >= current.expiresMs) throw error;
    }
    return current.text;
  }

  return Object.freeze({
    get,
    invalidate(token?: string) {
      if (token === undefined || token === current?.text) current = undefined;
    },
    noteServerTime(serverTimeMs: number) {
      if (!Number.isSafeInteger(serverTimeMs) || serverTimeMs <= 0) return;
      offsetMs = Math.min(Math.max(serverTimeMs - nowMs(), -DAY_MS), DAY_MS);
    },
    noteExpiry(token: string, expiresAtMs: number) {
      if (current === undefined || current.text !== token || !Number.isSafeInteger(expiresAtMs)) return;
      if (expiresAtMs >= current.expiresMs || expiresAtMs - current.createdMs < SHORTEST_LIFE_MS) return;
      current = { ...current, expiresMs: expiresAtMs };
    },
  });
}

function jitterFrom(value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw new RangeError('random() must give a number from 0 to 1');
}
