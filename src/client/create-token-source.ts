import { integer, knownOptions, optionalFunction } from '../options.js';
import { audienceName } from '../token/audience.js';
import { currentSecrets } from './certificate-renewal.js';
import type { TokenOptions } from './create-token.js';
import { secretsOf, type DeviceIdentity } from './device-identity.js';
import { clientSettings } from './options.js';
import { SHORTEST_LIFE_MS, targetTokens, type TokenSettings } from './target-tokens.js';
import { restrictionSettings, type RestrictionOptions } from './token-restrictions.js';
import type { TargetOptions, TargetTokenSource, TokenSource } from './token-source.js';

const DAY_MS = 86_400_000;

/** How many targets a source keeps views of. Whoever holds the view of a dropped one goes on with it. */
const MAX_TARGETS = 1_000;

/** What the tokens of a source may not do: the challenge is each node's own, and needs an audience. */
export type SourceRestrictionOptions = Omit<RestrictionOptions, 'challenge'>;

/**
 * How a token source makes tokens, what they may not do, and for how long it uses each. With `validForMs` that is at least 1 000
 * (a second), and no token is used for longer.
 */
export interface TokenSourceOptions extends TokenOptions, SourceRestrictionOptions {
  /** Longest use of one token, in milliseconds; a node that accepts it for less shortens it. 1 000 to 31 622 400 000 (366 days). Default 3 600 000 (one hour). */
  tokenLifetimeMs?: number | undefined;
  /**
   * How far the clock of a node may be ahead of this device's for tokens to follow it, in milliseconds. A token that is
   * dated ahead is good for as much longer, so a node that lies about its time must not gain much. 0 to 86 400 000 (a
   * day). Default 300 000 (five minutes); a day for a view of `forTarget` with an `audience`, whose tokens are good on this node
   * alone. Backwards, tokens follow up to a day.
   */
  maxClockAdvanceMs?: number | undefined;
  /** A number from 0 to 1 for the jitter of a token's renewal. Default: `Math.random`. */
  random?: (() => number) | undefined;
  /**
   * Gives a new certificate when that of the identity has ended, or a node finds it too old: `importIdentity` of a new one, or
   * `createIdentity` where the user is there to be prompted. Called once for all calls that wait for a token, not within a minute
   * of a failure, and within an hour not twice because of a node; after `invalidate()` at once. Default: calls fail with CERTIFICATE_EXPIRED.
   */
  onCertificateExpired?: (() => DeviceIdentity | Promise<DeviceIdentity>) | undefined;
}

const OPTION_NAMES = [
  'now',
  'curve',
  'tokenLifetimeMs',
  'maxClockAdvanceMs',
  'random',
  'onCertificateExpired',
  'audience',
  'methods',
  'validForMs',
  'strict',
];

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
  const { nowMs, curve } = clientSettings(options, OPTION_NAMES);
  const longestMs = integer('tokenLifetimeMs', options.tokenLifetimeMs, 3_600_000, SHORTEST_LIFE_MS, 366 * DAY_MS);
  const validForMs = integer('validForMs', options.validForMs, longestMs, SHORTEST_LIFE_MS, 366 * DAY_MS);
  const maxClockAdvanceMs = integer('maxClockAdvanceMs', options.maxClockAdvanceMs, 300_000, 0, DAY_MS);
  const random = optionalFunction('random', options.random) ?? Math.random;
  if (typeof identity !== 'function') secretsOf(identity);

  const settings: TokenSettings = {
    secrets: currentSecrets(identity, optionalFunction('onCertificateExpired', options.onCertificateExpired), nowMs),
    nowMs,
    curve,
    lifetimeMs: Math.min(longestMs, validForMs),
    maxClockAdvanceMs,
    random,
    restrictions: restrictionSettings(options),
  };
  const views = new Map<string, TargetTokenSource>();

  /** The settings of a node that has a name: its tokens harm no other, whatever it says about the time. */
  function settingsFor(audience: string | undefined): TokenSettings {
    if (audience === undefined) return settings;
    return {
      ...settings,
      maxClockAdvanceMs: options.maxClockAdvanceMs ?? DAY_MS,
      restrictions: { ...settings.restrictions, audience: [audience] },
    };
  }

  return Object.freeze({
    ...targetTokens(settings),
    forTarget(target: string, { audience, ...others }: TargetOptions = {}) {
      if (typeof target !== 'string' || target === '') throw new TypeError('target must be a text that is not empty');
      knownOptions(others, ['audience']);
      if (audience !== undefined) audienceName('audience', audience);
      const key = `${audience ?? ''} ${target}`; // an audience has no space
      const view = views.get(key) ?? targetTokens(settingsFor(audience));
      views.delete(key);
      views.set(key, view);
      const [oldest] = views.keys();
      if (views.size > MAX_TARGETS && oldest !== undefined) views.delete(oldest);
      return view;
    },
  });
}
