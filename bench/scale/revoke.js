/** A node in a process of its own that revokes devices: port of Redis, how many, how many under way at once. It prints its CPU. */
import { createDeviceRegistry } from 'grpc-wallet-auth/devices';
import { redisDevices } from 'grpc-wallet-auth/redis';
import { Redis } from 'ioredis';

import { idOf } from './devices.js';
import { atOnce } from './figures-of-redis.js';

const [port, from, count, most] = process.argv.slice(2).map(Number);
const redis = new Redis({ port, enableOfflineQueue: false, maxRetriesPerRequest: 0 });
await new Promise((resolve) => redis.once('ready', resolve));
const devices = await createDeviceRegistry({
  store: redisDevices(redis, { timeoutMs: 60_000 }),
  bounds: { revocations: 10_000_000 },
});
const before = process.cpuUsage();
const startMs = performance.now();
await atOnce(count, most, (i) => devices.revoke(idOf(from + i)));
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ cpuUs: (user + system) / count, aSecond: count / ((performance.now() - startMs) / 1e3) }));
await devices.close();
redis.disconnect();
