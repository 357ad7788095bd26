import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import { mintIdentity, testWallets } from 'grpc-wallet-auth/testing';

import { Device } from './device.mjs';
import { Ledger } from './ledger.mjs';
import { startProxy } from './proxy.mjs';
import { startRedis } from './redis.mjs';
import { startNode } from './start-node.mjs';

const TAG = '{chaos:devices}';
/** How long things may take to become right again, in milliseconds; a lease of a clean-up is a minute. */
const PATIENCE_MS = 100_000;
const nowMs = () => performance.timeOrigin + performance.now();

/** Redis, nodes behind a proxy each, devices, and a ledger of what was done to them. */
export class World {
  nodes = [];
  ledger = new Ledger();
  /** Devices that called on every node and are neither revoked nor removed. */
  devices = [];
  revoked = [];
  removed = [];
  recoveryMs;
  #random;
  #closers = [];
  #settings;
  #healedAtMs;
  #made = 0;
  #turn = 0;

  static async start(random, { nodes = 3, redisFlags = [], node = {} } = {}) {
    const world = new World();
    world.#random = random;
    world.#settings = { aheadMs: 0, cleanUpMs: 5, logLength: 10_000, ...node };
    world.redis = await world.startRedis(redisFlags);
    try {
      for (let i = 0; i < nodes; i++) await world.startNode();
    } catch (error) {
      await world.end();
      throw error;
    }
    return world;
  }

  async startRedis(flags = []) {
    const redis = await startRedis(flags);
    this.#closers.push(() => redis.end());
    return redis;
  }

  async startProxy(port) {
    const proxy = await startProxy(port);
    this.#closers.push(() => proxy.close());
    return proxy;
  }

  async startNode(settings = {}) {
    const proxy = await this.startProxy(this.redis.port);
    const name = String.fromCharCode(65 + this.nodes.length);
    const options = { ...this.#settings, redisPort: proxy.port, ...settings };
    const node = await startNode(name, options, (from, report) => this.ledger.write(from, report));
    node.proxy = proxy;
    this.#closers.push(() => node.kill());
    this.nodes.push(node);
    return node;
  }

  get alive() {
    return this.nodes.filter(({ isAlive }) => isAlive);
  }

  /** Nodes in turn, without those that are dead or stopped. */
  next() {
    const nodes = this.alive.filter(({ isPaused }) => !isPaused);
    return nodes[this.#turn++ % nodes.length];
  }

  make(wallet = testWallets.alice) {
    const device = new Device(mintIdentity({ wallet, device: `chaos ${++this.#made}` }));
    device.home = this.next();
    this.#closers.push(() => device.close());
    return device;
  }

  /** Has devices call on every node, and open streams at their homes. */
  async populate(count, { streams = 1, wallet } = {}) {
    const made = Array.from({ length: count }, () => this.make(wallet));
    await inLanes(made, async (device) => {
      for (const node of this.alive) this.ledger.expectAdmitted(device, node, await device.call(node));
      for (let i = 0; i < streams; i++) await device.open();
    });
    for (const device of made) this.ledger.known.add(device.id);
    this.devices.push(...made);
    return made;
  }

  /** Takes some devices out of those that are left, at random. */
  take(count) {
    if (this.devices.length < count) throw new Error('too few devices');
    return Array.from({ length: count }, () => {
      const [device] = this.devices.splice(Math.floor(this.#random() * this.devices.length), 1);
      return device;
    });
  }

  /** Revokes devices at once. @returns how many Redis has acknowledged. */
  async revoke(count, { at, of = this.take(count) } = {}) {
    this.revoked.push(...of);
    const answers = await Promise.all(
      of.map(async (device) => {
        const node = at ?? this.next();
        const answer = await node.ask('revoke', device.id);
        // whatever Redis said, it holds here at once
        const outcome = await device.call(node);
        if (outcome !== 'DEVICE_REVOKED' && outcome !== 'AUTH_UNAVAILABLE')
          this.ledger.wrong(`${device.id} was revoked on ${node.name}, and there: ${outcome}`);
        return { device, ...answer };
      }),
    );
    return answers.filter(({ isAcknowledged }) => isAcknowledged).length;
  }

  /** Forgets devices without revoking them. */
  async remove(count, { at, of = this.take(count) } = {}) {
    for (const device of of) {
      const { isAcknowledged, error } = await (at ?? this.next()).ask('remove', device.id);
      if (isAcknowledged) this.removed.push(device);
      else this.ledger.note(`remove: ${error}`);
    }
  }

  /** Devices come to their homes with new tokens. */
  async renew(count) {
    for (const device of this.devices.slice(0, count)) {
      const outcome = await device.renew(device.home);
      this.ledger.expectAdmitted(device, device.home, outcome);
      if (outcome === 'admitted') device.renewals++;
    }
  }

  /** Devices that nobody has seen call on two nodes each. @param isFine whether they have to be admitted. */
  async newcomers(count, { isFine = true } = {}) {
    const made = Array.from({ length: count }, () => this.make());
    await inLanes(made, async (device) => {
      for (const node of [device.home, this.next()]) {
        const outcome = await device.call(node);
        if (isFine) this.ledger.expectAdmitted(device, node, outcome);
      }
    });
    this.newest = [...(this.newest ?? []), ...made];
    return made;
  }

  /** The devices that are left call on every node. */
  async callAll(some = this.devices) {
    await inLanes(some, async (device) => {
      for (const node of this.alive) this.ledger.expectAdmitted(device, node, await device.call(node));
    });
  }

  /** Revokes devices one after the other, and looks how soon their calls are refused on every node, and their streams cut. */
  async probe(count) {
    for (const device of this.take(count)) {
      this.revoked.push(device);
      const node = this.next();
      const looking = this.alive.map((each) => this.#untilRefused(device, each));
      const { atMs } = await node.ask('revoke', device.id);
      for (const refusedAtMs of await Promise.all(looking)) this.ledger.callsRefusedMs.push(refusedAtMs - atMs);
      for (const { end } of await Promise.all(device.streams.map(endIn)))
        this.ledger.streamsCutMs.push(end === undefined ? PATIENCE_MS : end.atMs - atMs);
    }
  }

  async #untilRefused(device, node) {
    const endMs = nowMs() + PATIENCE_MS;
    for (;;) {
      const outcome = await device.call(node);
      if (outcome === 'DEVICE_REVOKED') return nowMs();
      if (nowMs() > endMs) return Infinity;
    }
  }

  /** From now on everything becomes right again. */
  healed() {
    this.#healedAtMs = nowMs();
  }

  /** Waits until every node that lives is fresh and every revocation holds everywhere, in Redis too. */
  async recover() {
    const endMs = nowMs() + PATIENCE_MS;
    for (;;) {
      const missing = await this.#missing();
      if (missing === undefined) break;
      if (nowMs() > endMs) {
        this.ledger.wrong(`not recovered: ${missing}`);
        break;
      }
      await pause(20);
    }
    this.recoveryMs = nowMs() - (this.#healedAtMs ?? nowMs());
  }

  async #missing() {
    const ids = this.revoked.map(({ id }) => id);
    for (const node of this.alive) {
      const [{ fresh, staleMs, unacknowledged }, notRevoked] = await Promise.all([
        node.ask('health'),
        node.ask('notRevoked', ids),
      ]);
      if (!fresh || staleMs > 1_500) return `${node.name} is ${Math.round(staleMs)} ms behind`;
      if (unacknowledged > 0) return `${unacknowledged} are not acknowledged to ${node.name}`;
      if (notRevoked.length > 0) return `${notRevoked.length} are not revoked on ${node.name}`;
    }
    const left = await this.#missingInRedis();
    return left.length === 0 ? undefined : `${left.length} are not in Redis`;
  }

  /** Those that Redis does not know to be revoked: by id, by key, or all of their wallet. */
  async #missingInRedis() {
    const members = new Set(await this.redis.command('ZRANGE', `${TAG}:rev`, 0, -1).catch(() => []));
    const names = ({ id, wallet }) => [id, keyOf(id), `w:${wallet}`];
    return this.revoked.filter((device) => !names(device).some((name) => members.has(name)));
  }

  /** What came of it all, after clean-ups are done. */
  async verdict() {
    await this.#cleanUpsDone();
    const late = await this.startNode();
    const nodes = this.alive;
    await inLanes(this.revoked, async (device) => {
      const outcomes = await Promise.all(nodes.map((node) => device.call(node)));
      this.ledger.expectRevoked(device, nodes, outcomes);
    });
    await this.callAll(this.devices);
    for (const device of this.newest ?? []) this.ledger.expectAdmitted(device, late, await device.call(late));
    for (const node of nodes) await node.ask('health'); // its reports came before its answer
    return this.ledger.verdict(this, late);
  }

  async #cleanUpsDone() {
    const endMs = nowMs() + PATIENCE_MS;
    const ended = [...this.revoked, ...this.removed].filter(({ id }) => this.ledger.known.has(id));
    while (nowMs() < endMs) {
      const pending = Number(await this.redis.command('ZCARD', `${TAG}:dirty`).catch(() => 1));
      if (pending === 0 && this.ledger.notCleanedUp(ended).length === 0) break;
      if (pending === 0 && nowMs() > endMs - PATIENCE_MS + 10_000) break; // nobody will
      await pause(50);
    }
  }

  async end() {
    for (const close of this.#closers.splice(0).toReversed()) await close();
  }
}

/** The member of `rev` by the key of a device. */
const keyOf = (id) => `#${createHash('sha256').update(id).digest().subarray(0, 16).toString('base64url')}`;

async function endIn(stream) {
  const limit = pause(PATIENCE_MS, undefined, { ref: false });
  await Promise.race([stream.ended, limit]);
  return stream;
}

/** Does something for each, some at once. */
export async function inLanes(items, run, lanes = 8) {
  const left = [...items];
  const lane = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await run(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
