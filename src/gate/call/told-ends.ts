import type { WalletIdentity } from '../../identity.js';
import type { Admission } from '../decision.js';

/** How long a connection is not told the end of a token again, in milliseconds. */
const TOLD_FOR_MS = 60_000;

/** How many tokens a connection is told of before all are told again: that bounds what is kept of it. */
const MAX_TOLD = 1_000;

/** Of which tokens a connection was told the end. A cached token has one identity. */
class Told {
  /** When the first of them was, in milliseconds since the Unix epoch. */
  readonly sinceMs: number;
  /** The challenge of that time. */
  readonly challenge: string | undefined;
  readonly #first: WalletIdentity;
  /** On connections of proxies alone. */
  #others: WeakSet<WalletIdentity> | undefined = undefined;
  size = 1;

  constructor(first: WalletIdentity, sinceMs: number, challenge: string | undefined) {
    this.#first = first;
    this.sinceMs = sinceMs;
    this.challenge = challenge;
  }

  has(identity: WalletIdentity): boolean {
    return identity === this.#first || this.#others?.has(identity) === true;
  }

  add(identity: WalletIdentity): void {
    (this.#others ??= new WeakSet()).add(identity);
    this.size++;
  }
}

const toldOf = new WeakMap<object, Told>();

/**
 * Whether an answer has to carry `wallet-token-expires-at-ms` and the challenge, PROTOCOL.md section 5; if so, its connection counts as
 * told of that token. It is told again at the latest after a minute, since an answer may have been lost, and when the
 * challenge changed. An end that is the method's own is told each time.
 * @param connection what stands for the connection of the call. Without it, every answer carries the end.
 * @param identity who is calling.
 * @param answer what there is to tell. Default: the end of the identity's token.
 */
export function mustTellEnd(
  connection: object | undefined,
  identity: WalletIdentity | undefined,
  answer?: Pick<Admission, 'expiresAtMs' | 'challenge'>,
): boolean {
  if (connection === undefined || identity === undefined) return true;
  if (answer !== undefined && answer.expiresAtMs !== identity.expiresAtMs) return true;
  const challenge = answer?.challenge;
  const told = toldOf.get(connection);
  const nowMs = Date.now();
  const isOld = told === undefined || told.size >= MAX_TOLD || told.challenge !== challenge;
  if (isOld || !isRecent(told.sinceMs, nowMs)) {
    toldOf.set(connection, new Told(identity, nowMs, challenge));
    return true;
  }
  if (told.has(identity)) return false;
  told.add(identity);
  return true;
}

/** A clock that was put back tells again, too. */
function isRecent(sinceMs: number, nowMs: number): boolean {
  return nowMs >= sinceMs && nowMs - sinceMs < TOLD_FOR_MS;
}
