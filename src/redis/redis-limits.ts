import { memoryStore, type LimitStore, type Take } from '../gate/limits/limit-store.js';
import { integer, knownOptions } from '../options.js';
import { BUCKET_SCRIPT } from './bucket-script.js';
import { createSend, type RedisClient, type RedisOptions } from './redis-client.js';
import { redisScript } from './redis-script.js';

/** How nodes share limits. */
export interface RedisLimitsOptions extends RedisOptions {
  /** What the keys begin with; nodes with the same one share their limits. Default `wallet-auth`. */
  prefix?: string | undefined;
  /** How long Redis is not asked after it failed, so that calls do not wait for it, in milliseconds. 0 to 600 000. Default 1 000 (one second). */
  pauseMs?: number | undefined;
  /** How many callers each limit tracks in this process while Redis is away. 1 to 10 000 000. Default 100 000. */
  maxCallers?: number | undefined;
}

/**
 * Counts the points of all nodes in Redis, in the same token buckets as in memory. Each call costs one round trip, a script
 * that Redis runs atomically.
 *
 * While Redis is away, too slow or out of memory, each node counts by itself, beginning with full buckets: no call is refused
 * for it, and a caller of N nodes has N times as much. When Redis is back, its buckets go on where they were. Let the client
 * fail fast, or it sends later what it could not send, and those calls are charged twice: `enableOfflineQueue: false` and
 * `maxRetriesPerRequest: 0` of ioredis, `disableOfflineQueue: true` of redis.
 * @throws TypeError if the client is none, or an option is wrong.
 * @example
 * import { createGate } from 'grpc-wallet-auth/gate';
 * import { redisLimits } from 'grpc-wallet-auth/redis';
 * import { Redis } from 'ioredis';
 *
 * const store = redisLimits(new Redis({ enableOfflineQueue: false, maxRetriesPerRequest: 0 }));
 * const gate = createGate({ limits: { classes: { default: { points: 100, windowMs: 60_000 } }, store } });
 */
export function redisLimits(client: RedisClient, options: RedisLimitsOptions = {}): LimitStore {
  knownOptions(options, ['prefix', 'pauseMs', 'maxCallers', 'timeoutMs', 'onError']);
  const { prefix = 'wallet-auth' } = options;
  if (typeof prefix !== 'string' || prefix === '') throw new TypeError('prefix must be a text');
  const memory = memoryStore(integer('maxCallers', options.maxCallers, 100_000, 1, 10_000_000));
  const send = createSend(client, options, integer('pauseMs', options.pauseMs, 1_000, 0, 600_000));
  const takeThere = redisScript(send, BUCKET_SCRIPT);
  return Object.freeze({
    open(name, bucket, nowMs): Take {
      const takeHere = memory.open(name, bucket, nowMs);
      return async (key, points, size = bucket.points) => {
        const args = [points, size, bucket.windowMs, bucket.blockMs].map(String);
        try {
          return await takeThere([`${prefix}:${name}:${key}`], args, readWait);
        } catch {
          return takeHere(key, points, size);
        }
      };
    },
  } satisfies LimitStore);
}

/** Some clients are told to give numbers as text. */
function readWait(answer: unknown): number {
  if (/^\d+$/.test(String(answer))) return Number(answer);
  throw new Error('Redis answered no waiting time');
}
