export type { AccessList, AccessSubject } from '../gate/access/access-list.js';
export type { LimitStore, Take } from '../gate/limits/limit-store.js';
export type { Bucket } from '../gate/limits/token-buckets.js';
export type { DevicesClient } from './devices/devices-client.js';
export { redisDevices, type RedisDevicesOptions } from './devices/redis-devices.js';
export type { RedisClient, RedisOptions } from './redis-client.js';
export { redisLimits, type RedisLimitsOptions } from './redis-limits.js';
export { redisList, type RedisList, type RedisListOptions } from './redis-list.js';
