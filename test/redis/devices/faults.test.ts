import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { DeviceRow, StoreSettings } from '../../../src/devices/store.js';
import type { RedisDevicesOptions } from '../../../src/redis/devices/redis-devices.js';
import { redisClients, redisIsMissing, redisNote, redisServer } from '../../support/redis-server.js';
import { aNode, device, eventually, sighting, upTo, wallet, type ANode } from './a-node.js';

const TAG = '{wallet-auth:devices}';

describe.skipIf(redisIsMissing).each(Object.entries(redisClients))(`devices by %s, when${redisNote}`, (_, connect) => {
  const server = redisServer({ appendOnly: true });
  const opened: ANode[] = [];
  let connected: Awaited<ReturnType<typeof connect>>;
  beforeEach(async () => {
    connected = await connect(server);
    await connected.command('FLUSHALL');
  });
  afterEach(async () => {
    for (const { store } of opened.splice(0)) await store.close();
    connected.close();
  });

  async function open(settings: Partial<StoreSettings> = {}, options: RedisDevicesOptions = {}): Promise<ANode> {
    const node = await aNode(connected.client, settings, options);
    opened.push(node);
    return node;
  }

  /** The names of the calls since one of them. */
  const since = ({ heard }: ANode, call: string): string[] => {
    const names = heard.calls.map((made) => made.split(' ')[0] ?? '');
    return names.slice(names.indexOf(call));
  };

  it('a node opens, are told in portions, then that it is fresh; each second again', async () => {
    const { store } = await open();
    const facts = upTo(5_001).map((n) => ({ deviceId: device(n) }));
    await store.revoke([...facts, { wallet: wallet(1), atMs: 5, survivor: device(1) }]);
    const { heard } = await open();
    expect(heard.calls).toEqual(['revoked 5000', 'revoked 2', 'fresh']);
    expect(heard.devices.size).toBe(5_001);
    expect(heard.wallets.get(wallet(1))).toEqual({ atMs: 5, survivor: device(1) });
    await eventually(() => expect(heard.count('fresh')).toBe(2));
    for (const agoMs of heard.agoMs) expect(agoMs).toBeLessThan(500);
  });

  it('two nodes revoke at once, are heard by both in one order, as one log without a gap', async () => {
    const [a, b] = [await open(), await open()];
    const facts = (from: number) => upTo(300).map((n) => ({ deviceId: device(from + n) }));
    const revokes = [0, 100, 200].flatMap((from) => [a.store.revoke(facts(from)), b.store.revoke(facts(from + 50))]);
    await Promise.all(revokes);
    for (const { heard } of [a, b]) await eventually(() => expect(heard.devices.size).toBe(550));
    expect(await connected.command('HGET', `${TAG}:meta`, 'seq')).toBe('550');
    for (const { heard } of [a, b]) {
      await eventually(() => expect(heard.count('fresh')).toBe(2));
      expect(heard.calls).not.toContain('missed');
      expect(heard.calls).not.toContain('lost');
    }
  });

  it('Redis is emptied on a live connection, hear it as a loss within about a second, then go on', async () => {
    const [a, b] = [await open({ cleansUp: true }), await open()];
    await a.store.revoke(upTo(20).map((n) => ({ deviceId: device(n) })));
    await eventually(() => expect(b.heard.devices.size).toBe(20));
    const flushedAtMs = performance.now();
    await connected.command('FLUSHALL');
    for (const node of [a, b])
      await eventually(() => expect(since(node, 'lost').slice(0, 2)).toEqual(['lost', 'fresh']));
    expect(performance.now() - flushedAtMs).toBeLessThan(2_000);
    await eventually(async () => expect(await connected.command('HGET', `${TAG}:meta`, 'cleansUp')).toBe('1'));
    expect(await a.store.revoke([{ deviceId: device(1) }, { deviceId: device(20) }])).toEqual({ changed: true });
    await eventually(() => expect(b.heard.devices.size).toBe(21), 500); // by the log, not by the next question
  });

  it('Redis is emptied where nothing was revoked yet, hear it as a loss, once', async () => {
    const nodes = [await open(), await open()];
    await nodes[0]?.store.enter(sighting(device(1)));
    await connected.command('FLUSHALL');
    for (const { heard } of nodes) {
      await eventually(() => expect(heard.count('lost')).toBe(1));
      const fresh = heard.count('fresh');
      await eventually(() => expect(heard.count('fresh')).toBeGreaterThan(fresh + 1));
      expect(heard.count('lost')).toBe(1);
    }
  });

  it('Redis was emptied and is as far as before, tell the two histories apart', async () => {
    const [a, b] = [await open(), await open()];
    await a.store.revoke([{ deviceId: device(1) }]);
    await eventually(() => expect(b.heard.devices.size).toBe(1));
    await connected.command('FLUSHALL');
    await a.store.revoke([{ deviceId: device(2) }]);
    for (const node of [a, b]) {
      await eventually(() => expect(since(node, 'lost')).toContain('fresh'));
      expect(since(node, 'lost').slice(0, 2)).toEqual(['lost', 'revoked']);
      expect(node.heard.devices.has(device(2))).toBe(true);
    }
  });

  it('Redis has lost its numbers and not its log, revoke all the same', async () => {
    const [a, b] = [await open(), await open()];
    await a.store.revoke([{ deviceId: device(1) }]);
    await a.store.revoke([{ deviceId: device(2) }]);
    await connected.command('DEL', `${TAG}:meta`, `${TAG}:rev`);
    expect(await a.store.revoke([{ deviceId: device(3) }])).toEqual({ changed: true });
    expect(await connected.command('XLEN', `${TAG}:log`)).toBe(1);
    await eventually(() => expect(b.heard.devices.has(device(3))).toBe(true));
  });

  it('the log is trimmed under a node that sleeps, read the set and look at their rows again', async () => {
    const a = await open();
    const { client, wakeUp } = sleeper(connected.client);
    const b = await aNode(client, {}, { timeoutMs: 100 });
    opened.push(b);
    await a.store.revoke([{ deviceId: device(0) }]);
    await eventually(() => expect(b.heard.devices.size).toBe(1));
    client.isAsleep = true;
    const facts = upTo(800).map((n) => ({ deviceId: device(n) }));
    await a.store.revoke([...facts, { wallet: wallet(1), atMs: 5, survivor: undefined }]);
    await connected.command('XTRIM', `${TAG}:log`, 'MAXLEN', '10');
    wakeUp();
    await eventually(() => expect(b.heard.calls).toContain('missed'));
    expect(b.heard.devices.size).toBe(800);
    expect(b.heard.wallets.size).toBe(1);
    expect(b.heard.calls).not.toContain('lost');
    expect(since(b, 'missed')[1]).toBe('fresh');
    await a.store.revoke([{ deviceId: device(900) }]);
    await eventually(() => expect(b.heard.devices.has(device(900))).toBe(true), 500);
  });

  it('the log is trimmed and has another history, read everything again', async () => {
    const a = await open();
    const { client, wakeUp } = sleeper(connected.client);
    const b = await aNode(client, {}, { timeoutMs: 100 });
    opened.push(b);
    await a.store.revoke([1, 2, 3].map((n) => ({ deviceId: device(n) })));
    await eventually(() => expect(b.heard.devices.size).toBe(3));
    client.isAsleep = true;
    await connected.command('FLUSHALL');
    await a.store.revoke(upTo(300).map((n) => ({ deviceId: device(100 + n) })));
    await connected.command('XTRIM', `${TAG}:log`, 'MAXLEN', '10');
    wakeUp();
    await eventually(() => expect(since(b, 'lost')).toContain('fresh'));
    expect(b.heard.devices.size).toBe(303);
  });

  it.each([
    ['a replica', 'REPLICAOF 127.0.0.1 1', 'REPLICAOF NO ONE'],
    ['without the replicas that it needs', 'CONFIG SET min-replicas-to-write 1', 'CONFIG SET min-replicas-to-write 0'],
  ])('Redis is %s, are not fresh: it may be behind', async (_state, begin, end) => {
    const { heard, errors } = await open();
    await connected.command('CONFIG', 'RESETSTAT');
    await connected.command(...begin.split(' '));
    const fresh = heard.count('fresh');
    try {
      await eventually(async () => {
        const stats = String(await connected.command('INFO', 'commandstats'));
        expect(stats).toMatch(/cmdstat_hdel:.*rejected_calls=[1-9]/);
      });
      await eventually(() => expect(errors).toHaveLength(1));
      expect(heard.count('fresh')).toBe(fresh);
    } finally {
      await connected.command(...end.split(' '));
    }
    await eventually(() => expect(heard.count('fresh')).toBeGreaterThan(fresh));
  });

  it('one is revoked, are told on another node by the log, not by the question of each second', async () => {
    const [a, b] = [await open(), await open()];
    const before = b.heard.count('fresh');
    for (const n of upTo(200)) {
      await a.store.revoke([{ deviceId: device(n) }]);
      await vi.waitUntil(() => b.heard.devices.has(device(n)), { interval: 1, timeout: 5_000 });
    }
    // 200 waits for questions would be 200 of them; how fast it is, `npm run bench -- --only redis` tells
    expect(b.heard.count('fresh') - before).toBeLessThan(100);
  });

  it('Redis has forgotten its scripts, send them again', async () => {
    const { store } = await open();
    await store.enter(sighting(device(1)));
    await connected.command('SCRIPT', 'FLUSH');
    expect(await store.enter(sighting(device(1)))).toMatchObject({ isNew: false });
    expect(await store.revoke([{ deviceId: device(1) }])).toEqual({ changed: true });
  });

  it('Redis has lost a purge that some have not heard of, hear of it when another puts the row back as one that has ended', async () => {
    const [a, b] = [await open(), await open({ cleansUp: true })];
    const rows = (await Promise.all([1, 2].map((n) => a.store.enter(sighting(device(n)))))) as { row: DeviceRow }[];
    const lost = rows.map(({ row }) => ({ ...row, ended: 'purged' as const }));
    await connected.command('FLUSHALL');
    for (const { heard } of [a, b]) await eventually(() => expect(heard.calls).toContain('lost'));
    // what is said while a node reads all anew may be missed, which it is told
    for (const { heard } of [a, b]) {
      await eventually(() => expect(heard.calls.lastIndexOf('fresh')).toBeGreaterThan(heard.calls.indexOf('lost')));
    }
    await b.store.restore(rows.slice(0, 1).map(({ row }) => row));
    await a.store.restore([...lost, ...lost]);
    for (const { heard } of [a, b]) await eventually(() => expect(heard.purged).toEqual([device(1), device(2)]));
    const claims = await b.store.claim(10, 1_000);
    expect(claims.map(({ deviceId, cause }) => `${cause} ${deviceId}`).toSorted()).toEqual(
      [1, 2].map((n) => `purged ${device(n)}`),
    );
  });

  it('Redis has made a row and its answer is lost, say that the device is new when they are asked again, once', async () => {
    const [a, b] = [await open({}, { timeoutMs: 50 }), await open()];
    server.pause();
    try {
      await expect(a.store.enter(sighting(device(1)))).rejects.toThrow(/no answer/);
    } finally {
      server.resume();
    }
    await eventually(async () => expect(await a.store.read([device(1)])).toEqual([expect.anything()]));
    expect(await b.store.enter(sighting(device(1)))).toMatchObject({ isNew: false });
    expect(await a.store.enter(sighting(device(1)))).toMatchObject({ isNew: true });
    expect(await a.store.enter(sighting(device(1)))).toMatchObject({ isNew: false });
  });

  it('Redis is killed and started again with its append-only file, lose nothing that was acknowledged', async () => {
    const a = await open();
    const b = await open({}, { timeoutMs: 200 });
    const ids = upTo(200).map((n) => device(n));
    let acknowledged = 0;
    const revoking = Promise.all(
      ids.map(async (deviceId, n) => {
        try {
          await a.store.revoke([{ deviceId }]);
          if (++acknowledged === 50) await server.kill();
        } catch {
          ids[n] = '';
        }
      }),
    );
    await eventually(() => expect(acknowledged).toBeGreaterThanOrEqual(50));
    await server.kill();
    await revoking;
    await expect(a.store.revoke([{ deviceId: device(500) }])).rejects.toThrow(/clos|ECONN|writ|offline/i);
    await eventually(() => expect(b.errors.length).toBe(1));
    await server.start();
    await eventually(async () => expect(await a.store.revoke([{ deviceId: device(501) }])).toEqual({ changed: true }));
    await eventually(() => expect(b.heard.devices.has(device(501))).toBe(true));
    const after = await open();
    for (const id of ids.filter((known) => known !== '')) expect(after.heard.devices).toContain(id);
    for (const node of [a, b]) expect(node.heard.calls).not.toContain('lost');
    expect(b.errors).toHaveLength(1); // one outage
  });

  it('Redis has no memory left, reject, and nothing is half done; it may purge', async () => {
    const a = await open();
    const past = { issuedAtMs: Date.now() - 120_000, expiresAtMs: Date.now() - 120_000 };
    for (const n of [1, 2]) await a.store.enter(sighting(device(n)));
    await a.store.enter(sighting(device(3), past));
    await a.store.revoke([{ deviceId: device(9) }]);
    const state = async () =>
      Promise.all([
        connected.command('HGETALL', `${TAG}:meta`),
        connected.command('ZRANGE', `${TAG}:rev`, '0', '-1'),
        connected.command('HGETALL', `${TAG}:epoch`),
        connected.command('XLEN', `${TAG}:log`),
        a.store.read([device(1), device(2)]),
      ]);
    const before = await state();
    await connected.command('CONFIG', 'SET', 'maxmemory', '1');
    try {
      await expect(a.store.revoke([{ deviceId: device(1) }, { deviceId: device(7) }])).rejects.toThrow(/OOM/);
      await expect(a.store.revokeWallet(wallet(2), undefined)).rejects.toThrow(/OOM/);
      await expect(a.store.enter(sighting(device(4)))).rejects.toThrow(/OOM/);
      expect(await state()).toEqual(before);
      expect(await a.store.revoke([{ deviceId: device(9) }])).toEqual({ changed: false });
      expect(await a.store.purge(10)).toEqual([device(3)]);
      await eventually(() => expect(a.heard.count('fresh')).toBe(2));
    } finally {
      await connected.command('CONFIG', 'SET', 'maxmemory', '0');
    }
    expect(await a.store.revoke([{ deviceId: device(1) }])).toEqual({ changed: true });
    expect(a.heard.calls).not.toContain('lost');
  });

  it('Redis stands still, reject within timeoutMs; what was missed is told when it goes on', async () => {
    const a = await open({}, { timeoutMs: 50 });
    const b = await open({}, { timeoutMs: 50 });
    await a.store.enter(sighting(device(1)));
    server.pause();
    try {
      const startedMs = performance.now();
      const asked = [
        a.store.enter(sighting(device(1))),
        a.store.revoke([{ deviceId: device(2) }]),
        a.store.list(wallet(1)),
      ];
      for (const { status, reason } of (await Promise.allSettled(asked)) as PromiseRejectedResult[]) {
        expect(status).toBe('rejected');
        expect(String(reason)).toMatch(/no answer within 50 ms/);
      }
      expect(performance.now() - startedMs).toBeLessThan(500);
      await eventually(() => expect(a.errors.length).toBe(1));
      const fresh = b.heard.count('fresh');
      await eventually(() => expect(b.errors.length).toBe(1));
      expect(b.heard.count('fresh')).toBe(fresh);
    } finally {
      server.resume();
    }
    await eventually(() => expect(b.heard.devices.has(device(2))).toBe(true)); // it was rejected, and done all the same
    for (const { heard } of [a, b]) await eventually(() => expect(heard.calls.at(-1)).toBe('fresh'));
  });

  it('the connection that waits for the log is cut, make another', async () => {
    const { store, heard, errors } = await open();
    const kill = async () => {
      const list = String(await connected.command('CLIENT', 'LIST'));
      const ids = [...list.matchAll(/^id=(\d+) .*cmd=xread/gm)].map(([, id = '']) => id);
      for (const id of ids) await connected.command('CLIENT', 'KILL', 'ID', id);
      return ids.length;
    };
    for (let i = 1; i <= 3; i++) {
      await eventually(async () => expect(await kill()).toBe(1));
      await eventually(() => expect(heard.count('fresh')).toBeGreaterThan(i));
      expect(await (await open()).store.revoke([{ deviceId: device(i) }])).toEqual({ changed: true });
      await opened.pop()?.store.close();
      await eventually(() => expect(heard.devices.has(device(i))).toBe(true));
    }
    expect(errors.length).toBeGreaterThan(0);
    await store.close();
    await eventually(async () => expect(await kill()).toBe(0));
    expect(await connected.command('PING')).toBe('PONG'); // the given client stays open
  });
});

/** A client whose copy hears nothing while it is asleep, and which is told old states then, as of a process that was stopped. */
function sleeper<C extends { duplicate(...args: never[]): unknown }>(original: C) {
  const held: (() => void)[] = [];
  const client = new Proxy(original, {
    get(target, name) {
      if (name === 'isAsleep') return client.isAsleep;
      const value: unknown = Reflect.get(target, name, target);
      if (name === 'duplicate') return (...args: never[]) => slow(target.duplicate(...args));
      if ((name === 'call' || name === 'sendCommand') && typeof value === 'function') return hold(target, value);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
    set: (_, name, value) => Reflect.set(state, name, value),
  }) as C & { isAsleep: boolean };
  const state = { isAsleep: false };
  const hold =
    (target: object, send: unknown) =>
    async (...args: unknown[]) => {
      if (state.isAsleep) await new Promise<void>((resolve) => void held.push(resolve));
      const answer: unknown = await Reflect.apply(send as () => unknown, target, args);
      if (state.isAsleep) throw new Error('asleep');
      return answer;
    };
  const slow = (copy: unknown): unknown =>
    new Proxy(copy as object, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if ((name === 'call' || name === 'sendCommand') && typeof value === 'function') return hold(target, value);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  return {
    client,
    wakeUp() {
      state.isAsleep = false;
      for (const go of held.splice(0)) go();
    },
  };
}

describe.skipIf(redisIsMissing)(`devices in Redis${redisNote}`, () => {
  const server = redisServer();

  it('have keys with the prefix of the client, by ioredis', async () => {
    const client = new Redis({ path: server.socket, keyPrefix: 'app:' });
    const plain = new Redis({ path: server.socket });
    const [a, b] = [await aNode(client, { cleansUp: true }), await aNode(client)];
    try {
      await a.store.enter(sighting(device(1)));
      await a.store.revokeWallet(wallet(1), undefined);
      await eventually(() => expect(b.heard.wallets.size).toBe(1));
      for (const claim of await b.store.claim(1, 1_000)) await b.store.finish(claim);
      const keys = await plain.keys('*');
      expect(keys.length).toBeGreaterThan(3);
      for (const key of keys) expect(key).toMatch(/^app:\{wallet-auth:devices\}:/);
    } finally {
      for (const { store } of [a, b]) await store.close();
      await plain.flushall();
      client.disconnect();
      plain.disconnect();
    }
  });
});
