import { once } from 'node:events';

import type { Metadata } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createDeviceRegistry } from '../../../src/devices/create-device-registry.js';
import type { DeviceRegistryOptions } from '../../../src/devices/options.js';
import { createGate } from '../../../src/gate/create-gate.js';
import { addDeviceService } from '../../../src/grpc/server/device-service.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import { authReasonOf } from '../../../src/grpc/status.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { authorization, callKinds, methodOf } from '../../support/demo-server.js';
import { incomingCall } from '../../support/incoming-call.js';
import { startNode } from '../../support/start-node.js';

const HOUR_MS = 3_600_000;
const alice = testWallets.alice.address;

/** A node with a registry, devices of Alice that call it, and what the registry told. */
async function start(options: WalletAuthOptions = {}, registry: DeviceRegistryOptions = {}) {
  const clock = settableClock();
  const devices = await createDeviceRegistry({ now: clock.now, timers: clock.timers, ...registry });
  onTestFinished(() => devices.close());
  const events: string[] = [];
  for (const event of ['first-seen', 'renewed', 'lapsed', 'returned', 'revoked', 'purged'] as const) {
    devices.on(event, () => void events.push(event));
  }
  const node = await startNode({ now: clock.now, timers: clock.timers, devices, ...options });
  const token = (device = 'phone') => authorization(`Bearer ${mintToken({ now: clock.now, device })}`);
  const client = node.client();
  const call = async (metadata: Metadata = token()) => authReasonOf((await callKinds.unary(client, metadata)).error);
  return { clock, devices, events, node, token, client, call };
}

/** A chat that has been answered once, and how it ends. */
async function openChat({ client, token }: Awaited<ReturnType<typeof start>>, metadata = token()) {
  const chat = client.chat(metadata);
  const ended = new Promise<string | undefined>((resolve) => chat.on('error', (error) => resolve(authReasonOf(error))));
  const line = async () => {
    const answered = once(chat, 'data');
    chat.write({ text: 'hello' });
    await answered;
  };
  await line();
  return { line, ended };
}

describe('a node with a registry', () => {
  it('enters a device by its first call that passes lists, limits and authorize, and no other', async () => {
    let allowed = false;
    const { call, events, node, token } = await start({
      authorize: () => allowed,
      rules: { [methodOf['server stream']]: 'public' },
    });
    expect(await call()).toBe('ACCESS_DENIED');
    expect(await node.reasonOf('server stream', token())).toBeUndefined();
    expect(events).toEqual([]);
    allowed = true;
    expect(await call()).toBeUndefined();
    expect(events).toEqual(['first-seen']);
  });

  it('renews the device with a call that is denied: its token was good', async () => {
    let allowed = true;
    const { call, clock, events } = await start({ authorize: () => allowed });
    await call();
    allowed = false;
    clock.advance(HOUR_MS / 2);
    expect(await call()).toBe('ACCESS_DENIED');
    expect(events).toEqual(['first-seen', 'renewed']);
  });

  it('logs a device out: its streams end, its cached token is refused, other devices go on', async () => {
    const started = await start();
    const { call, devices, events, token } = started;
    const [phone, laptop] = [token('phone'), token('laptop')];
    const [gone, kept] = [await openChat(started, phone), await openChat(started, laptop)];
    const [device] = (await devices.list(alice)).filter(({ openStreams }) => openStreams > 0);
    const phoneId = (await devices.list(alice)).find(({ deviceId }) => deviceId !== device?.deviceId)?.deviceId ?? '';
    await devices.revoke(phoneId);
    const outcome = await Promise.race([gone.ended, kept.ended]);
    expect(outcome).toBe('DEVICE_REVOKED');
    const answers = await Promise.all([call(phone), call(laptop)]);
    expect(answers.toSorted()).toEqual(['DEVICE_REVOKED', undefined]);
    expect(events.filter((event) => event === 'revoked')).toHaveLength(1);
  });

  it('keeps streams open by the leases of the registry, and ends them with its graceMs', async () => {
    const started = await start({}, { graceMs: 5_000 });
    const chat = await openChat(started);
    started.clock.advance(HOUR_MS - 1_000);
    await started.call();
    started.clock.advance(HOUR_MS);
    await chat.line();
    started.clock.advance(5_000);
    expect(await chat.ended).toBe('TOKEN_EXPIRED');
    expect(started.events).toEqual(['first-seen', 'renewed', 'lapsed']);
  });

  it('asks its own isRevoked as well: the strictest wins', async () => {
    const { call, devices } = await start({ isRevoked: () => true });
    expect(await call()).toBe('DEVICE_REVOKED');
    expect(await devices.list(alice)).toEqual([]);
  });

  it('shares the registry with another gate of the same process', async () => {
    const { call, devices, token } = await start();
    const other = createGate({ now: settableClock().now, devices });
    await call();
    const [device] = await devices.list(alice);
    await devices.revoke(device?.deviceId ?? '');
    const decision = await other.decide(
      incomingCall({ method: methodOf.unary }),
      token().get('authorization')[0] as string,
    );
    expect(decision.admitted).toBe(false);
  });

  it('admits a device that is one too many to the calls that make room, whatever rules say, and to no other', async () => {
    const closed = {
      auth: 'public',
      authorize: () => false,
      authorizeMessage: () => false,
      ownWallet: ['wallet'],
    } as const;
    const rules = { '*': { authorize: () => true }, 'walletauth.v1.DeviceService/*': closed };
    const clock = settableClock();
    const devices = await createDeviceRegistry({
      now: clock.now,
      timers: clock.timers,
      bounds: { devicesPerWallet: 1 },
    });
    onTestFinished(() => devices.close());
    const gate = createGate({ now: clock.now, timers: clock.timers, devices, rules });
    const reasonOf = async (method: string, device: string) => {
      const decision = await gate.decide(incomingCall({ method }), `Bearer ${mintToken({ now: clock.now, device })}`);
      if (!decision.admitted) return decision.status.message;
      const refusal = await decision.checkMessage?.({});
      return refusal === undefined && decision.identity ? 'admitted' : 'closed';
    };
    expect(await reasonOf(methodOf.unary, 'phone')).toBe('admitted');
    expect(await reasonOf(methodOf.unary, 'laptop')).toBe('too many devices');
    for (const name of ['WhoAmI', 'ListDevices', 'RevokeDevice', 'RevokeOtherDevices']) {
      expect(await reasonOf(`/walletauth.v1.DeviceService/${name}`, 'laptop')).toBe('admitted');
    }
    const rename = await gate.decide(incomingCall({ method: '/walletauth.v1.DeviceService/RenameDevice' }), undefined);
    expect(rename.admitted && rename.checkMessage).toBeTypeOf('function'); // the rule holds for it
  });

  it('has the same names of exempt methods as the service', async () => {
    const { deviceServicePaths, revokeByWalletPath } =
      await import('../../../src/devices/service/device-service-paths.js');
    const { DeviceService } = await import('../../../gen/walletauth/v1/devices_pb.js');
    const all = DeviceService.methods.map(({ name }) => `/${DeviceService.typeName}/${name}`);
    expect(all.filter((path) => !deviceServicePaths.has(path))).toEqual([
      '/walletauth.v1.DeviceService/RenameDevice',
      revokeByWalletPath,
    ]);
    expect([...deviceServicePaths].filter((path) => !all.includes(path))).toEqual([]);
    expect(typeof addDeviceService).toBe('function');
  });

  it('counts a stream as open until it is over', async () => {
    const started = await start();
    const chat = started.client.chat(started.token());
    chat.on('error', () => undefined);
    const answered = once(chat, 'data');
    chat.write({ text: 'hello' });
    await answered;
    const open = async () => (await started.devices.list(alice)).map(({ openStreams }) => openStreams);
    expect([await open(), started.devices.health().streams]).toEqual([[1], 1]);
    const over = once(chat, 'end');
    chat.end();
    await over;
    await started.call(); // on the same connection: the server has seen the end before it
    expect([await open(), started.devices.health().streams]).toEqual([[0], 0]);
  });

  it('refuses a graceMs beside it', async () => {
    const { devices } = await start();
    expect(() => walletAuth({ devices, graceMs: 5_000 })).toThrow(TypeError);
  });
});
