import { once } from 'node:events';

import { testWallets } from 'grpc-wallet-auth/testing';
import { Redis } from 'ioredis';

import { createDeviceRegistry } from '../../build/src/devices/index.js';
import { insideOf } from '../../build/src/devices/inside.js';
import { walletIdentity } from '../../build/src/identity.js';
import { redisDevices } from '../../build/src/redis/index.js';
import { startRedis } from '../start-redis.js';
import { line } from '../table.js';

const DEVICES = 3_000;
const REVOCATIONS = 100_000;
/** Revocations that are under way at once. */
const AT_ONCE = 500;
const HOUR_MS = 3_600_000;
const KEY = new Uint8Array(65);

/** What a Redis on loopback costs: a device's first call, revocations, their way to another node, the start of a node. */
export const rows = {
  async redis() {
    const redis = await startRedis();
    try {
      return await measured(redis);
    } finally {
      await redis.close();
    }
  },
};

async function measured({ port }) {
  const clients = [0, 1, 2].map(() => new Redis({ port, enableOfflineQueue: false, maxRetriesPerRequest: 0 }));
  await Promise.all(clients.map((client) => once(client, 'ready')));
  const registry = (client) =>
    createDeviceRegistry({ store: redisDevices(client, { timeoutMs: 10_000 }), bounds: { revocations: 10_000_000 } });
  const one = await registry(clients[0]);
  const two = await registry(clients[1]);
  const node = insideOf(one);

  const sights = await timesOf(DEVICES, (i) => node.enter(identityOf(i), undefined, false, 0));
  const known = await timesOf(DEVICES, (i) => node.enter(identityOf(i), undefined, false, 0));
  const ways = [];
  for (let i = 0; i < 1_000; i++) ways.push(await wayOf(one, two, idOf(1_000_000 + i)));
  ways.sort((a, b) => a - b);

  const startMs = performance.now();
  for (let i = 0; i < REVOCATIONS; i += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, (_, k) => one.revoke(idOf(2_000_000 + i + k))));
  const revokedMs = performance.now() - startMs;

  const loadMs = performance.now();
  const three = await registry(clients[2]);
  const loadedMs = performance.now() - loadMs;
  for (const devices of [one, two, three]) await devices.close();
  for (const client of clients) client.disconnect();

  const at = (times, share) => ({ ratio: undefined, ns: times[Math.floor(times.length * share)] * 1e6 });
  return [
    line('first sight of a device, median', 'Redis on loopback', at(sights, 0.5), { nsAtMost: 0.3e6 }),
    line('the same, 99th percentile', 'Redis on loopback', at(sights, 0.99)),
    line('a device with a record, median', 'no question', at(known, 0.5)),
    line('revoke until another node has it, median', 'Redis on loopback', at(ways, 0.5)),
    line('the same, 99th percentile', 'Redis on loopback', at(ways, 0.99), { nsAtMost: 100e6 }),
    line('revocations, 500 under way at once', 'Redis on loopback', {
      amount: Math.round(REVOCATIONS / (revokedMs / 1e3)),
      unit: 'a second',
    }),
    line('start of a node, 100,000 revocations', 'Redis on loopback', { ns: loadedMs * 1e6 }),
  ];
}

async function timesOf(count, run) {
  const times = [];
  for (let i = 0; i < count; i++) {
    const startMs = performance.now();
    await run(i);
    times.push(performance.now() - startMs);
  }
  return times.sort((a, b) => a - b);
}

/** How long a revocation takes from one node to another, in milliseconds. */
async function wayOf(from, to, deviceId) {
  let off;
  const heard = new Promise((resolve) => {
    off = to.on('revoked', (event) => event.deviceId === deviceId && resolve(performance.now()));
  });
  const startMs = performance.now();
  await from.revoke(deviceId);
  const atMs = await heard;
  off();
  return atMs - startMs;
}

function idOf(number) {
  return `${testWallets.alice.address}/${number.toString(16).padStart(32, '0')}`;
}

function identityOf(number) {
  const nowMs = Date.now();
  return walletIdentity({
    wallet: testWallets.alice.address,
    deviceId: idOf(number),
    identityKey: KEY,
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + HOUR_MS,
    certifiedAtMs: nowMs - 1_000,
  });
}
