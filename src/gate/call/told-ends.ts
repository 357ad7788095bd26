import type { WalletIdentity } from '../../identity.js';

/** How long a connection is not told the end of a token again, in milliseconds. */
const TOLD_FOR_MS = 60_000;

/** What a connection was told last. */
interface Told {
  /** Of a cached token, which has one identity. */
  readonly identity: WalletIdentity;
  /** When, in milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** One entry a connection, however many tokens come on it. */
const lastTold = new WeakMap<object, Told>();

/**
 * Whether an answer has to carry `wallet-token-expires-at-ms`, PROTOCOL.md section 5; if so, the connection counts as told. It is
 * told again after a minute, since an answer may have been lost, and after the end of another token, as behind a proxy that sends
 * the calls of many.
 * @param connection what stands for the connection of the call. Without it, every answer carries the end.
 * @param identity who is calling.
 */
export function mustTellEnd(connection: object | undefined, identity: WalletIdentity | undefined): boolean {
  if (connection === undefined || identity === undefined) return true;
  const told = lastTold.get(connection);
  const atMs = Date.now();
  // a clock that was put back tells, too
  if (told?.identity === identity && atMs >= told.atMs && atMs - told.atMs < TOLD_FOR_MS) return false;
  lastTold.set(connection, { identity, atMs });
  return true;
}
