import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { createDeviceRegistry } from 'grpc-wallet-auth/devices';
import { redisDevices } from 'grpc-wallet-auth/redis';
import { Redis } from 'ioredis';

import { HOUR_MS, idOf, renewalOf, sightingOf } from '../scale/devices.js';
import { atOnce, spentOn } from '../scale/figures-of-redis.js';
import { startRedis } from '../start-redis.js';
import { line } from '../table.js';

const MANY = 100_000;
/** Calls and renewals that are under way at once. */
const AT_ONCE = 200;
/** Renewals of one node in a second: of ten million devices in an hour on two hundred nodes; and as many as a script takes. */
const BATCHES = [14, 200];
/** Nodes that read the log while devices are revoked, beside the one that revokes. */
const READERS = [0, 19, 99];
/** Things that come one by one, each on its own way through the kernel, as on a calm day. */
const CALM = 3_000;
const BOUNDS = { devices: 10_000_000, revocations: 10_000_000 };

/**
 * What docs/scale.md is worked out from: bytes of a row and of a revocation, and how much CPU a Redis and a node spend on each
 * thing. CPU is what the kernel counted for the process, so other work on the machine changes it little.
 */
export const rows = {
  async scale() {
    const redis = await startRedis();
    const client = new Redis({ port: redis.port, enableOfflineQueue: false, maxRetriesPerRequest: 0 });
    try {
      await once(client, 'ready');
      return [
        ...(await deviceRows(client)),
        ...(await manyOfAWallet(client)),
        ...(await revocations(client, redis.port)),
        ...(await waiting(client, redis.port)),
        ...(await hearing(client, redis.port)),
        ...(await loading(client)),
      ];
    } finally {
      client.disconnect();
      await redis.close();
    }
  },
};

/** Devices of a wallet each: their first calls, calls after a restart of a node, renewals, ends, and a node's question. */
async function deviceRows(client) {
  const { store, close } = await open(client);
  const enter = () => atOnce(MANY, AT_ONCE, (i) => store.enter(sightingOf(i)));
  const made = await spentOn(client, MANY, enter);
  const again = await spentOn(client, MANY, enter);
  const alone = await spentOn(client, CALM, () => atOnce(CALM, 1, (i) => store.enter(sightingOf(i))));
  const renewed = [];
  for (const size of BATCHES) {
    const run = () =>
      atOnce(Math.floor(MANY / size), 8, (batch) =>
        store.renew(Array.from({ length: size }, (_, i) => renewalOf(batch * size + i))),
      );
    renewed.push(...costOf(`a renewal, ${size} in a script`, await spentOn(client, MANY, run)));
  }
  const read = await spentOn(client, MANY, () =>
    atOnce(MANY / 200, 8, (batch) => store.read(Array.from({ length: 200 }, (_, i) => idOf(batch * 200 + i)))),
  );
  const asked = await spentOn(client, 20_000, () => atOnce(20_000, AT_ONCE, () => store.backlog()));
  const hash = await client.memory('USAGE', `{wallet-auth:devices}:w:${idOf(1).slice(0, 42)}`);
  const index = await client.memory('USAGE', '{wallet-auth:devices}:old', 'SAMPLES', 0);
  await close();
  return [
    bytes('row of a device, the only one of its wallet: Redis memory', made.memory),
    bytes('of it the hash of the wallet, by MEMORY USAGE', hash),
    bytes('of it the index that purges read, by MEMORY USAGE', index / MANY),
    ...costOf('first call of a new device', made),
    ...costOf('first call of a known device on a node', again),
    cpu('the same, one at a time: CPU of Redis', alone.cpuUs),
    ...renewed,
    ...costOf('a row that is read, 200 in a script', read),
    ...costOf("a node's question each second", asked),
  ];
}

async function manyOfAWallet(client) {
  const { store, close } = await open(client);
  const made = await spentOn(client, MANY, () => atOnce(MANY, AT_ONCE, (i) => store.enter(sightingOf(i, 10))));
  await close();
  return [bytes('row of a device, ten of a wallet: Redis memory', made.memory)];
}

/** Revocations while so many read the log: as fast as it goes, when many are read at once, and one by one. */
async function revocations(client, port) {
  const lines = [];
  for (const count of READERS) {
    await client.flushall();
    const readers = count === 0 ? undefined : await startReaders(port, count);
    const nodes = count === 0 ? '1 node reads' : `${count + 1} nodes read`;
    const burst = await revokeElsewhere(port, 0, count === 0 ? MANY : MANY / 10, AT_ONCE);
    const calm = await revokeElsewhere(port, MANY, CALM, 1);
    readers?.kill();
    if (count === 0) {
      lines.push(
        bytes('a revocation: Redis memory', burst.memory),
        cpu('a revocation: CPU of the node that revokes', burst.nodeUs),
      );
    }
    lines.push(
      cpu(`a revocation that ${nodes}, in a burst: CPU of Redis`, burst.cpuUs),
      bytes('the same: sent by Redis', burst.sent),
      cpu('the same, one at a time: CPU of Redis', calm.cpuUs),
    );
  }
  return lines;
}

/** Nodes that wait for news which do not come. */
async function waiting(client, port) {
  await client.flushall();
  const [nodes, seconds] = [100, 5];
  const readers = await startReaders(port, nodes);
  const spent = await spentOn(
    client,
    nodes * seconds,
    () => new Promise((resolve) => void setTimeout(resolve, seconds * 1e3)),
  );
  readers.kill();
  return costOf('a node that waits for news, each second', spent);
}

/** What a node spends on hearing that others revoke. */
async function hearing(client, port) {
  const { devices, close } = await open(client);
  const before = process.cpuUsage();
  await revokeElsewhere(port, 0, MANY, AT_ONCE);
  while (devices.health().revocations < MANY) await new Promise((resolve) => void setTimeout(resolve, 10));
  const { user, system } = process.cpuUsage(before);
  await close();
  return [cpu('a revocation that another node made: CPU of a node', (user + system) / MANY)];
}

/** The start of a node. What is revoked is left over from before. */
async function loading(client) {
  const before = process.cpuUsage();
  const startMs = performance.now();
  let node;
  const spent = await spentOn(client, MANY, async () => (node = await openAsItIs(client)));
  const ms = performance.now() - startMs;
  const { user, system } = process.cpuUsage(before);
  await node.close();
  return [
    line(`start of a node, ${MANY} revocations`, 'wall clock', { ns: ms * 1e6 }),
    bytes('a revocation that is loaded: sent by Redis', spent.sent),
    cpu('the same: CPU of Redis', spent.cpuUs),
    cpu('the same: CPU of the node', (user + system) / MANY),
  ];
}

async function open(client) {
  await client.flushall();
  return openAsItIs(client);
}

async function openAsItIs(client) {
  const store = redisDevices(client, { timeoutMs: 60_000 });
  const devices = await createDeviceRegistry({ store, bounds: BOUNDS, staleness: { maxMs: HOUR_MS / 6 } });
  return { store, devices, close: () => devices.close() };
}

function start(name, args) {
  const file = fileURLToPath(new URL(`../scale/${name}.js`, import.meta.url));
  return spawn(process.execPath, [file, ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function startReaders(port, count) {
  const child = start('readers', [port, '{wallet-auth:devices}:log', count]);
  for await (const chunk of child.stdout) if (String(chunk).includes('ready')) break;
  return child;
}

async function revokeElsewhere(port, from, count, most) {
  const child = start('revoke', [port, from, count, most]);
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  return JSON.parse(text);
}

const bytes = (what, amount) => line(what, '', { amount, unit: 'bytes' });
const cpu = (what, us) => line(what, 'CPU time', { ns: us * 1e3 });

/** What one of many costs a Redis. */
const costOf = (what, { cpuUs, sent, received }) => [
  cpu(`${what}: CPU of Redis`, cpuUs),
  bytes('the same: received and sent by Redis', received + sent),
];
