import { memoryDevices } from '../../src/devices/memory-store.js';
import { Revoked } from '../../src/devices/revocation/revoked.js';
import type { DeviceStore, Fact, StoreListener, StoreSettings } from '../../src/devices/store.js';
import type { SettableClock } from '../../src/testing/settable-clock.js';

/** What a log tells nodes. */
type News = { readonly facts: readonly Fact[] } | { readonly purged: readonly string[] };

/** A store that nodes share, in this process, whose faults are made by hand. Its clock is its own. */
export class SimulatedStore {
  /** Whether nodes get answers. Those that are not answered never know whether anything happened. */
  isUp = true;
  /** Whether the log is delivered as it is written; else `deliver` does it. */
  delivers = true;
  /** How long an answer takes, in milliseconds of the clock; 0 for at once. */
  latencyMs: () => number = () => 0;
  /** Whether a question that is lost has been done all the same. */
  isAnswerLost = (): boolean => false;
  readonly #clock: SettableClock;
  readonly #storeNowMs: () => number;
  #backing!: DeviceStore;
  #truth!: Revoked;
  #log: News[] = [];
  /** Which life of the data this is: one begins with each loss. */
  #life = 0;
  #settings: StoreSettings | undefined;
  readonly #nodes = new Set<SimulatedNode>();

  constructor(clock: SettableClock, storeNowMs: () => number = () => clock.now().getTime()) {
    this.#clock = clock;
    this.#storeNowMs = storeNowMs;
    this.#begin();
  }

  /** A node's way to it. */
  connect(): SimulatedNode {
    const node = new SimulatedNode(this, this.#clock);
    this.#nodes.add(node);
    return node;
  }

  /** Everything is lost. Nodes find out with their next look. */
  async lose(): Promise<void> {
    this.#begin();
    await this.#open();
  }

  /** Drops the log: what was not delivered is missed. */
  trim(): void {
    this.#log = this.#log.map(() => ({ facts: [] }));
  }

  get facts(): readonly Fact[] {
    return [...this.#truth.facts()];
  }

  isRevoked(deviceId: string): boolean {
    return this.#truth.has(deviceId);
  }

  /** For nodes. The first one's settings are everybody's. */
  async join(settings: StoreSettings): Promise<void> {
    if (this.#settings !== undefined) return;
    this.#settings = settings;
    await this.#open();
  }

  get backing(): DeviceStore {
    return this.#backing;
  }

  get life(): number {
    return this.#life;
  }

  get log(): readonly News[] {
    return this.#log;
  }

  leave(node: SimulatedNode): void {
    this.#nodes.delete(node);
  }

  #begin(): void {
    this.#life++;
    this.#log = [];
    this.#truth = new Revoked(Infinity, this.#storeNowMs);
    this.#backing = memoryDevices();
  }

  async #open(): Promise<void> {
    if (this.#settings === undefined) return;
    const truth = this.#truth;
    const listener: Partial<StoreListener> = {
      revoked: (facts) => {
        const news = facts.filter((fact) => truth.add(fact));
        if (news.length > 0) this.#say({ facts: news });
      },
      purged: (purged) => this.#say({ purged }),
      isRevoked: (wallet, device) => truth.covers(wallet, device),
    };
    await this.#backing.open({ ...this.#settings, nowMs: this.#storeNowMs }, listener as StoreListener);
  }

  #say(news: News): void {
    this.#log.push(news);
    if (this.delivers) for (const node of this.#nodes) node.deliver();
  }
}

/** The store as one node sees it. */
export class SimulatedNode implements DeviceStore {
  readonly isShared = true;
  /** Whether this node reaches the store. */
  isConnected = true;
  readonly #world: SimulatedStore;
  readonly #clock: SettableClock;
  #listener: StoreListener | undefined;
  #life = 0;
  #heard = 0;
  #cancelPulse: (() => void) | undefined;

  constructor(world: SimulatedStore, clock: SettableClock) {
    this.#world = world;
    this.#clock = clock;
  }

  async open(settings: StoreSettings, listener: StoreListener): Promise<void> {
    await this.#world.join(settings);
    listener.revoked(this.#world.facts);
    this.#listener = listener;
    this.#life = this.#world.life;
    this.#heard = this.#world.log.length;
    await this.pulse();
  }

  /** What the log has, if this node reaches it. */
  deliver(): void {
    if (!this.#isReachable || this.#life !== this.#world.life) return;
    for (const news of this.#world.log.slice(this.#heard)) {
      this.#heard++;
      if ('facts' in news) this.#listener?.revoked(news.facts);
      else this.#listener?.purged(news.purged);
    }
  }

  /** The look of each second. */
  async pulse(): Promise<void> {
    this.#cancelPulse?.();
    this.#cancelPulse = this.#clock.timers.after(1_000, () => void this.pulse());
    if (!this.#isReachable || this.#listener === undefined) return;
    if (this.#life === this.#world.life) {
      const isTrimmed = this.#world.log.slice(this.#heard).some((news) => 'facts' in news && news.facts.length === 0);
      this.deliver();
      if (isTrimmed) {
        this.#listener.revoked(this.#world.facts);
        this.#listener.missed();
      }
    } else {
      this.#listener.lost();
      this.#listener.revoked(this.#world.facts);
      this.#life = this.#world.life;
      this.#heard = this.#world.log.length;
    }
    this.#listener.fresh({ agoMs: 0, backlog: await this.#world.backing.backlog() });
  }

  enter: DeviceStore['enter'] = (sighting) => this.#ask((store) => store.enter(sighting));
  renew: DeviceStore['renew'] = (renewals) => this.#ask((store) => store.renew(renewals));
  read: DeviceStore['read'] = (ids) => this.#ask((store) => store.read(ids));
  list: DeviceStore['list'] = (wallet) => this.#ask((store) => store.list(wallet));
  revoke: DeviceStore['revoke'] = (facts) => this.#ask((store) => store.revoke(facts));
  revokeWallet: DeviceStore['revokeWallet'] = (...args) => this.#ask((store) => store.revokeWallet(...args));
  restore: DeviceStore['restore'] = (rows) => this.#ask((store) => store.restore(rows));
  edit: DeviceStore['edit'] = (...args) => this.#ask((store) => store.edit(...args));
  remove: DeviceStore['remove'] = (id) => this.#ask((store) => store.remove(id));
  erase: DeviceStore['erase'] = (wallet) => this.#ask((store) => store.erase(wallet));
  purge: DeviceStore['purge'] = (most) => this.#ask((store) => store.purge(most));
  claim: DeviceStore['claim'] = (...args) => this.#ask((store) => store.claim(...args));
  defer: DeviceStore['defer'] = (...args) => this.#ask((store) => store.defer(...args));
  finish: DeviceStore['finish'] = (claim) => this.#ask((store) => store.finish(claim));
  backlog: DeviceStore['backlog'] = () => this.#ask((store) => store.backlog());

  async close(): Promise<void> {
    this.#cancelPulse?.();
    this.#listener = undefined;
    this.#world.leave(this);
  }

  get #isReachable(): boolean {
    return this.isConnected && this.#world.isUp;
  }

  async #ask<T>(question: (store: DeviceStore) => Promise<T>): Promise<T> {
    await this.#wait();
    if (!this.#isReachable) throw new Error('the store does not answer');
    const answer = await question(this.#world.backing);
    await this.#wait();
    if (!this.#isReachable || this.#world.isAnswerLost()) throw new Error('the answer was lost');
    return answer;
  }

  async #wait(): Promise<void> {
    const ms = this.#world.latencyMs();
    if (ms > 0) await new Promise<void>((resolve) => void this.#clock.timers.after(ms, resolve));
  }
}
