import type { DeviceRow, DeviceStore, Fact } from '../../../src/devices/store.js';
import type { News } from '../../support/simulated-store.js';
import { CAST, deviceById, deviceByKey, type CastDevice, type DeviceName } from './cast.js';

/** The time, which the ledger keeps with what it notes. */
export interface LedgerClock {
  readonly monotonicMs: number;
}

interface Presented {
  readonly expiresAtMs: number;
  /** When, on the monotonic clock. */
  readonly atMs: number;
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
  readonly rows = new Map<DeviceName, DeviceRow>();
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
  /** The newest token of each device that a node has accepted. */
  readonly presented = new Map<DeviceName, Presented>();
  /** Devices that the revocation of their wallet let go on, once. */
  readonly survivors = new Set<DeviceName>();
  cleansUp = false;
  /** How often data was lost. */
  losses = 0;
  /** Which devices each fact revokes. */
  readonly #coverage = new Map<string, ReadonlySet<DeviceName>>();
  readonly #lastIncarnation = new Map<DeviceName, number>();
  readonly #leases = new Map<DeviceName, Lease>();
  readonly #clock: LedgerClock;
  readonly #facts: () => readonly Fact[];

  /** @param facts what the store has now. */
  constructor(clock: LedgerClock, facts: () => readonly Fact[]) {
    this.#clock = clock;
    this.#facts = facts;
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
          if (name !== 'open' && name !== 'read' && name !== 'backlog' && name !== 'list' && name !== 'close')
            void look(String(name));
          return own === this.losses ? this.#note(String(name), facts, answer) : answer;
        };
      },
    });
    return watched;
  }

  /** What the store had is lost; `rows` are still there. */
  lost(): void {
    this.losses++;
    this.rows.clear();
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

  present(name: DeviceName, expiresAtMs: number): void {
    const atMs = this.#clock.monotonicMs;
    if (expiresAtMs > (this.presented.get(name)?.expiresAtMs ?? -Infinity))
      this.presented.set(name, { expiresAtMs, atMs });
  }

  isUntouched({ name, wallet }: CastDevice): boolean {
    return !this.touched.has(wallet) && !this.touched.has(name);
  }

  #covers(fact: Fact, device: CastDevice): boolean {
    if ('deviceId' in fact) return fact.deviceId === device.id;
    if ('key' in fact) return deviceByKey(fact.key) === device;
    if (fact.wallet !== device.wallet || fact.survivor === device.id) return false;
    const { name } = device;
    const bornMs = this.rows.get(name)?.firstSeenMs ?? this.uncleaned.get(name) ?? Infinity;
    return bornMs <= fact.atMs || this.certifiedUntil(name, fact.atMs);
  }

  /** Whether a device was certified until a time; so was one whose certificate does not tell. */
  certifiedUntil(name: DeviceName, timeMs: number): boolean {
    return this.certifiedMs.has(name) && (this.certifiedMs.get(name) ?? -Infinity) <= timeMs;
  }

  #look({ name }: CastDevice, row: DeviceRow | undefined, after: string): void {
    const life = this.rows.get(name);
    if (life !== undefined && life.firstSeenMs !== row?.firstSeenMs) {
      this.rows.delete(name);
      this.presented.delete(name);
      if (this.cleansUp) this.uncleaned.set(name, life.firstSeenMs);
    }
    if (row === undefined) return;
    if (this.rows.get(name) === undefined) this.#begin(name, row, after === 'restore');
    this.rows.set(name, row);
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
    if (name === 'enter' && result instanceof Object) {
      const device = deviceById((facts[0] as DeviceRow).deviceId).name;
      if ((result as { isNew: boolean }).isNew) this.made.set(device, (this.made.get(device) ?? 0) + 1);
      const revoking = this.#facts().filter((fact) => !('wallet' in fact && this.survivors.has(device)));
      if (revoking.some((fact) => this.coverageOf(fact).has(device)))
        this.fail(`the store let ${device} in, which it knows to be revoked`);
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
