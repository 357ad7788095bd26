/** Keeps one token for all calls of a device and renews it in time. Has no timers: it acts when it is asked. */
export interface TokenSource {
  /**
   * The current token, the same text for all of its life; a new one if it is due. If a renewal ahead of time fails, the
   * current token is given once more.
   * @throws what the identity function or the clock throws; the next call tries again.
   */
  get(): Promise<string>;
  /**
   * Drops the current token.
   * @param token drops it only if it is this one, so that many calls refused with one token cause one renewal.
   */
  invalidate(token?: string): void;
  /**
   * Learns how wrong the clock is; tokens made from now on are dated by the server's. At most a day is corrected.
   * @param serverTimeMs `server_time_ms` of a refusal, in milliseconds since the Unix epoch; nonsense is ignored.
   */
  noteServerTime(serverTimeMs: number): void;
  /**
   * Learns when a node will stop taking a token, so that it is renewed before. Ignored unless it is the current token, and
   * unless its life gets shorter by it but not below a second: the strictest of several nodes decides.
   * @param expiresAtMs `wallet-token-expires-at-ms` of an answer, in milliseconds since the Unix epoch, server time.
   */
  noteExpiry(token: string, expiresAtMs: number): void;
}
