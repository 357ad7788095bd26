import { credentials, Server } from '@grpc/grpc-js';
import { expect, it, onTestFinished } from 'vitest';

import { createTokenSource } from '../../../src/client/index.js';
import { createDeviceRegistry } from '../../../src/devices/create-device-registry.js';
import { addDeviceService, authReasonOf, createDeviceClient, walletAuth } from '../../../src/grpc/index.js';
import { mintIdentity } from '../../../src/testing/index.js';
import { bindToLoopback } from '../../support/demo-server.js';

const [phone, laptop, tablet] = ['phone', 'laptop', 'tablet'].map((device) => mintIdentity({ device }));
const reasonOf = (answer: Promise<unknown>) => answer.then(() => 'answered', authReasonOf);

/** A node with one place for each wallet, which the phone takes; clients of the phone and of two that come too late. */
async function startFullNode() {
  const devices = await createDeviceRegistry({ bounds: { devicesPerWallet: 1 } });
  const server = new Server({ interceptors: [walletAuth({ devices })] });
  addDeviceService(server, devices);
  const target = `127.0.0.1:${await bindToLoopback(server)}`;
  const clients = [phone, laptop, tablet].map((identity) =>
    createDeviceClient(target, credentials.createInsecure(), createTokenSource(identity!)),
  );
  onTestFinished(async () => {
    for (const client of clients) client.close();
    server.forceShutdown();
    await devices.close();
  });
  await clients[0]!.rename(phone!.deviceId, 'phone'); // not exempt: it enters the phone
  return clients as [phone: (typeof clients)[0], laptop: (typeof clients)[0], tablet: (typeof clients)[0]];
}

it('under DEVICE_LIMIT the device service’s own list and revoke stay open, and rename does not', async () => {
  const [, late] = await startFullNode();
  expect(await reasonOf(late.rename(phone!.deviceId, 'mine'))).toBe('DEVICE_LIMIT');
  expect(await late.whoAmI()).toMatchObject({ deviceId: laptop!.deviceId });
  expect((await late.list()).devices).toMatchObject([{ deviceId: phone!.deviceId, label: 'phone', isCaller: false }]);
});

it.each([
  ['RevokeDevice', (late: Awaited<ReturnType<typeof startFullNode>>[1]) => late.revoke(phone!.deviceId)],
  ['RevokeOtherDevices', (late: Awaited<ReturnType<typeof startFullNode>>[1]) => late.revokeOthers()],
])('a device under DEVICE_LIMIT makes room with %s: no lock-out', async (_, revoke) => {
  const [early, late, later] = await startFullNode();
  expect(await revoke(late)).toEqual({ changed: true });
  expect(await reasonOf(early.list())).toBe('DEVICE_REVOKED');
  expect(await reasonOf(late.rename(laptop!.deviceId, 'mine'))).toBe('answered');
  expect(await reasonOf(later.rename(laptop!.deviceId, 'mine'))).toBe('DEVICE_LIMIT');
});

it('a device under DEVICE_LIMIT can log itself out', async () => {
  const [early, late] = await startFullNode();
  expect(await late.revoke(laptop!.deviceId)).toEqual({ changed: true });
  expect(await reasonOf(late.list())).toBe('DEVICE_REVOKED');
  expect(await reasonOf(early.list())).toBe('answered');
});
