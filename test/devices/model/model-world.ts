import { memoryDevices } from '../../../src/devices/memory/memory-store.js';
import type { CleanUp, DeviceStore } from '../../../src/devices/store.js';
import { SimulatedStore, type Backup, type SimulatedNode } from '../../support/simulated-store.js';
import { withResolvers } from '../../support/with-resolvers.js';
import { CAST, deviceById, deviceNamed, type DeviceName } from './cast.js';
import { Ledger } from './ledger.js';
import { ModelClock, settled } from './model-clock.js';
import { ModelNode, type ModelToken } from './model-node.js';
import type { Plant } from './plants.js';
import type { Setting } from './setting.js';

const HOUR_MS = 3_600_000;
/** How long a clean-up takes that is slow: longer than its lease, in milliseconds. */
const SLOW_MS = 90_000;
/** For so long before, there must have been no fault where a node has to keep its lease, in milliseconds. */
const LEASE_MS = 60_000;
/** A process that closes has gone by then, in milliseconds. */
const CLOSED_MS = 6_000;

export type CleanUpMood = 'succeed' | 'fail' | 'hang' | 'take 90 s';

interface RunningCleanUp {
  readonly node: ModelNode;
  readonly device: DeviceName;
  /** How often the store had lost its data: with that, it forgets claims. */
  readonly losses: number;
  readonly end: (isGood: boolean) => void;
}

/** Nodes, a store and devices, with all that can happen to them. */
export class ModelWorld {
  readonly clock = new ModelClock();
  readonly ledger = new Ledger(this.clock, () => this.store.facts);
  readonly store: SimulatedStore;
  readonly nodes: ModelNode[] = [];
  #quietSinceMs = -1;
  mood: CleanUpMood = 'succeed';
  readonly setting: Setting;
  readonly plant: Plant;
  #isSlow = false;
  #lostAnswers = new Map<number, number>();
  #backup: Backup | undefined;
  readonly #random: () => number;
  readonly #running = new Set<RunningCleanUp>();
  readonly #tokens = new Map<DeviceName, ModelToken[]>();

  private constructor(setting: Setting, plant: Plant, random: () => number) {
    this.setting = setting;
    this.plant = plant;
    this.#random = random;
    const { clock, ledger } = this;
    const storeNowMs = () => clock.nowMs + setting.storeAheadMs;
    const make = (): DeviceStore => {
      const memory = memoryDevices();
      return ledger.watch(plant.data?.(memory) ?? memory);
    };
    const timers = clock.timersOf({ isAlive: true });
    this.store = new SimulatedStore({ now: clock.now, timers }, storeNowMs, make);
    this.store.onSaid = (news) => ledger.said(news);
    this.store.isAnswerLost = (link) => this.#isAnswerLost(link);
  }

  static async start(setting: Setting, plant: Plant, random: () => number): Promise<ModelWorld> {
    const world = new ModelWorld(setting, plant, random);
    for (const device of CAST)
      if (device.certified !== 'late')
        world.ledger.certifiedMs.set(
          device.name,
          device.certified === 'early' ? world.clock.nowMs - 24 * HOUR_MS : undefined,
        );
    for (const number of setting.aheadMs.keys()) world.nodes.push(await world.#startNode(number + 1));
    await settled();
    return world;
  }

  /** The node of a number; there may be fewer. */
  node(number: number): ModelNode {
    return this.nodes[(number - 1) % this.nodes.length]!;
  }

  cleansUp(number: number): boolean {
    const { cleanUp } = this.setting;
    return cleanUp === 'all' || (cleanUp === 'the first' && number === 1);
  }

  token(name: DeviceName, which: 'new' | 'last' | 'first', lifeMs: number): ModelToken {
    const tokens = this.#tokens.get(name) ?? [];
    const known = which === 'last' ? tokens.at(-1) : which === 'first' ? tokens[0] : undefined;
    if (known !== undefined) return known;
    const { certifiedMs } = this.ledger;
    const { nowMs } = this.clock;
    if (!certifiedMs.has(name)) certifiedMs.set(name, nowMs);
    const token: ModelToken = {
      device: deviceNamed(name),
      issuedAtMs: nowMs,
      expiresAtMs: nowMs + lifeMs,
      certifiedAtMs: certifiedMs.get(name),
    };
    this.#tokens.set(name, [...tokens, token]);
    return token;
  }

  async pass(ms: number): Promise<void> {
    await this.clock.pass(ms);
    this.noteFaults();
  }

  /** Since when there is no fault, on the monotonic clock. */
  get quietSinceMs(): number {
    this.noteFaults();
    return this.#quietSinceMs;
  }

  /** To be called before and after something that may be a fault. */
  noteFaults(): void {
    const { store } = this;
    const isQuiet =
      store.isUp &&
      !this.#isSlow &&
      this.nodes.every(({ link }) => link.isConnected) &&
      ![...this.#lostAnswers.values()].some((left) => left > 0);
    if (!isQuiet) this.#quietSinceMs = this.clock.monotonicMs;
  }

  loseAnswers(number: number, count: number): void {
    this.#lostAnswers.set(this.node(number).number, count);
  }

  /** Answers and questions take up to so many milliseconds, each its own time. */
  slow(upToMs: number): void {
    this.#isSlow = upToMs > 0;
    this.store.timeoutMs = upToMs > 0 ? 200 : Infinity;
    this.store.latencyMs = () => Math.floor(this.#random() * upToMs);
  }

  async backUp(): Promise<void> {
    this.#backup = await this.store.backup();
  }

  async lose(toBackup: boolean): Promise<void> {
    this.#quietSinceMs = this.clock.monotonicMs;
    this.ledger.lost();
    await this.store.lose(toBackup ? this.#backup : undefined);
    await this.pass(10);
  }

  async restart(number: number, isCrash: boolean): Promise<void> {
    const old = this.node(number);
    this.#quietSinceMs = this.clock.monotonicMs;
    if (!isCrash) {
      void old.devices.close();
      await this.pass(CLOSED_MS);
    }
    await old.crash();
    for (const each of this.#running) if (each.node === old) this.#running.delete(each);
    this.nodes[this.nodes.indexOf(old)] = await this.#startNode(old.number);
    this.#quietSinceMs = this.clock.monotonicMs;
    this.ledger.cleansUp ||= this.cleansUp(old.number);
  }

  /** What an operator does to clean up. */
  async cleanUp(node: ModelNode, { deviceId, incarnation }: CleanUp): Promise<void> {
    const { mood, clock, ledger } = this;
    const device = deviceById(deviceId).name;
    const { promise, resolve } = withResolvers<boolean>();
    const own: RunningCleanUp = { node, device, losses: ledger.losses, end: resolve };
    const isQuiet = clock.monotonicMs - this.quietSinceMs > LEASE_MS;
    for (const other of this.#running)
      if (other.device === device && other.node !== node && other.losses === ledger.losses && isQuiet)
        ledger.fail(`node ${node.number} began the clean-up of ${device} while node ${other.node.number} was at it`);
    this.#running.add(own);
    if (mood === 'succeed' || mood === 'fail') resolve(mood === 'succeed');
    else if (mood === 'take 90 s') clock.timersOf(node).after(SLOW_MS, () => resolve(true));
    const isGood = await promise;
    this.#running.delete(own);
    if (!isGood) throw new Error('it failed');
    ledger.cleaned.add(`${device} ${incarnation}`);
  }

  endHanging(isGood: boolean): void {
    for (const { end } of this.#running) end(isGood);
  }

  /** Mends all faults of the store and of the ways to it. */
  mend(): void {
    const { store } = this;
    this.slow(0);
    this.#lostAnswers.clear();
    store.isUp = true;
    store.delivers = true;
    for (const { link } of this.nodes) link.isConnected = true;
    this.#quietSinceMs = this.clock.monotonicMs;
  }

  /** Mends everything. */
  heal(): void {
    this.mend();
    this.mood = 'succeed';
    this.endHanging(true);
  }

  check(): void {
    for (const node of this.nodes) node.check();
    const [fault] = this.ledger.faults;
    if (fault !== undefined) throw new Error(fault);
  }

  async #startNode(number: number): Promise<ModelNode> {
    const { isUp, latencyMs } = this.store;
    Object.assign(this.store, { isUp: true, latencyMs: () => 0 }); // else it would wait for it
    const node = new ModelNode(this, number);
    await node.open();
    Object.assign(this.store, { isUp, latencyMs });
    this.ledger.cleansUp ||= this.cleansUp(number);
    return node;
  }

  #isAnswerLost(link: SimulatedNode): boolean {
    const number = this.nodes.find((node) => node.link === link)?.number ?? 0;
    const left = this.#lostAnswers.get(number) ?? 0;
    this.#lostAnswers.set(number, Math.max(left - 1, 0));
    return left > 0;
  }
}
