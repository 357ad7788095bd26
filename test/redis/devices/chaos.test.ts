import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import type { DeviceRegistryOptions } from '../../../src/devices/options.js';
import type { CleanUp } from '../../../src/devices/store.js';
import { redisDevices } from '../../../src/redis/devices/redis-devices.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { redisIsMissing, redisNote, redisServer } from '../../support/redis-server.js';
import { idOf, startRegistry } from '../../support/registry.js';
import { eventually } from './a-node.js';

const LONG_MS = 15_000;
const TAG = '{wallet-auth:devices}';

/** The clock of this machine, for Redis has no other. */
const clock = {
  ...settableClock(),
  now: () => new Date(),
  timers: {
    monotonicMs: () => performance.now(),
    after(delayMs: number, run: () => void) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  },
};

/** The short form of `npm run chaos`, with the nodes in one process. */
describe.skipIf(redisIsMissing)(`three nodes on a Redis${redisNote}`, () => {
  const server = redisServer({ appendOnly: true });
  let admin: Redis;
  beforeEach(async () => {
    admin = new Redis(server.socket, { retryStrategy: () => 20 });
    admin.on('error', () => undefined);
    await admin.flushall();
  });
  afterEach(() => admin.disconnect());

  async function start(options: DeviceRegistryOptions = {}) {
    const client = new Redis(server.socket, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => 20,
    });
    client.on('error', () => undefined);
    onTestFinished(() => client.disconnect());
    const store = redisDevices(client, { timeoutMs: 500, onError: () => undefined });
    return startRegistry({ ...options, store }, clock);
  }

  const startThree = async (options: DeviceRegistryOptions = {}) =>
    Promise.all([start(options), start(options), start(options)]);

  type Node = Awaited<ReturnType<typeof start>>;

  /** What each node told of one device, but that it came with another token: here each call has one. */
  const told = (nodes: readonly Node[], name: string) =>
    nodes.map(({ events }) =>
      events
        .map((event) => event.split(' '))
        .flatMap(([event = '', of]) => (of === name && event !== 'renewed' ? [event] : [])),
    );

  it(
    'loses no revocation, event and clean-up when that is emptied',
    async () => {
      let fails = true;
      const done: string[] = [];
      const cleanUp = ({ deviceId, cause }: CleanUp) => {
        if (fails) throw new Error('no');
        done.push(`${cause} ${deviceId}`);
      };
      const nodes = await startThree({ cleanUp });
      const [one, two, three] = nodes;
      for (const node of nodes) for (const name of ['a', 'b', 'c', 'd']) await node.call(node.tokenOf(name));
      const { ended } = three.open(three.tokenOf('c'));
      const goesOn = two.open(two.tokenOf('d'));
      await one.devices.revoke(idOf('a'));
      await two.devices.remove(idOf('b'));
      await eventually(() => expect(told(nodes, 'b').flat()).toHaveLength(4));
      await admin.flushall();
      await two.devices.revoke(idOf('c')); // before anybody has seen the loss
      for (const { devices } of nodes) await eventually(() => expect(devices.health().reloads).toBe(1));
      await eventually(() => expect(ended).toEqual(['DEVICE_REVOKED']));
      fails = false;
      const all = [`purged ${idOf('b')}`, `revoked ${idOf('a')}`, `revoked ${idOf('c')}`];
      await eventually(() => expect(done.toSorted()).toEqual(all), LONG_MS);
      const late = await start();
      for (const node of [...nodes, late]) {
        for (const name of ['a', 'c']) expect(await node.call(node.tokenOf(name))).toBe('DEVICE_REVOKED');
        expect(await node.call(node.tokenOf('d'))).toBe('admitted');
      }
      expect(goesOn.ended).toEqual([]);
      for (const name of ['a', 'c'])
        for (const events of told(nodes, name)) expect(events.filter((event) => event === 'revoked')).toHaveLength(1);
      for (const name of ['a', 'b', 'c', 'd']) expect(told([...nodes, late], name).flat()).toContain('first-seen');
    },
    LONG_MS * 2,
  );

  it(
    'takes a revocation later that it did not take, and enters who came meanwhile, when that was killed',
    async () => {
      const nodes = await startThree();
      const [one, two, three] = nodes;
      for (const node of nodes) for (const name of ['a', 'b']) await node.call(node.tokenOf(name));
      await one.devices.revoke(idOf('a'));
      await server.kill();
      await expect(two.devices.revoke(idOf('b'))).rejects.toMatchObject({ reason: 'AUTH_UNAVAILABLE' });
      expect(await two.call(two.tokenOf('b'))).toBe('DEVICE_REVOKED');
      for (const node of [one, three]) expect(await node.call(node.tokenOf('c'))).toBe('admitted');
      await server.start();
      await eventually(() =>
        expect(nodes.map(({ devices }) => devices.isRevoked(idOf('b')))).toEqual([true, true, true]),
      );
      await eventually(() =>
        expect(told(nodes, 'c').flat().toSorted()).toEqual(['first-seen', 'provisional', 'provisional']),
      );
      const late = await start();
      for (const name of ['a', 'b']) expect(await late.call(late.tokenOf(name))).toBe('DEVICE_REVOKED');
      for (const events of [...told(nodes, 'a'), ...told(nodes, 'b')])
        expect(events.filter((event) => event === 'revoked')).toHaveLength(1);
    },
    LONG_MS,
  );

  it(
    'enters a device once whose row was made while that did not answer in time, and says that it is new',
    async () => {
      const nodes = await startThree();
      const [one, two] = nodes;
      server.pause();
      try {
        expect(await one.call(one.tokenOf('a'))).toBe('admitted');
      } finally {
        server.resume();
      }
      await eventually(() => expect(told(nodes, 'a')).toEqual([['provisional', 'first-seen'], [], []]));
      expect(await two.call(two.tokenOf('a'))).toBe('admitted');
      expect(told(nodes, 'a')[1]).not.toContain('first-seen');
    },
    LONG_MS,
  );

  it(
    'holds a revocation on its node while that is full, and everywhere when it is not any more',
    async () => {
      const nodes = await startThree();
      const [one, two, three] = nodes;
      for (const node of nodes) await node.call(node.tokenOf('a'));
      await admin.config('SET', 'maxmemory', '1');
      try {
        await expect(one.devices.revoke(idOf('a'))).rejects.toMatchObject({ reason: 'AUTH_UNAVAILABLE' });
        expect(await one.call(one.tokenOf('a'))).toBe('DEVICE_REVOKED');
        expect(await two.call(two.tokenOf('b'))).toBe('admitted');
        expect(told(nodes, 'b').flat()).toEqual(['provisional']);
      } finally {
        await admin.config('SET', 'maxmemory', '0');
      }
      await eventually(() => expect(three.devices.isRevoked(idOf('a'))).toBe(true));
      await eventually(() => expect(told(nodes, 'b').flat()).toEqual(['provisional', 'first-seen']));
      expect(await admin.zscore(`${TAG}:rev`, idOf('a'))).not.toBeNull();
    },
    LONG_MS,
  );

  it('sees each device first on one node, and revokes it once, when all do so at once', async () => {
    const nodes = await startThree();
    const names = Array.from({ length: 16 }, (_, i) => String.fromCharCode(97 + i));
    for (const name of names) await Promise.all(nodes.map((node) => node.call(node.tokenOf(name))));
    for (const name of names)
      expect(
        told(nodes, name)
          .flat()
          .filter((event) => event === 'first-seen'),
      ).toHaveLength(1);
    for (const name of names) {
      const answers = await Promise.all(nodes.map(({ devices }) => devices.revoke(idOf(name))));
      expect(answers.filter(({ changed }) => changed)).toHaveLength(1);
    }
    for (const name of names)
      for (const events of told(nodes, name)) {
        expect(events.filter((event) => event === 'revoked')).toHaveLength(1);
        expect(events.at(-1)).toBe('revoked');
      }
  });

  it(
    'revokes on every node what was revoked under a node that is an hour ahead, a wallet until now by the clock of Redis',
    async () => {
      const [one, two] = await startThree();
      const ahead = await start({ now: () => new Date(Date.now() + 3_600_000) });
      const wallet = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
      const before = one.tokenOf('a', { wallet });
      expect(await one.call(before)).toBe('admitted');
      await ahead.devices.revokeWallet(wallet);
      await eventually(async () => expect(await one.call(before)).toBe('DEVICE_REVOKED'));
      const after = two.tokenOf('b', { wallet, certifiedAtMs: Date.now() + 1_000 });
      for (const node of [one, two, ahead]) expect(await node.call(after)).toBe('admitted');
    },
    LONG_MS,
  );
});
