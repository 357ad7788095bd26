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

  /** How often each command ran since the counts were reset. */
  const commandCounts = async (): Promise<Record<string, number>> => {
    const stats = String(await connected.command('INFO', 'commandstats'));
    const counts = [...stats.matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)].map(([, name, calls]) => [name, Number(calls)]);
    return Object.fromEntries(counts) as Record<string, number>;
  };

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

  it('leaves out a wrong member, reports it once, and takes the rest: one bad member does not freeze the list', async () => {
    const read = await follow();
    await connected.command('SADD', 'denied', bob, 'nonsense');
    await read.refresh();
    await read.refresh();
    expect(reported).toEqual([2, expect.stringMatching(/^redisList: denied: "nonsense" is no wallet/), 3]);
    expect([alice, bob].map((wallet) => read.has({ wallet }))).toEqual([true, true]);
    await connected.command('SREM', 'denied', alice);
    await read.refresh();
    expect([alice, bob].map((wallet) => read.has({ wallet }))).toEqual([false, true]);
    expect(await read.remove('nonsense')).toBe(1);
    expect(reported.slice(3)).toEqual([2]);
  });

  it('begins without a wrong member', async () => {
    await connected.command('SADD', 'denied', 'nonsense');
    expect((await follow()).size).toBe(2);
    expect(reported[0]).toMatch(/^redisList: denied: "nonsense" is no wallet/);
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
    expect(await commandCounts()).toMatchObject({ sscan: 1 });
  });

  it('is added to and removed from by any node; the others find it by its version', async () => {
    const here = await follow();
    const there = await redisList(connected.client, 'denied', { refreshMs: 100 });
    expect(await here.add(bob.toLowerCase(), '203.0.113.0/24', alice, '# by hand')).toBe(3);
    expect(here.has({ wallet: bob })).toBe(true);
    await vi.waitFor(() => expect(there.has({ wallet: bob, address: '203.0.113.9' })).toBe(true));
    expect(await connected.command('SISMEMBER', 'denied', bob)).toBe(1);
    expect(await there.remove(alice.toLowerCase(), bob)).toBe(2);
    expect([alice, bob].map((wallet) => there.has({ wallet }))).toEqual([false, false]);
    await here.refresh();
    expect(here.size).toBe(2);
    expect(await here.remove('203.0.113.77/24', '10.0.0.0/8', '# by hand')).toBe(3);
    expect(here.size).toBe(0);
    there.close();
    expect(reported).toEqual([2, 4, 2, 0]);
  });

  it('raises its version with every change, in the same script, and in the slot of the set', async () => {
    const read = await follow();
    const version = async () => Number(await connected.command('GET', '{denied}:version'));
    expect(await connected.command('EXISTS', '{denied}:version')).toBe(0);
    await connected.command('CONFIG', 'RESETSTAT');
    await read.add(bob);
    expect(await commandCounts()).toMatchObject({ eval: 1, sadd: 1, set: 1 });
    const first = await version();
    expect(Math.abs(first / 1_000 - Date.now())).toBeLessThan(60_000);
    await read.add(bob);
    expect(await version()).toBe(first);
    await read.remove(bob);
    expect(await version()).toBeGreaterThan(first);
    await connected.command('SET', '{denied}:version', '9000000000000000');
    await read.add(bob);
    expect(await version()).toBe(9_000_000_000_000_001);
    const tagged = await redisList(connected.client, 'nodes:{eu}:denied');
    await tagged.add(alice);
    expect(await connected.command('EXISTS', 'nodes:{eu}:denied:version')).toBe(1);
    tagged.close();
  });

  it('is not changed by a process that knows a list which the store has lost', async () => {
    const read = await follow();
    await read.add(bob);
    await connected.command('FLUSHALL');
    await expect(read.add('10.1.1.1')).rejects.toThrow(
      new Error('redisList: denied: the store has lost the set that this process knows'),
    );
    await expect(read.remove(bob)).rejects.toThrow(/has lost the set/);
    await read.refresh();
    expect(reported.slice(2)).toEqual([
      'redisList: denied has lost its version: an unknown store; the last list stays',
    ]);
    expect(await connected.command('EXISTS', 'denied')).toBe(0);
    expect([alice, bob].map((wallet) => read.has({ wallet }))).toEqual([true, true]);
    const anew = await redisList(connected.client, 'denied');
    await anew.add(bob);
    anew.close();
    await read.refresh();
    expect([alice, bob].map((wallet) => read.has({ wallet }))).toEqual([false, true]);
  });

  it('is changed by thousands of entries at once', async () => {
    const read = await follow();
    const wallets = Array.from({ length: 12_000 }, (_each, i) => `0x${i.toString(16).padStart(40, '0')}`);
    expect(await read.add(...wallets)).toBe(12_000);
    expect(read.size).toBe(12_002);
    expect(await read.remove(...wallets)).toBe(12_000);
    expect(read.size).toBe(2);
  });

  it('adds nothing if one of the entries is wrong', async () => {
    const read = await follow();
    await expect(read.add(bob, 'nonsense')).rejects.toThrow(/^redisList.add: "nonsense" is no wallet/);
    await expect(read.add(5 as never)).rejects.toThrow(TypeError);
    expect(await read.add()).toBe(0);
    await read.refresh();
    expect(read.size).toBe(2);
  });

  it('rejects what it cannot add while Redis is killed', async () => {
    const read = await follow({ timeoutMs: 50 });
    await server.kill();
    try {
      await expect(read.add(bob)).rejects.toThrow(/./);
      expect(read.has({ wallet: bob })).toBe(false);
    } finally {
      await server.start();
    }
  });

  it('is not there if its first fetch fails', async () => {
    await connected.command('DEL', 'denied');
    await connected.command('SET', 'denied', alice);
    await expect(follow()).rejects.toThrow(/WRONGTYPE/);
  });
});

/** A client of a store with one set, whose members and version a test may change. */
function fakeClient(members: string[], version: string | null = null) {
  const store = { members, version };
  const commands: string[] = [];
  const answers: Record<string, () => unknown> = {
    GET: () => store.version,
    SCARD: () => store.members.length,
    SSCAN: () => ['0', [...store.members]],
  };
  const call = async (command: string) => {
    commands.push(command);
    return answers[command]?.();
  };
  /** The commands since this was called last. */
  const sent = () => commands.splice(0);
  return { call, store, sent };
}

describe('redisList', () => {
  const client = { call: async () => [] };

  it.each(['a}b', '{}denied', 'a{}b{c}', '}'])(
    'refuses the key %j: beside no such set there is room for a version in the same slot of a cluster',
    (key) => {
      expect(() => redisList(client, key)).toThrow(
        new TypeError(
          `key ${JSON.stringify(key)} has a } and no hash tag: no key beside it is in its slot of a cluster`,
        ),
      );
    },
  );

  it.each(['denied', 'a{b', 'nodes:{eu}:denied', 'a}b{c}', '{{a}'])('takes the key %j', async (key) => {
    (await redisList(fakeClient([alice]), key)).close();
  });

  it('takes no other answer than a list', async () => {
    await expect(redisList({ call: async () => 'OK' }, 'denied')).rejects.toThrow(/^redisList: /);
  });

  describe('in time', () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it('follows nothing once it is closed', async () => {
      const fake = fakeClient([alice]);
      const list = await redisList(fake, 'denied', { refreshMs: 100 });
      await vi.advanceTimersByTimeAsync(250);
      expect(fake.sent().filter((command) => command === 'SCARD')).toHaveLength(2);
      list.close();
      fake.store.members = [bob];
      await vi.advanceTimersByTimeAsync(1_000);
      await list.refresh();
      expect(list.has({ wallet: alice })).toBe(true);
      expect(fake.sent()).not.toContain('SCARD');
    });

    it('reads only version and number of members while nothing changes, and the members every twelfth time', async () => {
      const fake = fakeClient([alice], '7');
      const list = await redisList(fake, 'denied', { refreshMs: 100 });
      fake.sent();
      await vi.advanceTimersByTimeAsync(1_100);
      expect(fake.sent()).toEqual(Array.from({ length: 11 }, () => ['GET', 'SCARD']).flat());
      fake.store.members = [bob]; // by hand, and as many as before
      await vi.advanceTimersByTimeAsync(100);
      expect(list.has({ wallet: bob })).toBe(true);
      expect(fake.sent()).toEqual(['GET', 'SCARD', 'GET', 'SSCAN', 'GET']);
      await vi.advanceTimersByTimeAsync(100);
      expect(fake.sent()).toEqual(['GET', 'SCARD']);
      list.close();
    });

    it.each([
      ['its version grew', [bob], '8'],
      ['it has one member more', [bob, alice], '7'],
    ])('reads the members when %s', async (_, members, version) => {
      const fake = fakeClient([alice], '7');
      const list = await redisList(fake, 'denied', { refreshMs: 100 });
      Object.assign(fake.store, { members, version });
      await vi.advanceTimersByTimeAsync(100);
      expect(list.has({ wallet: bob })).toBe(true);
      list.close();
    });

    it.each<[string, string[], string | null, string]>([
      ['the version is gone, whatever the set holds', [bob], null, 'has lost its version: an unknown store'],
      ['set and version are gone', [], null, 'has lost its version: an unknown store'],
      ['the version is nonsense', [bob], 'x', 'has lost its version: an unknown store'],
      ['the version is older than it was', [bob], '6', 'is older than the last list'],
      ['all members are gone at once and the version is as it was', [], '7', 'is gone'],
    ])('stays as it was when %s', async (_, members, version, complaint) => {
      const fake = fakeClient([alice], '7');
      const errors: string[] = [];
      const onError = ({ message }: Error) => errors.push(message);
      const list = await redisList(fake, 'denied', { refreshMs: 100, onError });
      Object.assign(fake.store, { members, version });
      await vi.advanceTimersByTimeAsync(100);
      await list.refresh();
      expect(errors).toEqual(Array(2).fill(`redisList: denied ${complaint}; the last list stays`));
      expect([alice, bob].map((wallet) => list.has({ wallet }))).toEqual([true, false]);
      Object.assign(fake.store, { members: [bob], version: '9' });
      await vi.advanceTimersByTimeAsync(100);
      expect([alice, bob].map((wallet) => list.has({ wallet }))).toEqual([false, true]);
      list.close();
    });

    it('is empty when all members are gone and the version says so', async () => {
      const fake = fakeClient([alice], '7');
      const list = await redisList(fake, 'denied', { refreshMs: 100 });
      Object.assign(fake.store, { members: [], version: '8' });
      await vi.advanceTimersByTimeAsync(100);
      expect(list.size).toBe(0);
      list.close();
    });

    it('is read again when it changes while it is read', async () => {
      const fake = fakeClient([alice], '7');
      const list = await redisList(fake, 'denied', { refreshMs: 100 });
      const members = [[bob], [bob, '10.0.0.0/8']];
      const { call } = fake;
      const changing = {
        ...fake,
        call: async (command: string) => {
          if (command === 'SSCAN' && members.length > 0) {
            fake.store.members = members.shift() ?? [];
            fake.store.version = String(Number(fake.store.version) + 1);
          }
          return call(command);
        },
      };
      const other = await redisList(changing, 'denied', { refreshMs: 100 });
      expect(other.size).toBe(2);
      expect(fake.sent().filter((command) => command === 'SSCAN')).toHaveLength(4);
      list.close();
      other.close();
    });
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
