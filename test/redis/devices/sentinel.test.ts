import { once } from 'node:events';

import { Redis } from 'ioredis';
import { createSentinel } from 'redis';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { DevicesClient } from '../../../src/redis/devices/devices-client.js';
import { redisIsMissing, redisNote } from '../../support/redis-server.js';
import { commandTo, redisSentinel, type RedisSentinel } from '../../support/redis-topologies.js';
import { aNode, device, eventually, sighting } from './a-node.js';

const REVOKED = '{wallet-auth:devices}:rev';

const connects = {
  async ioredis({ name, sentinelPort }: RedisSentinel) {
    const client = new Redis({
      name,
      sentinels: [{ host: '127.0.0.1', port: sentinelPort }],
      retryStrategy: () => 50,
      sentinelRetryStrategy: () => 50,
      maxRetriesPerRequest: 0,
    });
    client.on('error', () => undefined);
    await once(client, 'ready');
    return { client: client as DevicesClient, close: () => client.disconnect() as unknown };
  },
  async redis({ name, sentinelPort }: RedisSentinel) {
    const client = createSentinel({
      name,
      sentinelRootNodes: [{ host: '127.0.0.1', port: sentinelPort }],
      nodeClientOptions: { socket: { reconnectStrategy: 50 } },
      scanInterval: 100,
    });
    client.on('error', () => undefined);
    await client.connect();
    return { client: client as DevicesClient, close: () => client.destroy() as unknown };
  },
};

describe.skipIf(redisIsMissing)(`devices in a Redis that Sentinel watches${redisNote}`, () => {
  const sentinel = redisSentinel();

  it('go on after a failover to a lagging replica; every node hears that something is lost, by ioredis and by redis', async () => {
    const connected = [await connects.ioredis(sentinel), await connects.redis(sentinel)];
    const nodes = await Promise.all(connected.map(({ client }) => aNode(client, {}, { timeoutMs: 300 })));
    const [here, there] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    onTestFinished(async () => {
      for (const { store } of nodes) await store.close();
      for (const { close } of connected) await close();
    });
    await here.store.enter(sighting(device(1)));
    await here.store.revoke([{ deviceId: device(2) }]);
    await eventually(async () => expect(await commandTo(sentinel.replica, 'ZCARD', REVOKED)).toBe(1));
    sentinel.replica.pause();
    await commandTo(sentinel.primary, 'CLIENT', 'KILL', 'TYPE', 'replica');
    await here.store.revoke([{ deviceId: device(3) }]);
    await eventually(() => expect(there.heard.devices.has(device(3))).toBe(true));
    expect(there.heard.calls).not.toContain('lost');
    await sentinel.primary.kill();
    sentinel.replica.resume();

    for (const { store, heard } of nodes) {
      const entered = () => store.enter(sighting(device(1)));
      await eventually(async () => expect(await entered()).toMatchObject({ isNew: false }), 20_000);
      await eventually(() => expect(heard.calls).toContain('lost'));
      await eventually(() => expect(heard.calls.slice(heard.calls.indexOf('lost'))).toContain('fresh'));
    }
    // as a node puts it back
    expect(await here.store.revoke([{ deviceId: device(2) }, { deviceId: device(3) }])).toEqual({ changed: true });
    expect(await there.store.revoke([{ deviceId: device(4) }])).toEqual({ changed: true });
    await eventually(() => expect(here.heard.devices.has(device(4))).toBe(true));
    expect(await there.store.enter(sighting(device(3)))).toBe('revoked');
  }, 40_000);
});
