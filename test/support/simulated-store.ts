import { memoryDevices } from '../../src/devices/memory/memory-store.js';
import { Revoked } from '../../src/devices/revocation/revoked.js';
import type { DeviceRow, DeviceStore, Fact, StoreListener, StoreSettings } from '../../src/devices/store.js';
import type { SettableClock } from '../../src/testing/settable-clock.js';

/** What a log tells nodes; nothing where it was trimmed. */
export type News = { readonly facts: readonly Fact[] } | { readonly purged: readonly string[] } | undefined;

/** What a store had at a time. */
export interface Backup {
  readonly facts: readonly Fact[];
  readonly rows: readonly DeviceRow[];
}

type Clock = Pick<SettableClock, 'now' | 'timers'>;

/** A store that nodes share, in this process, whose faults are made by hand. Its clock is its own. */
export class SimulatedStore {
  /** Whether nodes get answers. Those that are not answered never know whether anything happened. */
  isUp = true;
  /** Whether the log is delivered as it is written; else each node reads it once a second, or `deliver` does it. */
  delivers = true;
  /** How long a question takes to the store, and its answer back, in milliseconds of the clock; 0 for at once. */
  latencyMs: (node: SimulatedNode) => number = () => 0;
  /** How long a node waits for an answer, in milliseconds. What it does not wait for is done all the same. */
  timeoutMs = Infinity;
  /** Whether a question that is lost has been done all the same. */
  isAnswerLost: (node: SimulatedNode) => boolean = () => false;
  /** Called with all that goes into the log. */
  onSaid: (news: News) => void = () => undefined;
  readonly #clock: Clock;
  readonly #storeNowMs: () => number;
  readonly #make: () => DeviceStore;
  #backing!: DeviceStore;
  #truth!: Revoked;
  /** What is revoked by id or key, as it was told. */
  #devices: Fact[] = [];
  #log: News[] = [];
  /** Which life of the data this is: one begins with each loss. */
  #life = 0;
  #settings: StoreSettings | undefined;
  #cleansUp = false;
  readonly #nodes = new Set<SimulatedNode>();
  readonly #wallets = new Set<string>();
  #turn: Promise<unknown> = Promise.resolve();

  /** @param make makes what keeps the data: `memoryDevices`, or that with something around it. */
  constructor(
    clock: Clock,
    storeNowMs: () => number = () => clock.now().getTime(),
    make: () => DeviceStore = memoryDevices,
  ) {
    this.#clock = clock;
    this.#storeNowMs = storeNowMs;
    this.#make = make;
    this.#begin();
  }

  /** A node's way to it. */
  connect(): SimulatedNode {
    const node = new SimulatedNode(this, this.#clock);
    this.#nodes.add(node);
    return node;
  }

  /** Everything is lost, or all that came after a backup. Nodes find out with their next look. */
  async lose(backup: Backup = { facts: [], rows: [] }): Promise<void> {
    this.#begin();
    for (const fact of backup.facts) this.#keep(fact);
    await this.#open();
    await this.#backing.restore(backup.rows);
  }

  /** What it has now, but clean-ups. */
  async backup(): Promise<Backup> {
    const { facts } = this;
    const rows = await Promise.all([...this.#wallets].map((wallet) => this.#backing.list(wallet)));
    return { facts, rows: rows.flat() };
  }

  /** Drops the log: what was not delivered is missed. */
  trim(): void {
    this.#log = this.#log.map(() => undefined);
  }

  get facts(): readonly Fact[] {
    return [...this.#devices, ...[...this.#truth.facts()].filter((fact) => 'wallet' in fact)];
  }

  isRevoked(deviceId: string): boolean {
    return this.#truth.has(deviceId);
  }

  /** For nodes. The first one's settings are everybody's, but that one that cleans up counts for all. */
  async join(settings: StoreSettings): Promise<void> {
    this.#cleansUp ||= settings.cleansUp;
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

  /** Answers one question after the other, each as a whole. */
  inTurn<T>(question: (store: DeviceStore) => Promise<T>): Promise<T> {
    const answer = this.#turn.then(() => question(this.#backing));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  /** Tells nodes. */
  say(news: News): void {
    this.onSaid(news);
    this.#log.push(news);
    if (this.delivers) for (const node of this.#nodes) node.deliver();
  }

  leave(node: SimulatedNode): void {
    this.#nodes.delete(node);
  }

  #begin(): void {
    this.#life++;
    this.#log = [];
    this.#devices = [];
    this.#truth = new Revoked(Infinity, this.#storeNowMs);
    this.#backing = this.#make();
  }

  /** @returns whether that is news. */
  #keep(fact: Fact): boolean {
    const isNews = this.#truth.add(fact);
    if (isNews && !('wallet' in fact)) this.#devices.push(fact);
    return isNews;
  }

  async #open(): Promise<void> {
    if (this.#settings === undefined) return;
    const [backing, truth] = [this.#backing, this.#truth];
    const isCurrent = () => this.#backing === backing;
    const listener: Partial<StoreListener> = {
      revoked: (facts) => {
        const news = facts.filter((fact) => isCurrent() && this.#keep(fact));
        if (news.length > 0) this.say({ facts: news });
      },
      purged: (purged) => isCurrent() && this.say({ purged }),
      isRevoked: (wallet, device) => (this.#wallets.add(wallet), truth.covers(wallet, device)),
    };
    const cleansUp = () => this.#cleansUp;
    const settings = Object.defineProperty({ ...this.#settings, nowMs: this.#storeNowMs }, 'cleansUp', {
      get: cleansUp,
    });
    await backing.open(settings, listener as StoreListener);
  }
}

/** The store as one node sees it. */
export class SimulatedNode implements DeviceStore {
  readonly isShared = true;
  /** Whether this node reaches the store. */
  isConnected = true;
  readonly #world: SimulatedStore;
  readonly #clock: Clock;
  #listener: StoreListener | undefined;
  #life = 0;
  #heard = 0;
  #cancelPulse: (() => void) | undefined;

  constructor(world: SimulatedStore, clock: Clock) {
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

  /** What the log has, if this node reaches it. Where it has a gap, all that is revoked. */
  deliver(): void {
    if (!this.#isReachable || this.#life !== this.#world.life) return;
    const { log } = this.#world;
    if (log.slice(this.#heard).includes(undefined)) return this.#catchUp();
    while (this.#heard < log.length) this.#tell(log[this.#heard++]);
  }

  /** The look of each second. */
  async pulse(): Promise<void> {
    this.#cancelPulse?.();
    this.#cancelPulse = this.#clock.timers.after(1_000, () => void this.pulse());
    const askedMs = this.#clock.timers.monotonicMs();
    await this.#wait();
    if (!this.#isReachable || this.#listener === undefined) return;
    if (this.#life === this.#world.life) this.deliver();
    else this.#reload();
    const backlog = await this.#world.backing.backlog();
    this.#listener?.fresh({ agoMs: this.#clock.timers.monotonicMs() - askedMs, backlog });
  }

  enter: DeviceStore['enter'] = (sighting) => this.#ask((store) => store.enter(sighting));
  renew: DeviceStore['renew'] = (renewals) => this.#ask((store) => store.renew(renewals));
  read: DeviceStore['read'] = (ids) => this.#ask((store) => store.read(ids));
  list: DeviceStore['list'] = (wallet) => this.#ask((store) => store.list(wallet));
  revoke: DeviceStore['revoke'] = (facts) => this.#askAndHear((store) => store.revoke(facts));
  revokeWallet: DeviceStore['revokeWallet'] = (...args) => this.#askAndHear((store) => store.revokeWallet(...args));
  restore: DeviceStore['restore'] = (rows) => this.#ask((store) => store.restore(rows));
  edit: DeviceStore['edit'] = (...args) => this.#ask((store) => store.edit(...args));
  remove: DeviceStore['remove'] = (id) =>
    this.#ask(async (store) => {
      const wasThere = await store.remove(id);
      if (wasThere) this.#world.say({ purged: [id] });
      return wasThere;
    });
  erase: DeviceStore['erase'] = (wallet) => this.#ask((store) => store.erase(wallet));
  purge: DeviceStore['purge'] = (most) =>
    this.#ask(async (store) => {
      const purged = await store.purge(most);
      if (purged.length > 0) this.#world.say({ purged });
      return purged;
    });
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

  #tell(news: News): void {
    if (news === undefined) return;
    if ('facts' in news) this.#listener?.revoked(news.facts);
    else this.#listener?.purged(news.purged);
  }

  #catchUp(): void {
    this.#heard = this.#world.log.length;
    this.#listener?.revoked(this.#world.facts);
    this.#listener?.missed();
  }

  #reload(): void {
    this.#listener?.lost();
    this.#life = this.#world.life;
    this.#heard = this.#world.log.length;
    this.#listener?.revoked(this.#world.facts);
  }

  /** What a revocation made new is told to its own node before it resolves. */
  async #askAndHear<T>(question: (store: DeviceStore) => Promise<T>): Promise<T> {
    const { answer, news } = await this.#ask(async (store) => {
      const before = this.#world.log.length;
      const deciding = question(store); // all of it, before the first promise
      const made = this.#world.log.slice(before);
      return { answer: await deciding, news: made };
    });
    for (const each of news) this.#tell(each);
    return answer;
  }

  #ask<T>(question: (store: DeviceStore) => Promise<T>): Promise<T> {
    const { timeoutMs } = this.#world;
    const answer = this.#answer(question);
    if (timeoutMs === Infinity) return answer;
    return new Promise<T>((resolve, reject) => {
      const cancel = this.#clock.timers.after(timeoutMs, () => reject(new Error('the store took too long')));
      answer.then(resolve, reject).finally(cancel);
    });
  }

  async #answer<T>(question: (store: DeviceStore) => Promise<T>): Promise<T> {
    await this.#wait();
    if (!this.#isReachable) throw new Error('the store does not answer');
    const answer = await this.#world.inTurn(question);
    await this.#wait();
    if (!this.#isReachable || this.#world.isAnswerLost(this)) throw new Error('the answer was lost');
    return answer;
  }

  async #wait(): Promise<void> {
    const ms = this.#world.latencyMs(this);
    if (ms > 0) await new Promise<void>((resolve) => void this.#clock.timers.after(ms, resolve));
  }
}
