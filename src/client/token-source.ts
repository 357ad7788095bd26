import type { AuthReason } from '../errors.js';

/** How `get` waits. */
export interface GetTokenOptions {
  /** Ends the wait for the token; the wait of other callers goes on. */
  signal?: AbortSignal | undefined;
}

/**
 * Keeps one token for all calls of a device to one node and renews it in time. Has no timers: it acts when it is called.
 * What a node says about its clock and its tokens concerns the calls to this node alone.
 */
export interface TargetTokenSource {
  /**
   * The current token, the same text for all of its life; a new one if it is due. If a renewal ahead of time fails, the
   * current token is returned once more.
   * @throws what the identity function or the clock throws; the next call tries again. The signal's reason once that is aborted.
   * AuthError CERTIFICATE_EXPIRED once the certificate has ended, unless `onCertificateExpired` gives a new one.
   */
  get(options?: GetTokenOptions): Promise<string>;
  /**
   * Drops the current token.
   * @param token drops it only if it is this one, so that many calls refused with one token cause one renewal.
   * @param reason why a node refused it. After CERTIFICATE_EXPIRED the next token has a new certificate where
   *   `onCertificateExpired` may be called for one; otherwise the token stays, as a new one would be refused alike.
   */
  invalidate(token?: string, reason?: AuthReason): void;
  /**
   * Learns how wrong the clock is; tokens made from now on are dated by the node's, up to `maxClockAdvanceMs` ahead of this
   * device's clock and up to a day behind it.
   * @param serverTimeMs `server_time_ms` of a refusal, in milliseconds since the Unix epoch; nonsense is ignored.
   */
  noteServerTime(serverTimeMs: number): void;
  /**
   * Learns when the node will stop accepting a token, so that it is renewed before. Ignored unless it is the current token,
   * and unless its life gets shorter by it but not below a second: the strictest of several nodes decides.
   * @param expiresAtMs `wallet-token-expires-at-ms` of an answer, in milliseconds since the Unix epoch, server time.
   */
  noteExpiry(token: string, expiresAtMs: number): void;
  /**
   * Learns the node's challenge, which tokens carry from now on if they name an audience; without one, a node could have passed
   * on the challenge of another. A token with an older one is renewed: at once where it was refused for that, else within half a
   * minute, as nodes accept the last challenge too.
   * @param challenge 16 bytes or 32 hex digits; ignored if it is anything else, and if a newer one has come after it.
   * @param refused the token that CHALLENGE_REQUIRED was the answer to.
   */
  noteChallenge(challenge: Uint8Array | string, refused?: string): void;
}

/** What is special about one node. */
export interface TargetOptions {
  /**
   * The name of this node, `host:port` or what its operator calls it: the tokens for it name it as their only audience, whatever
   * the source's `audience` is. Default: the source's `audience`.
   */
  audience?: string | undefined;
}

/** The tokens of one device. By itself it stands for one node without a name. */
export interface TokenSource extends TargetTokenSource {
  /**
   * The view of one node: a current token, its end and a clock of its own, so that a node with a wrong clock, or one that
   * lies, does not touch the tokens for others. The last 1 000 targets are kept.
   * @param target the name under which the node is dialled, compared as it is written.
   * @throws TypeError if the target is no text or empty, or an option is wrong.
   */
  forTarget(target: string, options?: TargetOptions): TargetTokenSource;
}

/** The life of one token by the server's clock, in milliseconds since the Unix epoch. */
export interface TokenLife {
  /** When it was made. */
  readonly createdMs: number;
  /** From when on it is not used. */
  readonly expiresMs: number;
  /** This token's share of the jitter, 0 to 1, so that clients which started together do not renew together. */
  readonly jitter: number;
}

/** How far the clock may be behind a token before it must have been put back: what a node tolerates by default. */
const MAX_FUTURE_SKEW_MS = 60_000;

/**
 * From when on a token is to be renewed, PROTOCOL.md section 6: when 10 % of its life or 30 s is left, whichever is more,
 * up to a quarter of that earlier for the jitter, but never before half of its life is over.
 */
export function renewalTimeMs({ createdMs, expiresMs, jitter }: TokenLife): number {
  const lifeMs = expiresMs - createdMs;
  const marginMs = Math.max(lifeMs / 10, 30_000);
  return expiresMs - Math.min(marginMs * (1 + jitter / 4), lifeMs / 2);
}

/** Tells whether a token needs no renewal yet. One from the future does: the clock was put back since it was made. */
export function isFresh(life: TokenLife, nowMs: number): boolean {
  return nowMs < renewalTimeMs(life) && nowMs >= life.createdMs - MAX_FUTURE_SKEW_MS;
}
