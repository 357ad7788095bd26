import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';
import { afterAll, beforeAll, vi } from 'vitest';

import { makeRedis, redisIsMissing, type RedisServer } from './redis-server.js';

type OwnServer = Awaited<ReturnType<typeof makeRedis>>;

/** How many slots a cluster has. */
const SLOTS = 16_384;
const within = { timeout: 20_000, interval: 20 };

/** Sends one command to a server. */
export async function commandTo({ socket }: RedisServer, name: string, ...args: readonly string[]): Promise<unknown> {
  const client = new Redis({ path: socket });
  try {
    return await client.call(name, ...args);
  } finally {
    client.disconnect();
  }
}

/** A cluster of three primaries, for the tests of one file. */
export function redisCluster(): { readonly nodes: readonly RedisServer[] } {
  const nodes: OwnServer[] = [];
  beforeAll(async () => {
    if (redisIsMissing) return;
    const flags = () => ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
    for (let i = 0; i < 3; i++) nodes.push(await makeRedis({ tcp: true, flags }));
    await Promise.all(nodes.map((node) => node.start()));
    for (const [i, node] of nodes.entries()) {
      const [from, to] = [i, i + 1].map((n) => Math.floor((n * SLOTS) / 3)) as [number, number];
      const slots = Array.from({ length: to - from }, (_, n) => String(from + n));
      await commandTo(node, 'CLUSTER', 'ADDSLOTS', ...slots);
      await commandTo(node, 'CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
      if (i > 0) await commandTo(node, 'CLUSTER', 'MEET', '127.0.0.1', String(nodes[0]?.port));
    }
    for (const node of nodes) {
      await vi.waitFor(async () => {
        const info = String(await commandTo(node, 'CLUSTER', 'INFO'));
        if (!/cluster_state:ok/.test(info) || !/cluster_known_nodes:3/.test(info)) throw new Error(info);
      }, within);
    }
  }, 30_000);
  afterAll(() => Promise.all(nodes.map((node) => node.end())));
  return { nodes };
}

/** A primary, its replica and a Sentinel that watches them, for the tests of one file. */
export interface RedisSentinel {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly sentinelPort: number;
  /** What Sentinel calls them. */
  readonly name: string;
}

/** Starts them before the tests of a file. */
export function redisSentinel(): RedisSentinel {
  const name = 'wallets';
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-'));
  const servers: OwnServer[] = [];
  const server = (i: number) => {
    const found = servers[i];
    if (found === undefined) throw new Error('the server is not started yet');
    return found;
  };
  beforeAll(async () => {
    if (redisIsMissing) return;
    servers.push(await makeRedis({ tcp: true }));
    const follow = () => ['--replicaof', `127.0.0.1 ${server(0).port}`, '--repl-diskless-sync-delay', '0'];
    servers.push(await makeRedis({ tcp: true, flags: follow }));
    const config = join(folder, 'sentinel.conf');
    servers.push(await makeRedis({ tcp: true, flags: () => [config, '--sentinel'], readyWhen: /Sentinel ID is/ }));
    const watched = ['down-after-milliseconds wallets 300', 'failover-timeout wallets 3000'];
    const lines = [
      `sentinel monitor ${name} 127.0.0.1 ${server(0).port} 1`,
      ...watched.map((line) => `sentinel ${line}`),
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    await server(0).start();
    await server(1).start();
    await vi.waitFor(async () => {
      const info = String(await commandTo(server(1), 'INFO', 'replication'));
      if (!/master_link_status:up/.test(info)) throw new Error(info);
    }, within);
    await server(2).start();
    await vi.waitFor(async () => {
      const replicas = (await sentinelCommand(server(2), 'REPLICAS', name)) as unknown[];
      if (replicas.length !== 1 || !JSON.stringify(replicas).includes('"master-link-status","ok"'))
        throw new Error(JSON.stringify(replicas));
    }, within);
  }, 30_000);
  afterAll(async () => {
    await Promise.all(servers.toReversed().map((started) => started.end()));
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    name,
    get primary() {
      return server(0);
    },
    get replica() {
      return server(1);
    },
    get sentinelPort() {
      return server(2).port;
    },
  };
}

async function sentinelCommand({ port }: RedisServer, ...args: readonly string[]): Promise<unknown> {
  const client = new Redis(port, '127.0.0.1', { enableReadyCheck: false, protocol: 2 });
  try {
    await once(client, 'ready');
    return await client.call('SENTINEL', ...args);
  } finally {
    client.disconnect();
  }
}
