import { once } from 'node:events';

import { Cluster } from 'ioredis';
import { createCluster } from 'redis';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { DevicesClient } from '../../../src/redis/devices/devices-client.js';
import { redisIsMissing, redisNote } from '../../support/redis-server.js';
import { commandTo, redisCluster } from '../../support/redis-topologies.js';
import { aNode, device, eventually, sighting, wallet } from './a-node.js';

const clients: Record<string, (port: number) => Promise<{ client: DevicesClient; close(): unknown }>> = {
  async 'Cluster of ioredis'(port) {
    const client = new Cluster([{ host: '127.0.0.1', port }], { redisOptions: { keyPrefix: 'app:' } });
    client.on('error', () => undefined);
    await once(client, 'ready');
    return { client, close: () => client.disconnect() };
  },
  async 'createCluster of redis'(port) {
    const client = createCluster({ rootNodes: [{ socket: { host: '127.0.0.1', port } }] });
    client.on('error', () => undefined);
    await client.connect();
    return { client, close: () => client.destroy() };
  },
};

describe.skipIf(redisIsMissing)(`devices in a Redis Cluster of three${redisNote}`, () => {
  const cluster = redisCluster();

  describe.each(Object.entries(clients))('by %s', (name, connect) => {
    it.each(['a:', 'b:', 'c:'])('live on one of its nodes, with the prefix %s', async (prefix) => {
      const connected = await connect(cluster.nodes[0]?.port ?? 0);
      const here = await aNode(connected.client, { cleansUp: true }, { prefix });
      const there = await aNode(connected.client, {}, { prefix });
      onTestFinished(async () => {
        await here.store.close();
        await there.store.close();
        connected.close();
      });
      for (const n of [1, 2, 3]) expect(await here.store.enter(sighting(device(n)))).toMatchObject({ isNew: true });
      expect(await there.store.enter(sighting(device(1)))).toMatchObject({ isNew: false });
      await here.store.revoke([{ deviceId: device(1) }]);
      await here.store.revokeWallet(wallet(2), undefined);
      await eventually(() => {
        expect([...there.heard.devices]).toEqual([device(1)]);
        expect([...there.heard.wallets.keys()]).toEqual([wallet(2)]);
      });
      const claims = await here.store.claim(10, 60_000);
      expect(claims.map(({ deviceId }) => deviceId).toSorted()).toEqual([device(1), device(2)]);
      for (const claim of claims) expect(await here.store.finish(claim)).toBe(true);
      expect(there.heard.calls).not.toContain('lost');
      expect([...here.errors, ...there.errors]).toEqual([]);
      const tag = `${name.includes('ioredis') ? 'app:' : ''}{${prefix}devices}:`;
      const kept = await Promise.all(
        cluster.nodes.map(async (node) => (await commandTo(node, 'KEYS', `${tag}*`)) as string[]),
      );
      expect(kept.filter(({ length }) => length > 0)).toHaveLength(1);
    });
  });
});
