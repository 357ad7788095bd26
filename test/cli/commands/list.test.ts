import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { run } from '../../../src/cli/commands/list.js';
import { redisList } from '../../../src/redis/redis-list.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import {
  redisClients,
  redisIsMissing,
  redisNote,
  redisServer,
  type ConnectedClient,
} from '../../support/redis-server.js';

const alice = testWallets.alice.address;

describe.skipIf(redisIsMissing)(`wallet-auth list${redisNote}`, () => {
  const server = redisServer();
  const printed: unknown[] = [];
  let connected: ConnectedClient;
  beforeEach(async () => {
    connected = await redisClients.ioredis(server);
    await connected.command('FLUSHALL');
    printed.length = 0;
    vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(line));
    vi.stubEnv('REDIS_URL', server.socket);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    connected.close();
  });

  it('add and remove change the list, and nodes find it by its version', async () => {
    const node = await redisList(connected.client, 'denied', { refreshMs: 100 });
    expect(await run(['add', 'denied', alice.toLowerCase(), '203.0.113.0/24'])).toBe(0);
    await vi.waitFor(() => expect(node.has({ wallet: alice })).toBe(true));
    expect(await connected.command('EXISTS', '{denied}:version')).toBe(1);
    expect(await run(['remove', 'denied', alice, '10.0.0.1', '--redis', server.socket])).toBe(0);
    await vi.waitFor(() => expect(node.size).toBe(1));
    expect(printed).toEqual(['2 added', '1 removed']);
    node.close();
  });

  it('says which members are wrong in printable ASCII: what others wrote into the set controls no terminal', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const complained = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await connected.command('SADD', 'denied', 'x\u009b31m\u202e');
    expect(await run(['add', 'denied', alice])).toBe(0);
    expect(warned).not.toHaveBeenCalled();
    expect(complained.mock.calls).toEqual([
      [
        'wallet-auth list: redisList: denied: "x\\u009b31m\\u202e" is no wallet address, device id, IP address or CIDR range',
      ],
    ]);
  });

  it('changes nothing if an entry is wrong', async () => {
    await expect(run(['add', 'denied', alice, 'x'])).rejects.toThrow(/"x" is no wallet address/);
    expect(await connected.command('DBSIZE')).toBe(0);
  });

  it.each([[[]], [['show', 'denied']], [['add']], [['add', 'denied']], [['remove', '', alice]]])(
    'refuses %j',
    async (args) => {
      await expect(run(args)).rejects.toThrow(/see wallet-auth list --help$/);
    },
  );

  it('fails where there is no Redis', async () => {
    await expect(run(['add', 'denied', alice, '--redis', `${server.socket}.not`])).rejects.toThrow(/./);
  });
});
