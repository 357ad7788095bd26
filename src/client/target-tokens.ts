import type { Curve } from '../crypto/curve.js';
import { knownOptions } from '../options.js';
import { abortSignal, untilAborted } from './abort.js';
import { certificateEndMs, checkCertificateEnd } from './certificate-end.js';
import type { DeviceSecrets } from './device-identity.js';
import { signToken } from './sign-token.js';
import { isFresh, type GetTokenOptions, type TargetTokenSource, type TokenLife } from './token-source.js';

/** How far back a node may set the clock of its tokens, in milliseconds: a day. A token that is dated back ends earlier, so there is no harm in it. */
const MAX_CLOCK_RETREAT_MS = 86_400_000;

/** The shortest life of a token that a node may ask for, in milliseconds. */
export const SHORTEST_LIFE_MS = 1_000;

/** What the tokens for all targets of one source have in common. */
export interface TokenSettings {
  /** The identity and its key; the same promise for all, made anew after a failure. */
  readonly secrets: () => Promise<DeviceSecrets>;
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
}

interface CurrentToken extends TokenLife {
  readonly text: string;
}

/** Makes the tokens for one target: its clock, its current token, the end of that token there. */
export function targetTokens(settings: TokenSettings): TargetTokenSource {
  const { secrets, nowMs, curve, lifetimeMs, maxClockAdvanceMs, random } = settings;
  let current: CurrentToken | undefined;
  let offsetMs = 0;

  function mint(parts: DeviceSecrets, createdMs: number): CurrentToken {
    checkCertificateEnd(parts.key, createdMs);
    const text = signToken({ ...parts, createdMs }, curve);
    const expiresMs = Math.min(createdMs + lifetimeMs, certificateEndMs(parts.key));
    return { text, createdMs, expiresMs, jitter: jitterFrom(random()) };
  }

  async function get(options?: GetTokenOptions): Promise<string> {
    const parts = await untilAborted(secrets, options && signalOf(options));
    // nothing below waits, so whoever comes first renews for all
    const serverMs = nowMs() + offsetMs;
    if (current !== undefined && isFresh(current, serverMs)) return current.text;
    try {
      current = mint(parts, serverMs);
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
      offsetMs = Math.min(Math.max(serverTimeMs - nowMs(), -MAX_CLOCK_RETREAT_MS), maxClockAdvanceMs);
    },
    noteExpiry(token: string, expiresAtMs: number) {
      if (current === undefined || current.text !== token || !Number.isSafeInteger(expiresAtMs)) return;
      if (expiresAtMs >= current.expiresMs || expiresAtMs - current.createdMs < SHORTEST_LIFE_MS) return;
      current = { ...current, expiresMs: expiresAtMs };
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
