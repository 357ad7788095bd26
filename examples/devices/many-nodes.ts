import { once } from 'node:events';

import type { DeviceIdentity } from 'grpc-wallet-auth/client';
import { redisDevices } from 'grpc-wallet-auth/redis';
import { mintIdentity } from 'grpc-wallet-auth/testing';
import { Redis } from 'ioredis';

import { connectDevice, reasonOf, type ConnectedDevice } from './connect-device.js';
import { startDevicesNode, type DevicesNode } from './start-node.js';
import { startRedis } from './start-redis.js';
import type { Step } from './story.js';

const NODES = ['oslo', 'lima', 'bern'] as const;
type NodeName = (typeof NODES)[number] | 'rome';

/** Which device calls on which node. */
type Connections = Record<'phone' | 'laptop', Record<NodeName, ConnectedDevice>>;

/** What waits for something gives up after so long, in milliseconds. */
const PATIENCE_MS = 20_000;

/**
 * Plays with the two devices on three nodes that share a Redis: a revocation that is seen everywhere, and a Redis that loses
 * everything. The clock is the system's.
 * @param report called after each step.
 */
export async function playManyNodes(report: (step: Step) => void): Promise<void> {
  const identities = { phone: mintIdentity({ device: 'phone' }), laptop: mintIdentity({ device: 'laptop' }) };
  const redis = await startRedis();
  const nodes = new Map<NodeName, DevicesNode & { readonly redis: Redis }>();
  const clients: ConnectedDevice[] = [];
  const events: string[] = [];
  const startMs = Date.now();
  const devices = { phone: {}, laptop: {} } as Connections;

  /** Starts a node, and connects both devices to it. */
  async function start(name: NodeName): Promise<void> {
    const client = new Redis({
      path: redis.socket,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => 50,
    });
    client.on('error', () => undefined);
    await once(client, 'ready');
    const node = await startDevicesNode({ store: redisDevices(client, { onError: () => undefined }) });
    nodes.set(name, { ...node, redis: client });
    for (const event of ['first-seen', 'revoked', 'stale'] as const)
      node.devices.on(event, () => void events.push(`${event} on ${name}`));
    for (const device of ['phone', 'laptop'] as const) {
      devices[device][name] = connectDevice(node.address, identities[device], {});
      clients.push(devices[device][name]);
    }
  }

  async function step(who: string, what: string, run: () => Promise<string>, expected: string): Promise<void> {
    const result = await run().catch(reasonOf);
    const time = new Date(Date.now() - startMs).toISOString().slice(14, 19);
    const got = [result, ...events.splice(0).toSorted()].join('; ');
    report({ time, who, what, got, expected });
  }

  const onEach = async (device: 'phone' | 'laptop', names: readonly NodeName[] = NODES): Promise<string> => {
    const answers = await Promise.all(names.map((name) => devices[device][name].call()));
    return answers.join(', ');
  };

  const hasPutBack = () => [...nodes.values()].some((node) => node.devices.health().putBacks > 0);

  try {
    for (const name of NODES) await start(name);
    const { phone, laptop } = devices;
    await step('phone', 'makes its first call, on oslo', () => phone.oslo.call(), 'admitted; first-seen on oslo');
    await step('phone', 'calls on every node', () => onEach('phone'), 'admitted, admitted, admitted');
    await step('laptop', 'makes its first call, on bern', () => laptop.bern.call(), 'admitted; first-seen on bern');
    const chat = laptop.bern.openChat();
    await step('laptop', 'opens a stream on bern', () => chat.say('hello'), 'hello');
    await step(
      'phone',
      'logs the laptop out, on oslo',
      () => logOut(phone.oslo, identities.laptop).then((answer) => until(() => events.length === NODES.length, answer)),
      'changed; revoked on bern; revoked on lima; revoked on oslo',
    );
    await step('laptop', 'loses its stream on bern', () => chat.ended, 'DEVICE_REVOKED');
    await step(
      'laptop',
      'calls on every node',
      () => onEach('laptop'),
      'DEVICE_REVOKED, DEVICE_REVOKED, DEVICE_REVOKED',
    );
    await step('redis', 'dies; another one is empty', () => redis.replace().then(() => 'started'), 'started');
    await step(
      'laptop',
      'calls on every node',
      () => onEach('laptop'),
      'DEVICE_REVOKED, DEVICE_REVOKED, DEVICE_REVOKED',
    );
    await step('nodes', 'put back what is revoked', () => until(hasPutBack, 'done'), 'done');
    await step('rome', 'joins as a fourth node', () => start('rome').then(() => 'started'), 'started');
    await step('laptop', 'calls on rome', () => onEach('laptop', ['rome']), 'DEVICE_REVOKED');
    await step('phone', 'calls on rome', () => onEach('phone', ['rome']), 'admitted');
  } finally {
    for (const client of clients) client.close();
    for (const node of nodes.values()) {
      await node.close();
      node.redis.disconnect();
    }
    await redis.close();
  }
}

async function logOut({ own }: ConnectedDevice, { deviceId }: DeviceIdentity): Promise<string> {
  return (await own.revoke(deviceId)).changed ? 'changed' : 'not changed';
}

/** Waits until something is so. @returns the answer that is given, or that it never came to be so. */
async function until(isSo: () => boolean, answer: string): Promise<string> {
  const untilMs = Date.now() + PATIENCE_MS;
  while (!isSo()) {
    if (Date.now() > untilMs) return 'nothing came of it';
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return answer;
}
