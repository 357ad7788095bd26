import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

import { memoryStore, type LimitStore, type Take } from '../gate/limits/limit-store.js';
import { integer, knownOptions } from '../options.js';
import { bucketScript } from './bucket-script.js';
import { Insurance } from './insurance.js';
import { createSend, type RedisClient, type RedisOptions } from './redis-client.js';

/** How nodes share limits. */
export interface RedisLimitsOptions extends RedisOptions {
  /** What the keys begin with; nodes with the same one share their limits. Default `wallet-auth`. */
  prefix?: string | undefined;
  /** How long Redis is not asked after it failed, so that callers do not wait for it, in milliseconds. 0 to 600 000. Default 1 000 (one second). */
  pauseMs?: number | undefined;
  /** How many callers each limit keeps books on in this process while Redis is away. 1 to 10 000 000. Default 100 000. */
  maxCallers?: number | undefined;
}

/**
 * Counts the points of all nodes in Redis: `limits: { classes, store: redisLimits(client) }`. Each call costs exactly one
 * round trip, a script that Redis runs atomically.
 *
 * While Redis is away, too slow or out of memory, each node counts by itself, beginning with full buckets: nobody is refused
 * for it, and a caller of N nodes has N times as much. When Redis is back, its books go on where they were. Let the client fail
 * fast, or it sends later what it could not send, and those calls are charged twice: `enableOfflineQueue: false` and
 * `maxRetriesPerRequest: 0` of ioredis, `disableOfflineQueue: true` of redis.
 *
 * rate-limiter-flexible counts in fixed windows; its script and its insurance limiter are replaced by token buckets here, so
 * that callers get the same as with limits in memory.
 * @throws TypeError if the client is none, or an option is wrong.
 */
export function redisLimits(client: RedisClient, options: RedisLimitsOptions = {}): LimitStore {
  knownOptions(options, ['prefix', 'pauseMs', 'maxCallers', 'timeoutMs', 'onError']);
  const { prefix = 'wallet-auth' } = options;
  if (typeof prefix !== 'string' || prefix === '') throw new TypeError('prefix must be a text');
  const memory = memoryStore(integer('maxCallers', options.maxCallers, 100_000, 1, 10_000_000));
  const send = createSend(client, options, integer('pauseMs', options.pauseMs, 1_000, 0, 600_000));
  const storeClient = {
    eval: (script: string, { keys, arguments: args }: { keys: string[]; arguments: string[] }) =>
      send('EVAL', script, String(keys.length), ...keys, ...args),
  };
  return Object.freeze({
    open(name, bucket, nowMs): Take {
      const limiter = new RateLimiterRedis({
        storeClient,
        useRedisPackage: true,
        keyPrefix: `${prefix}:${name}`,
        points: bucket.points,
        duration: bucket.windowMs / 1_000,
        customIncrTtlLuaScript: bucketScript(bucket.blockMs),
        insuranceLimiter: new Insurance(memory.open(name, bucket, nowMs)),
      });
      return async (key, points) => {
        try {
          await limiter.consume(key, points);
          return 0;
        } catch (refused) {
          if (refused instanceof RateLimiterRes) return Math.max(refused.msBeforeNext, 1);
          throw refused;
        }
      };
    },
  } satisfies LimitStore);
}
