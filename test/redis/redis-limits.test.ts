import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { memoryStore, type Take } from '../../src/gate/limits/limit-store.js';
import type { Bucket } from '../../src/gate/limits/token-buckets.js';
import type { RedisClient } from '../../src/redis/redis-client.js';
import { redisLimits, type RedisLimitsOptions } from '../../src/redis/redis-limits.js';
import { redisClients, redisIsMissing, redisNote, redisServer, type ConnectedClient } from '../support/redis-server.js';

const bucket: Bucket = { points: 10, windowMs: 60_000, blockMs: 0 };

/** How many of the calls of one point go through. */
async function admitted(take: Take, key: string, calls: number): Promise<number> {
  const waits = await Promise.all(Array.from({ length: calls }, async () => take(key, 1)));
  return waits.filter((waitMs) => waitMs === 0).length;
}

describe.skipIf(redisIsMissing).each(Object.entries(redisClients))(`limits by %s${redisNote}`, (_, connect) => {
  const server = redisServer();
  const errors: Error[] = [];
  let connected: ConnectedClient;
  beforeEach(async () => {
    connected = await connect(server);
    await connected.command('FLUSHALL');
    errors.length = 0;
  });
  afterEach(() => connected.close());

  const open = (options: RedisLimitsOptions = {}, size = bucket, client: RedisClient = connected.client): Take =>
    redisLimits(client, { pauseMs: 0, onError: (error) => errors.push(error), ...options }).open(
      'default',
      size,
      Date.now,
    );

  it('are token buckets', async () => {
    const take = open({}, { ...bucket, windowMs: 5_000 });
    expect(await take('a', 10)).toBe(0);
    const waitMs = await take('a', 1);
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(500);
    expect(await take('a', 5)).toBeGreaterThan(1_500);
    await vi.waitFor(async () => expect(await take('a', 1)).toBe(0), { timeout: 2_000, interval: 50 });
    expect(await take('a', 4)).toBeGreaterThan(0);
    expect(errors).toEqual([]);
  });

  it('take nothing when they refuse', async () => {
    const take = open();
    expect(await take('a', 6)).toBe(0);
    for (let i = 0; i < 5; i++) expect(await take('a', 5)).toBeGreaterThan(5_000);
    expect(await take('a', 4)).toBe(0);
  });

  it('are shared by nodes, and counted atomically', async () => {
    const other = await connect(server);
    const counts = await Promise.all([admitted(open(), 'a', 20), admitted(open({}, bucket, other.client), 'a', 20)]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(10);
    expect(await admitted(open({ prefix: 'another' }), 'a', 20)).toBe(10);
    expect(await admitted(open(), 'b', 20)).toBe(10);
    other.close();
  });

  it('block a caller that asks for too much', async () => {
    const take = open({}, { points: 10, windowMs: 1_000, blockMs: 50_000 });
    expect(await take('a', 9)).toBe(0);
    expect(await take('a', 9)).toBe(50_000);
    const waitMs = await take('a', 1);
    expect(waitMs).toBeGreaterThan(40_000);
    expect(waitMs).toBeLessThanOrEqual(50_000);
  });

  it('cost one command a call, admitted or refused, the first one included', async () => {
    const take = open({}, { ...bucket, blockMs: 1_000 });
    await connected.command('SCRIPT', 'FLUSH');
    await connected.command('CONFIG', 'RESETSTAT');
    expect(await take('a', 1)).toBe(0);
    expect(await admitted(take, 'a', 29)).toBe(9);
    expect(await commandCounts(connected)).toMatchObject({ eval: 1, evalsha: 29, time: 30, get: 30 });
    expect(
      Object.keys(await commandCounts(connected))
        .filter((name) => !name.includes('|'))
        .toSorted(),
    ).toEqual(['eval', 'evalsha', 'get', 'info', 'set', 'time']);
  });

  it('are counted on when Redis has lost the script, for one command more', async () => {
    const take = open();
    expect(await admitted(take, 'a', 4)).toBe(4);
    await connected.command('SCRIPT', 'FLUSH');
    await connected.command('CONFIG', 'RESETSTAT');
    expect(await take('a', 1)).toBe(0);
    expect(await commandCounts(connected)).toMatchObject({ eval: 1, evalsha: 1 });
    expect(await admitted(take, 'a', 20)).toBe(5);
    expect(await commandCounts(connected)).toMatchObject({ eval: 1, evalsha: 21 });
    expect(errors).toEqual([]);
  });

  it('name every key that they touch as a key, as a cluster needs it', async () => {
    const take = open();
    await take('a', 1);
    await connected.command('ACL', 'SETUSER', 'default', 'resetkeys', '~wallet-auth:default:a');
    try {
      expect(await take('a', 9)).toBe(0);
      expect(errors).toEqual([]);
      await take('b', 1);
      expect(errors[0]?.message).toMatch(/permission|NOPERM/i);
    } finally {
      await connected.command('ACL', 'SETUSER', 'default', '~*');
    }
  });

  it.each([
    'nonsense',
    'nan nan nan nan',
    'nan 0 10 0',
    '0 nan 10 nan',
    '-1 0 10 0',
    'inf inf inf inf',
    '1e999 0 -1 0',
    '1 2',
    '',
  ])('repair a bucket value that is not a number: %j', async (value) => {
    const take = open({}, { ...bucket, blockMs: 1_000 });
    await connected.command('SET', 'wallet-auth:default:a', value);
    expect(await take('a', 1)).toBe(0);
    const stored = String(await connected.command('GET', 'wallet-auth:default:a'));
    expect(stored).toMatch(/^1\.0{12} \d+\.\d{3} 10 \d+\.\d{3}$/);
    expect(Number(await connected.command('PTTL', 'wallet-auth:default:a'))).toBeLessThanOrEqual(60_000);
    expect(await admitted(take, 'a', 20)).toBe(9);
    expect(errors).toEqual([]);
  });

  it('take from one bucket with two sizes, as in this process: priority and normal bucket of one caller', async () => {
    const here = memoryStore(100).open('default', bucket, () => 1_000_000);
    for (const take of [open(), here]) {
      // a caller that becomes priority keeps what it used
      expect(await admitted(take, 'a', 20)).toBe(10);
      expect(await take('a', 11, 20)).toBeGreaterThan(5_000);
      expect(await take('a', 10, 20)).toBe(0);
      expect(await take('a', 1, 20)).toBeGreaterThan(2_000);
      // a caller that loses priority waits no longer than a window, and gets nothing back for it
      const waitMs = await take('a', 1);
      expect(waitMs).toBeGreaterThan(30_000);
      expect(waitMs).toBeLessThanOrEqual(33_000);
      expect(await take('a', 1, 20)).toBeGreaterThan(2_000);
      expect(await take('a', 1, 20)).toBeLessThanOrEqual(3_000);
      // a bucket whose first points were taken with priority
      expect(await take('b', 5, 20)).toBe(0);
      expect(await take('b', 5)).toBe(0);
      expect(await take('b', 1)).toBeGreaterThan(5_000);
      expect(await take('b', 1)).toBeLessThanOrEqual(6_000);
    }
  });

  it('leave nothing behind when buckets are full', async () => {
    const take = open({}, { points: 10, windowMs: 1_000, blockMs: 0 });
    await take('a', 1);
    const ttlMs = Number(await connected.command('PTTL', 'wallet-auth:default:a'));
    expect(ttlMs).toBeGreaterThan(0);
    expect(ttlMs).toBeLessThanOrEqual(100);
    await vi.waitFor(async () => expect(await connected.command('DBSIZE')).toBe(0));
  });

  it('go on in this process while Redis is killed, and in Redis when it is back', async () => {
    const take = open();
    expect(await admitted(take, 'a', 4)).toBe(4);
    await server.kill();
    try {
      expect(await admitted(take, 'a', 20)).toBe(10);
      expect(await admitted(take, 'b', 20)).toBe(10);
      expect(errors.length).toBeGreaterThan(0);
    } finally {
      await server.start();
    }
    await vi.waitFor(async () => {
      errors.length = 0;
      await take('probe', 1);
      expect(errors).toEqual([]);
    });
    expect(await admitted(take, 'a', 20)).toBe(10);
    expect(await connected.command('EXISTS', 'wallet-auth:default:a')).toBe(1);
  });

  it('go on in this process while Redis has no memory left', async () => {
    const take = open();
    expect(await admitted(take, 'a', 4)).toBe(4);
    await connected.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await connected.command('CONFIG', 'SET', 'maxmemory', '1mb');
    try {
      await expect(fill(connected)).rejects.toThrow(/OOM/);
      expect(await admitted(take, 'a', 20)).toBe(10);
      expect(errors[0]?.message).toMatch(/OOM/);
    } finally {
      await connected.command('CONFIG', 'SET', 'maxmemory', '0');
    }
    expect(await admitted(take, 'a', 20)).toBe(6);
  });

  it('go on in this process when a key holds something else', async () => {
    await connected.command('SADD', 'wallet-auth:default:a', 'x');
    expect(await admitted(open(), 'a', 20)).toBe(10);
    expect(errors[0]?.message).toMatch(/WRONGTYPE/);
    await connected.command('SET', 'wallet-auth:default:b', 'nonsense');
    expect(await admitted(open(), 'b', 20)).toBe(10);
  });
});

/** How often each command ran since the counts were reset. */
async function commandCounts({ command }: ConnectedClient): Promise<Record<string, number>> {
  const stats = String(await command('INFO', 'commandstats'));
  return Object.fromEntries(
    [...stats.matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)].map(([, name, calls]) => [name, Number(calls)]),
  );
}

async function fill({ command }: ConnectedClient): Promise<void> {
  for (let i = 0; i < 100; i++) await command('SET', `filler${i}`, 'x'.repeat(100_000));
}

describe('redisLimits', () => {
  const client: RedisClient = { call: async () => [0, 0] };

  it('waits no longer for a client that never answers, and leaves it alone for a while', async () => {
    const onError = vi.fn<(error: Error) => void>();
    const sendCommand = vi.fn<(args: string[]) => Promise<unknown>>(() => new Promise(() => undefined));
    const take = redisLimits({ sendCommand }, { timeoutMs: 20, onError }).open('default', bucket, Date.now);
    expect(await admitted(take, 'a', 3)).toBe(3);
    expect(await admitted(take, 'a', 20)).toBe(7);
    expect(sendCommand).toHaveBeenCalledTimes(3);
    expect(onError).toHaveBeenCalledOnce();
  });

  it.each([null, undefined, 'OK', '', [], {}, -1, 1.5, NaN])('counts here when Redis answers %j', async (answer) => {
    const onError = vi.fn<(error: Error) => void>();
    const take = redisLimits({ call: async () => answer }, { onError }).open('default', bucket, Date.now);
    expect(await admitted(take, 'a', 20)).toBe(10);
    expect(onError).toHaveBeenCalledOnce();
  });

  it('takes a number that the client gives as text', async () => {
    const take = redisLimits({ call: async () => '7' }).open('default', bucket, Date.now);
    expect(await take('a', 1)).toBe(7);
  });

  it('lives with a client that throws', async () => {
    const broken: RedisClient = {
      call: () => {
        throw new Error('closed');
      },
    };
    const take = redisLimits(broken, { onError: () => undefined }).open('default', bucket, Date.now);
    expect(await admitted(take, 'a', 20)).toBe(10);
  });

  it('warns without onError', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const take = redisLimits({ call: () => Promise.reject(new Error('gone')) }).open('default', bucket, Date.now);
    expect(await take('a', 1)).toBe(0);
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });

  it.each<[string, unknown, unknown]>([
    ['client must be', null, {}],
    ['client must be', undefined, {}],
    ['client must be', {}, {}],
    ['client must be', 'redis://localhost', {}],
    ['prefix must be', client, { prefix: '' }],
    ['prefix must be', client, { prefix: null }],
    ['timeoutMs must be', client, { timeoutMs: 0 }],
    ['pauseMs must be', client, { pauseMs: -1 }],
    ['maxCallers must be', client, { maxCallers: 0.5 }],
    ['onError must be', client, { onError: null }],
    ['unknown option "timeout"', client, { timeout: 5 }],
    ['options must be', client, null],
  ])('%s: %j %j', (message, wrong, options) => {
    const construct = () => redisLimits(wrong as RedisClient, options as RedisLimitsOptions);
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(new RegExp(`^${message}`));
  });
});
