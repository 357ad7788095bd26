import type { DeviceRow, DeviceStore, Fact } from '../../../src/devices/store.js';
import type { News } from '../../support/simulated-store.js';
import { CAST, deviceById, deviceByKey, type CastDevice, type DeviceName } from './cast.js';

/** The time, which the ledger keeps with what it notes. */
export interface LedgerClock {
  readonly monotonicMs: number;
}

interface Life {
  row: DeviceRow;
  /** Since when its newest token is known, on the monotonic clock. */
  expirySinceMs: number;
}

interface Lease {
  readonly token: string;
  untilMs: number;
}

/**
 * What really happened in the store: rows that were made and ended, what was revoked, clean-ups. It looks on at what keeps the
 * data, and finds out by itself what the store does wrong.
 */
export class Ledger {
  /** What went wrong. */
  readonly faults: string[] = [];
  /** Rows as they are now. */
  readonly lives = new Map<DeviceName, Life>();
  /** Rows that ended and whose clean-up is not done: their incarnations. */
  readonly uncleaned = new Map<DeviceName, number>();
  /** Clean-ups that succeeded: device and incarnation. */
  readonly cleaned = new Set<string>();
  /** How many rows were made of each device. */
  readonly made = new Map<DeviceName, number>();
  /** When each device was certified, in milliseconds since the Unix epoch; `undefined` where that is not told. */
  readonly certifiedMs = new Map<DeviceName, number | undefined>();
  /** Wallets and devices that something was ever revoked of. */
  readonly touched = new Set<string>();
  cleansUp = false;
  /** How often data was lost. */
  losses = 0;
  /** Which devices each fact revokes. */
  readonly #coverage = new Map<string, ReadonlySet<DeviceName>>();
  readonly #lastIncarnation = new Map<DeviceName, number>();
  readonly #leases = new Map<DeviceName, Lease>();
  readonly #clock: LedgerClock;

  constructor(clock: LedgerClock) {
    this.#clock = clock;
  }

  fail(fault: string): void {
    this.faults.push(fault);
  }

  /** The same store, looked at. */
  watch(store: DeviceStore): DeviceStore {
    const own = this.losses;
    const look = async (after: string): Promise<void> => {
      const rows = await store.read(CAST.map(({ id }) => id));
      if (own === this.losses) for (const [i, device] of CAST.entries()) this.#look(device, rows[i], after);
    };
    const watched = new Proxy(store, {
      get: (target, name) => {
        const part: unknown = Reflect.get(target, name);
        if (typeof part !== 'function') return part;
        return (...facts: unknown[]): unknown => {
          const answer = Reflect.apply(part, target, facts) as Promise<unknown>;
          if (name !== 'open' && name !== 'read' && name !== 'backlog' && name !== 'list' && name !== 'close') void look(String(name));
          return own === this.losses ? this.#note(String(name), facts, answer) : answer;
        };
      },
    });
    return watched;
  }

  /** What the store had is lost; `rows` are still there. */
  lost(): void {
    this.losses++;
    this.lives.clear();
    this.uncleaned.clear();
    this.#lastIncarnation.clear();
    this.#leases.clear();
  }

  /** The log was written to. */
  said(news: News): void {
    if (news !== undefined && 'facts' in news) for (const fact of news.facts) this.coverageOf(fact);
  }

  /** The devices that a fact revokes: those that were there, or certified, until then. */
  coverageOf(fact: Fact): ReadonlySet<DeviceName> {
    const key = keyOf(fact);
    let covered = this.#coverage.get(key);
    if (covered === undefined) {
      covered = new Set(CAST.filter((device) => this.#covers(fact, device)).map(({ name }) => name));
      this.#coverage.set(key, covered);
      this.touched.add('wallet' in fact ? fact.wallet : ([...covered][0] ?? ''));
    }
    return covered;
  }

  isUntouched({ name, wallet }: CastDevice): boolean {
    return !this.touched.has(wallet) && !this.touched.has(name);
  }

  #covers(fact: Fact, device: CastDevice): boolean {
    if ('deviceId' in fact) return fact.deviceId === device.id;
    if ('key' in fact) return deviceByKey(fact.key) === device;
    if (fact.wallet !== device.wallet || fact.survivor === device.id) return false;
    const { name } = device;
    const bornMs = this.lives.get(name)?.row.firstSeenMs ?? this.uncleaned.get(name) ?? Infinity;
    return bornMs <= fact.atMs || this.certifiedUntil(name, fact.atMs);
  }

  /** Whether a device was certified until a time; so was one whose certificate does not tell. */
  certifiedUntil(name: DeviceName, timeMs: number): boolean {
    return this.certifiedMs.has(name) && (this.certifiedMs.get(name) ?? -Infinity) <= timeMs;
  }

  #look({ name }: CastDevice, row: DeviceRow | undefined, after: string): void {
    const life = this.lives.get(name);
    if (life !== undefined && life.row.firstSeenMs !== row?.firstSeenMs) {
      this.lives.delete(name);
      if (this.cleansUp) this.uncleaned.set(name, life.row.firstSeenMs);
    }
    if (row === undefined) return;
    const isNewer = row.expiresAtMs > (life?.row.expiresAtMs ?? -Infinity);
    const expirySinceMs = isNewer || life === undefined ? this.#clock.monotonicMs : life.expirySinceMs;
    if (this.lives.get(name) === undefined) this.#begin(name, row, after === 'restore');
    this.lives.set(name, { row, expirySinceMs });
  }

  #begin(name: DeviceName, { firstSeenMs }: DeviceRow, isRestored: boolean): void {
    const last = this.#lastIncarnation.get(name) ?? -Infinity;
    if (firstSeenMs <= last && !isRestored) this.fail(`incarnation ${firstSeenMs} of ${name} came after ${last}`);
    this.#lastIncarnation.set(name, Math.max(firstSeenMs, last));
    if (this.uncleaned.has(name)) this.fail(`${name} is back before what its last life left is cleaned up`);
  }

  async #note(name: string, facts: unknown[], answer: Promise<unknown>): Promise<unknown> {
    const own = this.losses;
    const result = await answer;
    if (own !== this.losses) return result;
    if (name === 'enter' && result instanceof Object && (result as { isNew: boolean }).isNew) {
      const device = deviceById((facts[0] as DeviceRow).deviceId).name;
      this.made.set(device, (this.made.get(device) ?? 0) + 1);
    }
    const nowMs = this.#clock.monotonicMs;
    if (name === 'claim') {
      for (const { deviceId, token } of result as { deviceId: string; token: string }[]) {
        const device = deviceById(deviceId).name;
        if ((this.#leases.get(device)?.untilMs ?? -Infinity) > nowMs)
          this.fail(`the clean-up of ${device} was given to two nodes at a time`);
        this.#leases.set(device, { token, untilMs: nowMs + (facts[1] as number) });
      }
    }
    if (name === 'defer' || name === 'finish') {
      const { deviceId, token, incarnation } = facts[0] as { deviceId: string; token: string; incarnation: number };
      const device = deviceById(deviceId).name;
      if (result !== true) return result;
      const lease = this.#leases.get(device);
      if (lease?.token !== token) this.fail(`the clean-up of ${device} was changed by a node that had lost it`);
      else if (name === 'defer') lease.untilMs = nowMs + (facts[1] as number);
      else {
        this.#leases.delete(device);
        this.uncleaned.delete(device);
        if (!this.cleaned.has(`${device} ${incarnation}`))
          this.fail(`the clean-up of ${device} was finished before it succeeded`);
      }
    }
    return result;
  }
}

function keyOf(fact: Fact): string {
  if ('deviceId' in fact) return fact.deviceId;
  if ('key' in fact) return String(fact.key);
  return `${fact.wallet} ${fact.atMs} ${fact.survivor ?? ''}`;
}
