/** The life of one token by the server's clock, in milliseconds since the Unix epoch. */
export interface TokenLife {
  readonly createdMs: number;
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
