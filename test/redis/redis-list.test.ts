import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { redisList, type RedisList, type RedisListOptions } from '../../src/redis/redis-list.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { redisClients, redisIsMissing, redisNote, redisServer, type ConnectedClient } from '../support/redis-server.js';

const alice = testWallets.alice.address;
const bob = testWallets.bob.address;

describe.skipIf(redisIsMissing).each(Object.entries(redisClients))(`a list by %s${redisNote}`, (_, connect) => {
  const server = redisServer();
  const reported: (number | string)[] = [];
  let connected: ConnectedClient;
  let list: RedisList | undefined;
  beforeEach(async () => {
    connected = await connect(server);
    await connected.command('FLUSHALL');
    await connected.command('SADD', 'denied', alice, '10.0.0.0/8');
    reported.length = 0;
  });
  afterEach(() => {
    list?.close();
    connected.close();
  });

  const follow = async (options: RedisListOptions = {}): Promise<RedisList> =>
    (list = await redisList(connected.client, 'denied', {
      refreshMs: 3_600_000,
      onChange: (size) => reported.push(size),
      onError: ({ message }) => reported.push(message),
      ...options,
    }));

  it('is there from the start', async () => {
    const read = await follow();
    expect([{ wallet: alice }, { wallet: bob }, { address: '10.1.1.1' }].map((who) => read.has(who))).toEqual([
      true,
      false,
      true,
    ]);
    expect(read.size).toBe(2);
  });

  it('follows changes by itself', async () => {
    const read = await follow({ refreshMs: 100 });
    await connected.command('SADD', 'denied', bob);
    await vi.waitFor(() => expect(read.has({ wallet: bob })).toBe(true));
    await connected.command('SREM', 'denied', alice);
    await vi.waitFor(() => expect(read.has({ wallet: alice })).toBe(false));
    expect(reported).toEqual([2, 3, 2]);
  });

  it('takes a change of thousands of entries', async () => {
    const read = await follow();
    const wallets = Array.from({ length: 3_000 }, (_each, i) => `0x${i.toString(16).padStart(40, '0')}`);
    await connected.command('SADD', 'denied', ...wallets);
    await read.refresh();
    expect(read.size).toBe(3_002);
  });

  it('stays as it was after a wrong entry, and reports it', async () => {
    const read = await follow();
    await connected.command('SADD', 'denied', bob, 'nonsense');
    await read.refresh();
    expect(reported[1]).toMatch(/^redisList: denied: "nonsense" is no wallet/);
    expect([alice, bob].map((wallet) => read.has({ wallet }))).toEqual([true, false]);
    await connected.command('SREM', 'denied', 'nonsense');
    await read.refresh();
    expect([alice, bob].map((wallet) => read.has({ wallet }))).toEqual([true, true]);
  });

  it('stays as it was when the set is gone; a comment in it empties the list', async () => {
    const read = await follow();
    await connected.command('DEL', 'denied');
    await read.refresh();
    expect(reported).toEqual([2, 'redisList: denied is gone; the last list stays']);
    expect(read.has({ wallet: alice })).toBe(true);
    await connected.command('SADD', 'denied', '# nobody');
    await read.refresh();
    expect(read.size).toBe(0);
  });

  it('may begin with a set that is not there yet', async () => {
    await connected.command('DEL', 'denied');
    const read = await follow();
    expect(read.size).toBe(0);
    expect(reported).toEqual([]);
  });

  it('stays as it was while Redis is killed, and after it came back without its data', async () => {
    const read = await follow({ timeoutMs: 50 });
    await server.kill();
    try {
      await read.refresh();
      expect(reported).toHaveLength(2);
      expect(read.has({ wallet: alice })).toBe(true);
    } finally {
      await server.start();
    }
    await vi.waitFor(async () => {
      await read.refresh();
      expect(reported.at(-1)).toBe('redisList: denied is gone; the last list stays');
    });
    expect(read.has({ wallet: alice })).toBe(true);
    await connected.command('SADD', 'denied', bob);
    await read.refresh();
    expect([alice, bob].map((wallet) => read.has({ wallet }))).toEqual([false, true]);
  });

  it('is fetched once, whoever asks meanwhile', async () => {
    const read = await follow();
    await connected.command('CONFIG', 'RESETSTAT');
    await Promise.all([read.refresh(), read.refresh(), read.refresh()]);
    expect(String(await connected.command('INFO', 'commandstats'))).toMatch(/cmdstat_smembers:calls=1,/);
  });

  it('is not there if its first fetch fails', async () => {
    await connected.command('SADD', 'denied', 'nonsense');
    await expect(follow()).rejects.toThrow(/^redisList: denied: "nonsense"/);
    await connected.command('DEL', 'denied');
    await connected.command('SET', 'denied', alice);
    await expect(follow()).rejects.toThrow(/WRONGTYPE/);
  });
});

describe('redisList', () => {
  const client = { call: async () => [] };

  it('takes no other answer than a list', async () => {
    await expect(redisList({ call: async () => 'OK' }, 'denied')).rejects.toThrow(/^redisList: /);
  });

  it('follows nothing once it is closed', async () => {
    vi.useFakeTimers();
    const call = vi.fn<() => Promise<string[]>>(async () => [alice]);
    const list = await redisList({ call }, 'denied', { refreshMs: 100 });
    await vi.advanceTimersByTimeAsync(250);
    expect(call).toHaveBeenCalledTimes(3);
    list.close();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(call).toHaveBeenCalledTimes(3);
    vi.useRealTimers();
  });

  it.each<[string, unknown, unknown, unknown]>([
    ['client must be', {}, 'denied', {}],
    ['key must be', client, '', {}],
    ['key must be', client, undefined, {}],
    ['refreshMs must be', client, 'denied', { refreshMs: 5 }],
    ['timeoutMs must be', client, 'denied', { timeoutMs: null }],
    ['onChange must be', client, 'denied', { onChange: 5 }],
    ['onError must be', client, 'denied', { onError: 5 }],
    ['unknown option "every"', client, 'denied', { every: 5 }],
  ])('%s', (message, wrong, key, options) => {
    const construct = () => redisList(wrong as typeof client, key as string, options as RedisListOptions);
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(new RegExp(`^${message}`));
  });
});
