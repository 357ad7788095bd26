import type { DeviceStore, Fact, StoreListener, StoreSettings } from '../../devices/store.js';
import { integer, knownOptions, optionalFunction, quietly } from '../../options.js';
import { senderOf, type DevicesClient } from './devices-client.js';
import { readFacts } from './facts.js';
import { followLog, type Follower } from './follow-log.js';
import { deviceKeys } from './keys.js';
import { revokedPages } from './load.js';
import { openInTime, UnknownVersion } from './open-in-time.js';
import { cleanUpsOf } from './operations/clean-ups.js';
import { endingsOf } from './operations/endings.js';
import { eraseOf } from './operations/erase.js';
import { revokesOf } from './operations/revokes.js';
import { rowsOf } from './operations/rows.js';
import type { StoreContext } from './operations/store-context.js';
import { connectReader } from './reader.js';
import { freshToken, scriptRunner } from './run-scripts.js';
import { AGREE, ASK, JOIN } from './scripts/state.js';
import { warnOfEviction } from './warn-of-eviction.js';

/** How nodes share devices. */
export interface RedisDevicesOptions {
  /** What the keys begin with, within their hash tag; nodes with the same one share their devices. No braces. Default `wallet-auth:`. */
  prefix?: string | undefined;
  /** How long an answer may take, in milliseconds, whatever the client's own time limit is. 1 to 60 000. Default 200. */
  timeoutMs?: number | undefined;
  /** How many entries the log keeps, about. A node that has missed more reads what is revoked from the set. 100 to 1 000 000. Default 10 000. */
  logLength?: number | undefined;
  /** Called when Redis is not followed any more, once for each outage. What an operation rejects with comes on top. Default: a process warning. */
  onError?: ((error: Error) => void) | undefined;
}

/** The version of what the keys hold. */
const VERSION = '1';
/** A connection may take longer than an answer: name look-up, TLS, several commands. */
const MIN_CONNECT_MS = 1_000;

/**
 * Keeps devices in Redis 6.0 or newer, for any number of nodes. What is revoked is a set that only grows, held by Redis and by
 * every node; a log in Redis wakes the nodes, and each second every node looks whether it has all of it. All keys share one hash
 * tag, so a Cluster keeps them on one of its nodes.
 *
 * One connection more is made by `client.duplicate()`, for the log; the given client stays open. Let it fail fast, or it sends
 * later what was rejected meanwhile: `enableOfflineQueue: false` of ioredis, `disableOfflineQueue: true` of redis.
 *
 * Run it with `maxmemory-policy noeviction` and an append-only file. It needs these commands, on keys that begin with
 * `{<prefix>devices}:`: EVAL, EVALSHA, XREAD; and in scripts TIME, HGET, HMGET, HSET, HSETNX, HDEL, HLEN, HGETALL, HVALS, SADD, SISMEMBER, SREM, ZADD,
 * ZREM, ZCARD, ZSCORE, ZRANGE, ZREVRANGE, ZRANGEBYSCORE, XADD, DEL. INFO is used where it is allowed: without it, nobody knows
 * whether Redis may drop revocations, which is warned about.
 * @throws TypeError if the client is none or has no `duplicate`, or an option is wrong.
 * @example
 * ```ts
 * import { createDeviceRegistry } from 'grpc-wallet-auth/devices';
 * import { redisDevices } from 'grpc-wallet-auth/redis';
 * import { Redis } from 'ioredis';
 *
 * const redis = new Redis({ enableOfflineQueue: false, maxRetriesPerRequest: 0 });
 * const devices = await createDeviceRegistry({ store: redisDevices(redis, { prefix: 'auth:' }) });
 * ```
 */
export function redisDevices(client: DevicesClient, options: RedisDevicesOptions = {}): DeviceStore {
  knownOptions(options, ['prefix', 'timeoutMs', 'logLength', 'onError']);
  const { prefix = 'wallet-auth:' } = options;
  const keys = deviceKeys(prefix);
  const timeoutMs = integer('timeoutMs', options.timeoutMs, 200, 1, 60_000);
  const logLength = integer('logLength', options.logLength, 10_000, 100, 1_000_000);
  const onError = optionalFunction('onError', options.onError) ?? ((error: Error) => process.emitWarning(error));
  const run = scriptRunner(senderOf(client), keys, timeoutMs);
  let opened: { settings: StoreSettings; listener: StoreListener; follower: Follower } | undefined;

  const context: StoreContext = {
    run,
    keys,
    logLength,
    get settings() {
      if (opened === undefined) throw new Error('redisDevices: open comes first');
      return opened.settings;
    },
    tell(texts) {
      const facts: Fact[] = readFacts(texts);
      if (facts.length > 0) opened?.listener.revoked(facts);
    },
  };

  async function join(cleansUp: boolean): Promise<string> {
    const [version = '', policy = ''] = await run(JOIN, [cleansUp ? 1 : 0, freshToken()]);
    if (version !== VERSION) throw new UnknownVersion(`redisDevices: keys of version ${version}, this is ${VERSION}`);
    return policy;
  }

  async function ask() {
    const [seq, tip = '', birth = '', pending, oldestMs] = await run(ASK, []);
    return { seq: Number(seq), tip, birth, backlog: { pending: Number(pending), oldestMs: Number(oldestMs) } };
  }

  return Object.freeze<DeviceStore>({
    isShared: true,
    async open(settings, listener) {
      let policy: string | undefined;
      const follower = followLog({
        log: keys.log,
        timeoutMs,
        listener,
        ask,
        connect: () => connectReader(client, Math.max(timeoutMs, MIN_CONNECT_MS)),
        revokedSince: (seq) => revokedPages(run, seq),
        async join() {
          policy = await join(settings.cleansUp);
        },
        onError: (error) => quietly(() => onError(error)),
      });
      opened = { settings, listener, follower };
      await openInTime(settings.openTimeoutMs, () => follower.open());
      warnOfEviction(policy ?? '');
    },
    ...rowsOf(context),
    ...revokesOf(context),
    ...endingsOf(context),
    ...cleanUpsOf(context),
    ...eraseOf(context),
    backlog: async () => (await ask()).backlog,
    async agree(maxAgeMs) {
      const [last = ''] = await run(AGREE, [maxAgeMs]);
      return last === '' || Number(last) === maxAgeMs ? undefined : Number(last);
    },
    async close() {
      opened?.follower.close();
    },
  });
}
