import type { EndedRows } from '../devices/memory/ended-rows.js';
import type { Floors } from '../devices/memory/floors.js';
import type {
  Backlog,
  Claim,
  CleanUp,
  Entered,
  Fact,
  LostRow,
  Renewal,
  Sighting,
  StoreListener,
  StoreSettings,
} from '../devices/store.js';
import { Changes } from './changes.js';
import type { Database } from './database.js';
import { PREFIX } from './keys.js';
import { LevelRows } from './level-rows.js';
import type { Loaded } from './load.js';
import { newsOf } from './news.js';
import { endedValue, publicRow, type StoredRow } from './row-values.js';
import { tell } from './tell.js';

/** What the store decides. Its methods are called one after the other. */
export class Decisions {
  readonly rows: LevelRows;
  readonly #database: Database;
  readonly #settings: StoreSettings;
  readonly #listener: StoreListener;
  readonly #cleansUp: boolean;
  readonly #ended: EndedRows;
  /** A clock that is set back must not undo the order of rows and of times that were chosen for wallets. */
  readonly #floors: Floors;

  constructor(
    database: Database,
    settings: StoreSettings,
    listener: StoreListener,
    { rows, cleansUp, ended, floors }: Loaded,
    report: (error: Error) => void,
  ) {
    this.rows = new LevelRows(database, settings, rows, report);
    this.#database = database;
    this.#settings = settings;
    this.#listener = listener;
    this.#cleansUp = cleansUp;
    this.#ended = ended;
    this.#floors = floors;
  }

  async enter(sighting: Sighting): Promise<Entered> {
    const { deviceId, wallet, certifiedAtMs } = sighting;
    const changes = new Changes();
    const known = await this.rows.get(deviceId);
    if (known !== undefined) {
      if (this.#listener.isRevoked(wallet, known)) return 'revoked';
      this.rows.put(changes, this.rows.renewed(changes, known, sighting));
      await this.rows.commit(changes);
      return { row: publicRow(known), isNew: false };
    }
    const nowMs = this.#settings.nowMs();
    const firstSeenMs = Math.max(nowMs, this.#floors.of(wallet) + 1);
    if (this.#listener.isRevoked(wallet, { deviceId, firstSeenMs, certifiedAtMs })) return 'revoked';
    if (this.#ended.has(deviceId)) return 'cleaning';
    if (await this.rows.isFull(wallet, this.#settings.devicesPerWallet)) return 'limit';
    if (!(await this.#hasRoom(nowMs))) return 'full';
    const { issuedAtMs: firstIssuedMs, ...facts } = sighting;
    const row = { ...facts, firstIssuedMs, firstSeenMs, seenMs: nowMs, isConfirmed: false, label: '' };
    await this.rows.add(changes, row);
    await this.rows.commit(changes);
    return { row, isNew: true };
  }

  async renew(renewals: readonly Renewal[]): Promise<void> {
    const changes = new Changes();
    const ids = [...new Set(renewals.map(({ deviceId }) => deviceId))];
    const rows = new Map((await this.rows.many(ids)).map((row, i) => [ids[i], row]));
    for (const renewal of renewals) {
      const row = rows.get(renewal.deviceId);
      if (row !== undefined) rows.set(row.deviceId, this.rows.renewed(changes, row, renewal));
    }
    for (const row of rows.values()) if (row !== undefined) this.rows.put(changes, row);
    await this.rows.commit(changes);
  }

  /** Tells facts, writes them and ends what they revoke. @returns whether any is news. @throws RevocationsFull */
  async revoke(facts: readonly Fact[]): Promise<boolean> {
    const told = tell(this.#listener, facts);
    const news = await newsOf(this.#database, told.facts);
    const revoked = (await this.#rowsOf(told.facts)).filter((row) => this.#listener.isRevoked(row.wallet, row));
    const later = tell(this.#listener, this.#certifiedLater(told.facts, news.facts, revoked));
    const changes = new Changes();
    changes.isSync = true;
    news.put(changes);
    (await newsOf(this.#database, later.facts)).put(changes);
    for (const fact of news.facts) if ('wallet' in fact) this.#raiseFloor(changes, fact.wallet, fact.atMs);
    await this.#end(changes, revoked, 'revoked');
    if (told.error !== undefined || later.error !== undefined) throw told.error ?? later.error;
    return news.facts.size > 0 || revoked.length > 0;
  }

  async revokeWallet(wallet: string, survivor: string | undefined): Promise<void> {
    const rows = await this.rows.of(wallet);
    const latestMs = Math.max(...rows.map(({ firstSeenMs }) => firstSeenMs));
    const atMs = Math.max(this.#settings.nowMs(), this.#floors.of(wallet) + 1, latestMs);
    // a device that was revoked meanwhile must not come back as the one that goes on
    const goesOn = rows.some((row) => row.deviceId === survivor && !this.#listener.isRevoked(wallet, row));
    await this.revoke([{ wallet, atMs, survivor: goesOn ? survivor : undefined }]);
  }

  async restore(rows: readonly LostRow[]): Promise<void> {
    for (const { ended, ...row } of rows) {
      const { deviceId, wallet } = row;
      const known = await this.rows.get(deviceId);
      const isOther = known !== undefined && (ended === undefined || known.firstSeenMs !== row.firstSeenMs);
      if (isOther || this.#ended.has(deviceId) || this.rows.size >= this.#settings.devices) continue;
      if (known === undefined) {
        const changes = new Changes();
        await this.rows.add(changes, row);
        await this.rows.commit(changes);
      }
      const made = await this.rows.get(deviceId);
      const cause = ended ?? (this.#listener.isRevoked(wallet, row) ? 'revoked' : undefined);
      if (made !== undefined && cause !== undefined) await this.#end(new Changes(), [made], cause);
      if (cause === 'purged') this.#listener.purged([deviceId]);
    }
  }

  async edit(deviceId: string, { label, isConfirmed }: { label?: string; isConfirmed?: true }): Promise<boolean> {
    const row = await this.rows.get(deviceId);
    if (row === undefined) return false;
    const changes = new Changes();
    const named = { ...row, label: label ?? row.label };
    this.rows.put(changes, isConfirmed ? this.rows.confirmed(changes, named) : named);
    await this.rows.commit(changes);
    return true;
  }

  async remove(deviceId: string): Promise<boolean> {
    const row = await this.rows.get(deviceId);
    if (row !== undefined) await this.#end(new Changes(), [row], 'purged');
    return row !== undefined;
  }

  /** @param changes others to be made with it. */
  async erase(changes: Changes, wallet: string): Promise<readonly string[]> {
    const rows = await this.rows.of(wallet);
    changes.isSync = true;
    await this.rows.deleteUnreadable(changes, wallet);
    await this.#end(changes, rows, 'purged');
    return rows.map(({ deviceId }) => deviceId);
  }

  async purge(most: number): Promise<readonly string[]> {
    const nowMs = this.#settings.nowMs();
    const endedMs = nowMs - this.#settings.unconfirmedMs;
    const purged: string[] = [];
    for (const next of [
      (left: number) => this.rows.endedBefore(endedMs, left),
      (left: number) => this.rows.idleSince(nowMs, left),
    ]) {
      while (purged.length < most) {
        const rows = await next(most - purged.length);
        if (rows.length === 0) break;
        await this.#end(new Changes(), rows, 'purged');
        purged.push(...rows.map(({ deviceId }) => deviceId));
      }
    }
    return purged;
  }

  async claim(most: number, leaseMs: number): Promise<readonly Claim[]> {
    const claims = this.#ended.claim(most, this.#settings.nowMs(), leaseMs);
    const changes = new Changes();
    for (const { deviceId } of claims) this.#putEnded(changes, deviceId);
    await this.rows.commit(changes);
    return claims;
  }

  defer(claim: Claim, delayMs: number): boolean {
    return this.#ended.defer(claim, this.#settings.nowMs() + delayMs);
  }

  async finish(claim: Claim): Promise<boolean> {
    if (!this.#ended.finish(claim)) return false;
    const changes = new Changes();
    changes.delete(PREFIX.cleanUp + claim.deviceId);
    await this.rows.commit(changes);
    return true;
  }

  backlog(): Backlog {
    return this.#ended.backlog(this.#settings.nowMs());
  }

  /** Ends rows, with changes that go with it: what they were, and that they have gone, matters no more once they are cleaned up. */
  async #end(changes: Changes, rows: readonly StoredRow[], cause: CleanUp['cause']): Promise<void> {
    const nowMs = this.#settings.nowMs();
    for (const row of rows) {
      this.#raiseFloor(changes, row.wallet, row.firstSeenMs);
      this.rows.delete(changes, row);
      if (this.#cleansUp)
        changes.put(PREFIX.cleanUp + row.deviceId, endedValue({ row, cause, sinceMs: nowMs, attempt: 0 }));
    }
    await this.rows.commit(changes);
    if (this.#cleansUp) for (const row of rows) this.#ended.add(row, cause, nowMs);
  }

  #putEnded(changes: Changes, deviceId: string): void {
    const state = this.#ended.get(deviceId);
    if (state !== undefined) changes.put(PREFIX.cleanUp + deviceId, endedValue(state));
  }

  #raiseFloor(changes: Changes, wallet: string, timeMs: number): void {
    this.#floors.raise(wallet, timeMs);
    changes.put(`${PREFIX.floor}${this.#floors.placeOf(wallet)}`, this.#floors.of(wallet));
  }

  /** The rows that facts may revoke, each once. */
  async #rowsOf(facts: readonly Fact[]): Promise<readonly StoredRow[]> {
    const keys = facts.flatMap((fact) => ('key' in fact ? fact.key : []));
    const ids = facts.flatMap((fact) => ('deviceId' in fact ? fact.deviceId : []));
    const wallets = new Set(facts.flatMap((fact) => ('wallet' in fact ? fact.wallet : [])));
    const all = new Set([...ids, ...(await this.rows.idsOf(keys))]);
    const rows = new Map<string, StoredRow>();
    for (const row of await this.rows.many([...all])) if (row !== undefined) rows.set(row.deviceId, row);
    for (const wallet of wallets) for (const row of await this.rows.of(wallet)) rows.set(row.deviceId, row);
    return [...rows.values()];
  }

  /** Devices that were here before a wallet's time and whose certificate is dated later: they are revoked by id as well. */
  #certifiedLater(facts: readonly Fact[], news: ReadonlySet<Fact>, revoked: readonly StoredRow[]): readonly Fact[] {
    return facts.flatMap((fact) => {
      if (!('wallet' in fact)) return [];
      const { wallet, atMs } = fact;
      const own = revoked.filter((row) => row.wallet === wallet);
      const ended = news.has(fact) ? this.#ended.of(wallet).filter((row) => this.#listener.isRevoked(wallet, row)) : [];
      return [...own, ...ended]
        .filter(({ firstSeenMs, certifiedAtMs = -Infinity }) => firstSeenMs <= atMs && certifiedAtMs > atMs)
        .map(({ deviceId }) => ({ deviceId }));
    });
  }

  /** Whether there is room for one more; makes some where the token of an unconfirmed device has ended. */
  async #hasRoom(nowMs: number): Promise<boolean> {
    const { devices } = this.#settings;
    if (this.#ended.size >= devices) return false; // nothing is cleaned up
    if (this.rows.size < devices) return true;
    const [row] = await this.rows.endedBefore(nowMs, 1);
    if (row === undefined) return false;
    await this.#end(new Changes(), [row], 'purged');
    this.#listener.purged([row.deviceId]);
    return true;
  }
}
