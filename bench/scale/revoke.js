/**
 * A node in a process of its own that revokes devices: port of Redis, number of the first, how many, how many under way at once.
 * It prints what each cost Redis, and as `nodeUs` itself.
 */
import { once } from 'node:events';

import { createDeviceRegistry } from 'grpc-wallet-auth/devices';
import { redisDevices } from 'grpc-wallet-auth/redis';
import { Redis } from 'ioredis';

import { idOf } from './devices.js';
import { atOnce, spentOn } from './figures-of-redis.js';

const [port, first, count, most] = process.argv.slice(2).map(Number);
const redis = new Redis({ port, enableOfflineQueue: false, maxRetriesPerRequest: 0 });
await once(redis, 'ready');
const devices = await createDeviceRegistry({
  store: redisDevices(redis, { timeoutMs: 60_000 }),
  bounds: { revocations: 10_000_000 },
});
const before = process.cpuUsage();
const spent = await spentOn(redis, count, () => atOnce(count, most, (i) => devices.revoke(idOf(first + i))));
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ ...spent, nodeUs: (user + system) / count }));
await devices.close();
redis.disconnect();
