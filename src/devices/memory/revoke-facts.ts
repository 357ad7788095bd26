import { revocationKey } from '../revocation/revocations.js';
import type { Fact, StoreListener } from '../store.js';
import type { EndedRow, EndedRows } from './ended-rows.js';
import type { Floors } from './floors.js';
import type { Row, Rows } from './rows.js';

/** What has no epoch, and what has no revocation: to ask for the other alone. */
const NO_WALLET = '';
const NO_DEVICE = '';

/** What facts are about. */
export interface Revoking {
  readonly rows: Rows;
  readonly ended: EndedRows;
  readonly floors: Floors;
  /** It keeps the facts, and is asked for them. */
  readonly listener: Pick<StoreListener, 'revoked' | 'isRevoked'>;
  readonly nowMs: number;
  readonly end: (row: Row) => void;
}

/**
 * Tells facts, and ends the rows that they revoke.
 * @param news which of them are, where that is known.
 * @returns whether any is news.
 * @throws RevocationsFull if there is no room.
 */
export function revokeFacts(
  facts: readonly Fact[],
  revoking: Revoking,
  news: ReadonlySet<Fact> = new Set(facts.filter((fact) => isNews(fact, revoking))),
): boolean {
  let ended = 0;
  try {
    revoking.listener.revoked(facts);
  } finally {
    ended = endRevoked(facts, news, revoking); // also if only some of them had room
  }
  return news.size > 0 || ended > 0;
}

/**
 * As far as can be asked: a key tells nothing of its device, and neither does a time of a known one's survivor. Those show by the
 * rows that end.
 */
function isNews(fact: Fact, { listener, nowMs }: Revoking): boolean {
  if ('key' in fact) return false;
  const isRevoked = (wallet: string, deviceId: string, timeMs: number) =>
    listener.isRevoked(wallet, { deviceId, firstSeenMs: timeMs, certifiedAtMs: timeMs });
  if ('deviceId' in fact) return !isRevoked(NO_WALLET, fact.deviceId, nowMs);
  // until a time that is known or earlier, no device is certified since
  return !isRevoked(fact.wallet, NO_DEVICE, Math.min(fact.atMs, nowMs));
}

/** @returns how many rows ended. */
function endRevoked(facts: readonly Fact[], news: ReadonlySet<Fact>, revoking: Revoking): number {
  const { rows, ended, floors, listener, end } = revoking;
  const isRevoked = (row: EndedRow) => listener.isRevoked(row.wallet, row);
  const revoked = [...new Set(rowsOf(facts, rows))].filter(isRevoked);
  const datedLater: Fact[] = [];
  for (const fact of facts) {
    if (!('wallet' in fact)) continue;
    const { wallet, atMs } = fact;
    floors.raise(wallet, atMs);
    const own = revoked.filter((row) => row.wallet === wallet);
    const endedBefore = news.has(fact) ? ended.of(wallet).filter(isRevoked) : [];
    for (const { deviceId, firstSeenMs, certifiedAtMs = -Infinity } of [...own, ...endedBefore])
      if (firstSeenMs <= atMs && certifiedAtMs > atMs) datedLater.push({ deviceId });
  }
  for (const row of revoked) end(row);
  if (datedLater.length > 0) listener.revoked(datedLater);
  return revoked.length;
}

/** The rows that facts may revoke. */
function rowsOf(facts: readonly Fact[], rows: Rows): readonly Row[] {
  const keys = new Set(facts.flatMap((fact) => ('key' in fact ? fact.key.join() : [])));
  const isNamed = ({ deviceId }: Row) => keys.has(revocationKey(deviceId).join());
  const byKey = keys.size === 0 ? [] : [...rows.values()].filter(isNamed);
  const byName = facts.flatMap((fact) => {
    if ('wallet' in fact) return rows.of(fact.wallet);
    return 'deviceId' in fact ? (rows.get(fact.deviceId) ?? []) : [];
  });
  return [...byName, ...byKey];
}
