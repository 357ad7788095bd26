/** A node: a gRPC server, its registry of devices, and a parent that gives orders and is told what happens. */
import { promisify } from 'node:util';

import { Server, ServerCredentials } from '@grpc/grpc-js';
import { createDeviceRegistry, deviceMap } from 'grpc-wallet-auth/devices';
import { authenticated, grpcServiceDefinition, walletAuth } from 'grpc-wallet-auth/grpc';
import { DemoService } from 'grpc-wallet-auth/proto';
import { redisDevices } from 'grpc-wallet-auth/redis';
import { Redis } from 'ioredis';

const { redisPort, aheadMs, cleanUpMs, logLength, devicesPerWallet } = JSON.parse(process.argv[2]);
/** Tokens are good for so long that a node whose clock is an hour ahead takes them, too. */
const MAX_AGE_MS = 4 * 3_600_000;
const EVENTS = [
  'first-seen',
  'renewed',
  'lapsed',
  'returned',
  'revoked',
  'purged',
  'wallet-revoked',
  'provisional',
  'stale',
  'fresh',
];

/** One clock for all processes of this machine, whatever the registry believes. */
const nowMs = () => performance.timeOrigin + performance.now();
const report = (what) => process.connected && process.send({ ...what, atMs: nowMs() });
const now = () => new Date(Date.now() + aheadMs);

process.on('warning', ({ message }) => report({ warning: message }));
process.on('disconnect', () => process.exit()); // no parent, no node

/** What clean-ups do: `work`, `fail`, or `hang` until that is over. */
let mode = 'work';
let wake;
let awake = Promise.resolve();
let runs = 0;

async function cleanUp({ deviceId, incarnation, cause }) {
  const run = ++runs;
  report({ cleanUp: 'begin', run, deviceId, incarnation, cause });
  if (mode === 'hang') await awake;
  await new Promise((resolve) => setTimeout(resolve, cleanUpMs));
  const isGood = mode !== 'fail';
  report({ cleanUp: isGood ? 'done' : 'failed', run, deviceId });
  if (!isGood) throw new Error('it failed');
}

const redis = new Redis({ port: redisPort, enableOfflineQueue: false, maxRetriesPerRequest: 0 });
redis.on('error', () => undefined);
const store = redisDevices(redis, {
  prefix: 'chaos:',
  logLength,
  onError: (error) => report({ warning: error.message }),
});
const bounds = devicesPerWallet === undefined ? {} : { devicesPerWallet };
const devices = await createDeviceRegistry({ store, cleanUp, now, bounds });
for (const event of EVENTS) devices.on(event, ({ deviceId }) => report({ event, deviceId }));
const hold = ({ deviceId }) => {
  report({ event: 'held', deviceId });
  return [];
};
const values = deviceMap(devices, hold, {
  release: (_, { deviceId }) => report({ event: 'released', deviceId }),
});

const handlers = {
  whoAmI: authenticated(({ identity: { wallet, deviceId } }) => {
    if (values.get(deviceId) !== undefined) values.get(deviceId).push('a call');
    return { wallet, deviceId };
  }),
  chat: authenticated(async function* ({ identity: { wallet }, requests }) {
    for await (const { text } of requests) yield { wallet, text };
  }),
};

const server = new Server({ interceptors: [walletAuth({ devices, now, maxAgeMs: MAX_AGE_MS })] });
server.addService(grpcServiceDefinition(DemoService), handlers);
const port = await promisify(server.bindAsync.bind(server))('127.0.0.1:0', ServerCredentials.createInsecure());

/** Changes, with the time at which they were ordered, and whether the store has acknowledged them. */
async function change(run) {
  const atMs = nowMs();
  try {
    return { atMs, isAcknowledged: true, answer: await run() };
  } catch (error) {
    return { atMs, isAcknowledged: false, error: String(error) };
  }
}

const orders = {
  revoke: (deviceId) => change(() => devices.revoke(deviceId)),
  revokeWallet: (wallet) => change(() => devices.revokeWallet(wallet)),
  revokeAll: (ids) => Promise.all(ids.map((id) => change(() => devices.revoke(id)))),
  remove: (deviceId) => change(() => devices.remove(deviceId)),
  list: (wallet) => devices.list(wallet),
  notRevoked: (ids) => ids.filter((id) => !devices.isRevoked(id)),
  health: () => devices.health(),
  cleanUps(next) {
    mode = next;
    if (next === 'hang') awake = new Promise((resolve) => (wake = resolve));
    else wake?.();
  },
};

async function obey({ id, order, args }) {
  try {
    report({ id, answer: await orders[order](...args) });
  } catch (error) {
    report({ id, error: String(error) });
  }
}

process.on('message', (message) => void obey(message));
report({ port });
