import type { Curve } from '../crypto/curve.js';
import type { AuthReason } from '../errors.js';
import { knownOptions } from '../options.js';
import { abortSignal, untilAborted } from './abort.js';
import { certificateEndMs, checkCertificateEnd } from './certificate-end.js';
import type { CurrentSecrets } from './certificate-renewal.js';
import type { DeviceSecrets } from './device-identity.js';
import { newestChallenge } from './newest-challenge.js';
import { signToken } from './sign-token.js';
import { restrictionFields, type RestrictionSettings } from './token-restrictions.js';
import { isFresh, type GetTokenOptions, type TargetTokenSource, type TokenLife } from './token-source.js';

/** How far back a node may set the clock of its tokens, in milliseconds: a day. A token that is dated back ends earlier, so there is no harm in it. */
const MAX_CLOCK_RETREAT_MS = 86_400_000;

/** The shortest life of a token that a node may ask for, in milliseconds. */
export const SHORTEST_LIFE_MS = 1_000;

/** What the tokens for all targets of one source have in common. */
export interface TokenSettings {
  /** The identity and its key. */
  readonly secrets: CurrentSecrets;
  /** This device's clock, in milliseconds since the Unix epoch. */
  readonly nowMs: () => number;
  /** Signs. */
  readonly curve: Curve;
  /** Longest use of one token, in milliseconds. */
  readonly lifetimeMs: number;
  /** How far ahead a node may set the clock of its tokens, in milliseconds. */
  readonly maxClockAdvanceMs: number;
  /** A number from 0 to 1 for the jitter of a renewal. */
  readonly random: () => number;
  /** What they may not do. */
  readonly restrictions: RestrictionSettings;
}

interface CurrentToken extends TokenLife {
  readonly text: string;
  /** Whose it is. */
  readonly parts: DeviceSecrets;
}

/** Makes the tokens for one target: its clock, its challenge, its current token, the end of that token there. */
export function targetTokens(settings: TokenSettings): TargetTokenSource {
  const { secrets, nowMs, curve, lifetimeMs, maxClockAdvanceMs, random, restrictions } = settings;
  const challenges = newestChallenge(restrictions.audience.length > 0);
  let current: CurrentToken | undefined;
  let refused: DeviceSecrets | undefined;
  let offsetMs = 0;

  const serverTimeMs = () => nowMs() + offsetMs;
  const isEnded = (parts: DeviceSecrets) => parts === refused || serverTimeMs() > certificateEndMs(parts.key);

  function mint(parts: DeviceSecrets, createdMs: number): CurrentToken {
    checkCertificateEnd(parts.key, createdMs);
    const jitter = jitterFrom(random());
    const fields = restrictionFields({ ...restrictions, challenge: challenges.newest }, createdMs);
    const text = signToken({ ...parts, createdMs, restrictions: fields }, curve);
    challenges.used();
    return { text, parts, createdMs, expiresMs: Math.min(createdMs + lifetimeMs, certificateEndMs(parts.key)), jitter };
  }

  /** Whether the current token needs no renewal, or one would be of no use: the certificate ends with it. */
  function isGood(token: CurrentToken, atMs: number): boolean {
    if (challenges.isDue(nowMs(), token.jitter)) return false;
    if (isFresh(token, atMs)) return true;
    const { parts, createdMs, expiresMs } = token;
    return certificateEndMs(parts.key) === expiresMs && atMs < expiresMs && atMs >= createdMs;
  }

  async function get(options?: GetTokenOptions): Promise<string> {
    const signal = options && signalOf(options);
    let parts = await untilAborted(() => secrets.get(), signal);
    if (isEnded(parts)) {
      const ended = parts;
      parts = await untilAborted(() => secrets.renew(ended, isEnded), signal);
    }
    // nothing below waits, so whoever comes first renews for all
    const atMs = serverTimeMs();
    if (current?.parts !== parts) current = undefined;
    if (current !== undefined && isGood(current, atMs)) return current.text;
    try {
      current = mint(parts, atMs);
    } catch (error) {
      if (current === undefined || atMs >= current.expiresMs) throw error;
    }
    return current.text;
  }

  return Object.freeze({
    get,
    invalidate(token?: string, reason?: AuthReason) {
      if (token === undefined) secrets.rearm();
      else if (token !== current?.text) return;
      if (reason === 'CERTIFICATE_EXPIRED' && current !== undefined) {
        if (!secrets.mayRenew(current.parts)) return;
        refused = current.parts;
      }
      current = undefined;
    },
    noteServerTime(serverMs: number) {
      if (!Number.isSafeInteger(serverMs) || serverMs <= 0) return;
      offsetMs = Math.min(Math.max(serverMs - nowMs(), -MAX_CLOCK_RETREAT_MS), maxClockAdvanceMs);
    },
    noteExpiry(token: string, expiresAtMs: number) {
      if (current === undefined || current.text !== token || !Number.isSafeInteger(expiresAtMs)) return;
      if (expiresAtMs >= current.expiresMs || expiresAtMs - current.createdMs < SHORTEST_LIFE_MS) return;
      current = { ...current, expiresMs: expiresAtMs };
    },
    noteChallenge(challenge: Uint8Array | string, token?: string) {
      challenges.note(challenge, token !== undefined && token === current?.text ? undefined : nowMs());
    },
  });
}

function signalOf(options: GetTokenOptions): AbortSignal | undefined {
  knownOptions(options, ['signal']);
  return abortSignal(options.signal);
}

function jitterFrom(value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw new RangeError('random() must give a number from 0 to 1');
}
