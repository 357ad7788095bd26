import { integer, optionalFunction } from '../options.js';
import type { TokenOptions } from './create-token.js';
import { secretsOf, type DeviceIdentity, type DeviceSecrets } from './device-identity.js';
import { clientSettings } from './options.js';
import { SHORTEST_LIFE_MS, targetTokens } from './target-tokens.js';
import type { TargetTokenSource, TokenSource } from './token-source.js';

const DAY_MS = 86_400_000;

/** How many targets a source keeps views of. Whoever holds the view of a dropped one goes on with it. */
const MAX_TARGETS = 1_000;

/** How a token source makes tokens, and for how long it uses each. */
export interface TokenSourceOptions extends TokenOptions {
  /** Longest use of one token, in milliseconds; a node that accepts it for less shortens it. 1 000 to 31 622 400 000 (366 days). Default 3 600 000 (one hour). */
  tokenLifetimeMs?: number | undefined;
  /**
   * How far the clock of a node may be ahead of this device's for tokens to follow it, in milliseconds. A token that is
   * dated ahead is good for as much longer, so a node that lies about its time must not gain much. 0 to 86 400 000 (a
   * day). Default 300 000 (five minutes). Backwards, tokens follow up to a day.
   */
  maxClockAdvanceMs?: number | undefined;
  /** A number from 0 to 1 for the jitter of a token's renewal. Default: `Math.random`. */
  random?: (() => number) | undefined;
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
  const { nowMs, curve } = clientSettings(options, ['now', 'curve', 'tokenLifetimeMs', 'maxClockAdvanceMs', 'random']);
  const lifetimeMs = integer('tokenLifetimeMs', options.tokenLifetimeMs, 3_600_000, SHORTEST_LIFE_MS, 366 * DAY_MS);
  const maxClockAdvanceMs = integer('maxClockAdvanceMs', options.maxClockAdvanceMs, 300_000, 0, DAY_MS);
  const random = optionalFunction('random', options.random) ?? Math.random;
  if (typeof identity !== 'function') secretsOf(identity);

  let asked: Promise<DeviceSecrets> | undefined;
  const ask = async () => secretsOf(await (typeof identity === 'function' ? identity() : identity));
  const forget = (failure: unknown): never => {
    asked = undefined;
    throw failure;
  };
  const secrets = () => (asked ??= ask().catch(forget));

  const settings = { secrets, nowMs, curve, lifetimeMs, maxClockAdvanceMs, random };
  const views = new Map<string, TargetTokenSource>();

  return Object.freeze({
    ...targetTokens(settings),
    forTarget(target: string) {
      if (typeof target !== 'string' || target === '') throw new TypeError('target must be a text that is not empty');
      const view = views.get(target) ?? targetTokens(settings);
      views.delete(target);
      views.set(target, view);
      const [oldest] = views.keys();
      if (views.size > MAX_TARGETS && oldest !== undefined) views.delete(oldest);
      return view;
    },
  });
}
