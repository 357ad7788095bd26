import { parseAddress } from '../../crypto/address.js';
import type { DeviceRow, DeviceStore, Entered, Sighting, StoreSettings } from '../../devices/store.js';
import { check, same } from './check.js';
import { NodeCopy } from './node-copy.js';

/** How often it is looked whether something has come about, in milliseconds. */
const LOOK_EVERY_MS = 5;
const HOUR_MS = 3_600_000;
/** How far the nodes' clock may be from the store's, in milliseconds: that of the nodes is not much used. */
const CLOSE_MS = 60_000;

/** An empty place where stores keep their data, made for one case. */
export interface StoreBacking {
  /** Makes a store on this data that is not opened yet: that of another node each time. */
  readonly store: () => DeviceStore;
  /** The clock of the nodes, milliseconds since the Unix epoch; it goes on with `advance`. Default: the system's. */
  readonly nowMs?: (() => number) | undefined;
  /** Moves the clock of the store, back if negative. Without it, cases wait for parts of a second. */
  readonly advance?: ((ms: number) => unknown) | undefined;
  /** Has all data lost, under stores that are open. */
  readonly lose?: (() => unknown) | undefined;
  /** Called last, after the stores were closed. */
  readonly close: () => unknown;
}

/** A store that was opened, and what its node has heard. */
export interface TestNode {
  readonly store: DeviceStore;
  readonly copy: NodeCopy;
}

/** What a case works with. */
export class Bench {
  readonly #backing: StoreBacking;
  readonly #isShared: boolean;
  readonly #patienceMs: number;
  readonly #nodes: TestNode[] = [];
  /** How far the store's clock is ahead of the nodes'. */
  #aheadMs = 0;
  #wallets = 0;
  #devices = 0;

  constructor(backing: StoreBacking, { isShared, patienceMs }: { isShared: boolean; patienceMs: number }) {
    this.#backing = backing;
    this.#isShared = isShared;
    this.#patienceMs = patienceMs;
  }

  /** Finds out what the time is in the store. */
  async start(): Promise<void> {
    const { store } = await this.node();
    const probe = this.sighting(this.device(this.wallet()));
    const { seenMs } = rowOf(await store.enter(probe));
    this.#aheadMs = seenMs - this.#nodeMs();
    await store.remove(probe.deviceId);
    await this.#close();
  }

  /** The store's time, more or less. */
  nowMs(): number {
    return this.#nodeMs() + this.#aheadMs;
  }

  /** Another node on the same data. */
  async node(settings: Partial<StoreSettings> = {}): Promise<TestNode> {
    const store = this.#backing.store();
    same(store.isShared ?? false, this.#isShared, 'isShared of the store');
    const nowMs = settings.nowMs ?? (() => this.#nodeMs());
    const copy = new NodeCopy(() => this.nowMs());
    const node = { store, copy };
    this.#nodes.push(node);
    const usual: StoreSettings = {
      nowMs,
      idleMs: HOUR_MS,
      unconfirmedMs: HOUR_MS,
      confirmAfterMs: HOUR_MS,
      devicesPerWallet: Infinity,
      devices: 1_000_000,
      cleansUp: false,
      openTimeoutMs: this.#patienceMs,
    };
    await store.open({ ...usual, ...settings }, copy);
    return node;
  }

  /** The address of a wallet that no device is of yet. */
  wallet(): string {
    return parseAddress(`0x${String(++this.#wallets).padStart(40, '0abcdef')}`) ?? '';
  }

  /** The id of a new device. */
  device(wallet = this.wallet()): string {
    return `${wallet}/${(++this.#devices).toString(16).padStart(32, '0')}`;
  }

  devices(count: number, wallet = this.wallet()): readonly string[] {
    return Array.from({ length: count }, () => this.device(wallet));
  }

  /** A token of a device that was made now, an hour before its end; its certificate is a minute old. */
  sighting(deviceId: string, facts: Partial<Sighting> = {}): Sighting {
    const nowMs = Math.floor(this.nowMs());
    return {
      deviceId,
      wallet: walletOf(deviceId),
      certifiedAtMs: nowMs - CLOSE_MS,
      issuedAtMs: nowMs,
      expiresAtMs: nowMs + HOUR_MS,
      address: undefined,
      ...facts,
    };
  }

  /** Enters a device that has to get a row. */
  async enter(node: TestNode, deviceId: string, facts: Partial<Sighting> = {}): Promise<DeviceRow> {
    return rowOf(await node.store.enter(this.sighting(deviceId, facts)));
  }

  /** The same with what became of it in a word. */
  async outcome(node: TestNode, deviceId: string, facts: Partial<Sighting> = {}): Promise<string> {
    const entered = await node.store.enter(this.sighting(deviceId, facts));
    return entered instanceof Object ? (entered.isNew ? 'new' : 'known') : entered;
  }

  /** Lets time pass in the store. */
  async pass(ms: number): Promise<void> {
    const { advance, nowMs } = this.#backing;
    if (advance === undefined) return sleep(ms);
    await advance(ms);
    if (nowMs === undefined) this.#aheadMs += ms;
  }

  /** Has the store lose everything. */
  async lose(): Promise<void> {
    const { lose } = this.#backing;
    check(lose !== undefined, 'with canLose, what makeStores returns has to have lose()');
    await lose();
  }

  /** Waits until it is so. */
  async eventually(isSo: () => boolean | Promise<boolean>, message: string): Promise<void> {
    const untilMs = Date.now() + this.#patienceMs;
    while (!(await isSo())) {
      check(Date.now() < untilMs, `${message}, within ${this.#patienceMs} ms`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  async end(): Promise<void> {
    try {
      await this.#close();
    } finally {
      await this.#backing.close();
    }
  }

  async #close(): Promise<void> {
    for (const { store } of this.#nodes.splice(0)) await store.close();
  }

  #nodeMs(): number {
    return this.#backing.nowMs?.() ?? Date.now();
  }
}

/** The wallet that a device's id begins with. */
export function walletOf(deviceId: string): string {
  return deviceId.slice(0, deviceId.indexOf('/'));
}

/** The row of a device that was let in. */
export function rowOf(entered: Entered): DeviceRow {
  check(entered instanceof Object, `enter has to give a row: is ${JSON.stringify(entered)}`);
  return entered.row;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
