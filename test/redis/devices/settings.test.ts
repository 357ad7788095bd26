import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';

import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster, createSentinel } from 'redis';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { RevocationsFull } from '../../../src/devices/revocation/revocations.js';
import { CALLED_COMMANDS, SENT_COMMANDS } from '../../../src/redis/devices/commands.js';
import type { DevicesClient } from '../../../src/redis/devices/devices-client.js';
import { redisDevices, type RedisDevicesOptions } from '../../../src/redis/devices/redis-devices.js';
import { redisIsMissing, redisNote, redisServer } from '../../support/redis-server.js';
import { aListener, aNode, device, eventually, sighting, SETTINGS, wallet } from './a-node.js';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const SCRIPTS = new URL('../../../src/redis/devices/scripts/', import.meta.url);

describe('redisDevices', () => {
  const never: DevicesClient = { call: () => new Promise(() => undefined), duplicate: () => never };

  it.each<[string, unknown, unknown]>([
    ['client must be', null, {}],
    ['client must be', 'redis://localhost', {}],
    ['client must be', { duplicate: () => undefined }, {}],
    [String.raw`client must have duplicate\(\)`, { call: async () => [] }, {}],
    ['prefix must be', never, { prefix: null }],
    ['prefix must be', never, { prefix: 'a{b' }],
    ['prefix must be', never, { prefix: 'a}' }],
    ['timeoutMs must be', never, { timeoutMs: 0 }],
    ['logLength must be', never, { logLength: 99 }],
    ['onError must be', never, { onError: 'log' }],
    ['unknown option "prefixes"', never, { prefixes: '' }],
    ['options must be', never, null],
  ])('refuses at construction: %s', (message, client, options) => {
    const make = () => redisDevices(client as DevicesClient, options as RedisDevicesOptions);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(new RegExp(message));
  });

  it('takes every kind of client', () => {
    const offline = { lazyConnect: true } as const;
    const sentinels = [{ host: 'localhost', port: 1 }];
    const clients: DevicesClient[] = [
      new Redis(offline),
      new Redis({ ...offline, name: 'x', sentinels }),
      new Cluster(['redis://localhost:1'], offline),
      createClient(),
      createClient({ RESP: 2 }),
      createCluster({ rootNodes: [{ url: 'redis://localhost:1' }] }),
      createSentinel({ name: 'x', sentinelRootNodes: sentinels }),
    ];
    for (const client of clients) expect(redisDevices(client).isShared).toBe(true);
  });

  it('rejects before it is open', async () => {
    await expect(redisDevices(never).enter(sighting(device(1)))).rejects.toThrow(/open comes first/);
  });

  it('gives up opening after openTimeoutMs, with the cause', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const client = new Redis((silent.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
    ends.push(
      () => silent.close(),
      () => client.disconnect(),
    );
    const startedMs = performance.now();
    const opening = aNode(client, { openTimeoutMs: 300 }, { timeoutMs: 50 });
    await expect(opening).rejects.toThrow(/^redisDevices: Redis could not be read within 300 ms: no connection/);
    expect(performance.now() - startedMs).toBeLessThan(2_500);
  });

  it('lists the commands that its scripts call, and no other', () => {
    const texts = readdirSync(SCRIPTS).map((name) => readFileSync(new URL(name, SCRIPTS), 'utf8'));
    const called = texts.flatMap((text) =>
      [...text.matchAll(/redis\.p?call\('(\w+)'/g)].map(([, name = '']) => name.toLowerCase()),
    );
    expect([...new Set(called)].toSorted()).toEqual([...CALLED_COMMANDS]);
    const doc = readFileSync(new URL('../redis-devices.ts', SCRIPTS), 'utf8').replaceAll(/\s*\n \* /g, ' ');
    for (const name of [...SENT_COMMANDS, ...CALLED_COMMANDS])
      expect(doc).toMatch(new RegExp(`\\b${name.toUpperCase()}\\b`));
  });
});

describe.skipIf(redisIsMissing)(`redisDevices with a real Redis${redisNote}`, () => {
  const server = redisServer({ tcp: true });

  it('lets the process end, by the connection that waits', async () => {
    // what keeps a process: of sockets, those that were not told to let it end
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    const before = sockets();
    const clients = [new Redis(server.port), createClient({ url: `redis://127.0.0.1:${server.port}` })] as const;
    ends.push(
      () => clients[0].disconnect(),
      () => clients[1].isOpen && clients[1].destroy(),
    );
    await Promise.all([once(clients[0], 'ready'), clients[1].connect()]);
    for (const client of clients) {
      const { store, heard } = await aNode(client);
      ends.push(() => store.close());
      await store.revoke([{ deviceId: device(heard.devices.size + 50) }]);
      await eventually(() => expect(heard.calls).toContain('revoked 1'));
    }
    expect(sockets()).toBe(before + 2);
    clients[0].disconnect();
    clients[1].destroy();
    await eventually(() => expect(sockets()).toBe(before));
  });

  async function admin(): Promise<Redis> {
    const client = new Redis({ path: server.socket });
    await client.flushall();
    ends.push(() => client.disconnect());
    return client;
  }

  const limited: Record<string, (username: string, password: string) => Promise<DevicesClient>> = {
    async ioredis(username, password) {
      const client = new Redis({ path: server.socket, username, password });
      await once(client, 'ready');
      ends.push(() => client.disconnect());
      return client;
    },
    async redis(username, password) {
      const client = createClient({ socket: { path: server.socket, reconnectStrategy: 20 }, username, password });
      await client.connect();
      ends.push(() => client.destroy());
      return client;
    },
  };

  it.each(Object.keys(limited))(
    'needs no more than the commands that it lists, on its own keys, by %s',
    async (kind) => {
      const redis = await admin();
      const commands = [...SENT_COMMANDS, ...CALLED_COMMANDS].map((name) => `+${name}`);
      await redis.call('ACL', 'SETUSER', 'node', 'reset', 'on', '>secret', '~{auth:devices}:*', '-@all', ...commands);
      const open = async (cleansUp: boolean) => {
        const client = await limited[kind]?.('node', 'secret');
        const node = await aNode(
          client as DevicesClient,
          { cleansUp, devices: 3, devicesPerWallet: 1, idleMs: 0 },
          { prefix: 'auth:' },
        );
        ends.push(() => node.store.close());
        return node;
      };
      const [{ store }, other] = [await open(true), await open(false)];
      const past = { expiresAtMs: Date.now() - 1_000, issuedAtMs: Date.now() - 2_000 };
      for (const n of [1, 2]) await store.enter(sighting(device(n), past));
      await store.enter(sighting(device(3)));
      expect(await store.enter(sighting(device(4)))).toMatchObject({ isNew: true });
      expect(await store.enter(sighting(device(5, wallet(3))))).toBe('limit');
      await store.edit(device(3), { label: 'x', isConfirmed: true });
      await store.renew([{ deviceId: device(3), expiresAtMs: 0, issuedAtMs: -Infinity, address: 'x' }]);
      await store.revoke([{ key: new Uint8Array(16) }, { deviceId: device(3) }]);
      await store.revokeWallet(wallet(4), undefined);
      await store.remove(device(2));
      await store.purge(5);
      for (const claim of await store.claim(9, 1_000)) {
        await store.defer(claim, 1_000);
        await store.finish(claim);
      }
      await store.restore([]);
      expect(await store.list(wallet(3))).toEqual([]);
      expect(await store.read([device(3)])).toEqual([undefined]);
      expect(await store.backlog()).toEqual({ pending: 0, oldestMs: 0 });
      await store.agree?.(5);
      await redis.del('{auth:devices}:meta'); // numbers that are behind the log
      await store.revoke([{ deviceId: device(8) }]);
      await eventually(() => expect(other.heard.devices.has(device(8))).toBe(true));
      for (const key of await redis.keys('*')) expect(key).toMatch(/^\{auth:devices\}:/);
    },
  );

  it('waits for the log longer than the client waits for answers', async () => {
    await admin();
    const path = server.socket;
    const hasty = new Redis({ path, commandTimeout: 400, socketTimeout: 400 });
    const other = createClient({ socket: { path, reconnectStrategy: 20 }, commandOptions: { timeout: 400 } });
    await Promise.all([once(hasty, 'ready'), other.connect()]);
    ends.push(
      () => hasty.disconnect(),
      () => other.destroy(),
    );
    for (const { store, heard, errors } of [await aNode(hasty), await aNode(other)]) {
      ends.push(() => store.close());
      await eventually(() => expect(heard.count('fresh')).toBeGreaterThan(2));
      expect(errors).toEqual([]);
    }
  });

  it.each([
    ['allkeys-lru', 'is allkeys-lru'],
    ['allkeys-random', 'is allkeys-random'],
    ['volatile-lru', undefined],
    ['noeviction', undefined],
  ])('warns of a Redis that may drop revocations: %s', async (policy, said) => {
    const redis = await admin();
    await redis.config('SET', 'maxmemory-policy', policy);
    ends.push(() => redis.config('SET', 'maxmemory-policy', 'noeviction'));
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    ends.push(() => warn.mockRestore());
    const { store } = await aNode(redis);
    ends.push(() => store.close());
    if (said === undefined) expect(warn).not.toHaveBeenCalled();
    else
      expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(said), { code: 'WALLET_AUTH_REDIS_EVICTS' });
  });

  it('warns that it is unknown whether Redis may drop revocations where INFO is forbidden', async () => {
    const redis = await admin();
    await redis.call('ACL', 'SETUSER', 'quiet', 'reset', 'on', '>secret', '~*', '+@all', '-info');
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    ends.push(() => warn.mockRestore());
    const { store } = await aNode((await limited['redis']?.('quiet', 'secret')) as DevicesClient);
    ends.push(() => store.close());
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('unknown'), {
      code: 'WALLET_AUTH_REDIS_EVICTS',
    });
  });

  it('refuses at once where Redis refuses it, or the keys are of another version', async () => {
    const redis = await admin();
    await redis.call('ACL', 'SETUSER', 'none', 'reset', 'on', '>secret', '~*', '-@all', '+eval', '+evalsha');
    const client = (await limited['redis']?.('none', 'secret')) as DevicesClient;
    await expect(aNode(client)).rejects.toThrow(/^redisDevices: Redis refuses this client/);
    await redis.hset('{wallet-auth:devices}:meta', 'version', '2');
    await expect(aNode(redis)).rejects.toThrow(/^redisDevices: keys of version 2, this is 1$/);
  });

  it('opens when Redis comes up while it waits', async () => {
    const client = new Redis({ path: server.socket, enableOfflineQueue: false, retryStrategy: () => 20 });
    client.on('error', () => undefined);
    await once(client, 'ready');
    ends.push(() => client.disconnect());
    await server.kill();
    await eventually(() => expect(client.status).not.toBe('ready'));
    const opening = aNode(client);
    await server.start();
    const { store, heard } = await opening;
    ends.push(() => store.close());
    expect(heard.calls).toEqual(['fresh']);
  });

  it('rejects when the node has no room for what is revoked; one that finds out later stays behind', async () => {
    const redis = await admin();
    const { store } = await aNode(redis);
    const full = aListener();
    const late = redisDevices(redis, { timeoutMs: 1_000, onError: (error) => errors.push(error) });
    const errors: Error[] = [];
    ends.push(
      () => store.close(),
      () => late.close(),
    );
    await late.open(SETTINGS, {
      ...full.listener,
      revoked: () => {
        throw new RevocationsFull('full');
      },
    });
    await store.revoke([{ deviceId: device(1) }]);
    await expect(late.revoke([{ deviceId: device(2) }])).rejects.toThrow(RevocationsFull);
    await eventually(() => expect(errors).toEqual([expect.any(RevocationsFull)]));
    expect(full.heard.count('fresh')).toBe(1);
    const third = redisDevices(redis);
    ends.push(() => third.close());
    const opening = third.open(SETTINGS, {
      ...full.listener,
      revoked: () => {
        throw new RevocationsFull('full');
      },
    });
    await expect(opening).rejects.toThrow(RevocationsFull);
  });
});
