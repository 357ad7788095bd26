import { Code, createClient } from '@connectrpc/connect';
import { describe, expect, it, onTestFinished } from 'vitest';

import { DeviceService } from '../../gen/walletauth/v1/devices_pb.js';
import { fakeDevices } from '../../src/testing/fake-devices.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { statusOf } from './calls.js';
import type { Protocol, Transport } from './node.js';
import { startNode } from './start.js';

const alice = testWallets.alice.address;

/** What the device service must do on every transport. */
export function deviceCases(transport: Transport, protocol: Protocol): void {
  describe('the device service', () => {
    async function start() {
      const fake = await fakeDevices();
      const { devices, clock } = fake;
      onTestFinished(() => devices.close());
      const node = await startNode(transport, protocol, { devices, clock, deviceService: devices });
      const client = createClient(DeviceService, node.connection.transport);
      const as = (device: string) => ({
        headers: { authorization: `Bearer ${mintToken({ now: clock.now, device })}` },
      });
      const idOf = (device: string) => mintIdentity({ device }).deviceId;
      return { ...fake, node, client, as, idOf };
    }

    it('lists, labels and revokes devices of the caller', async () => {
      const { client, as, idOf, node } = await start();
      expect(await client.whoAmI({}, as('phone'))).toMatchObject({ wallet: alice, deviceId: idOf('phone') });
      await client.whoAmI({}, as('laptop'));
      await client.renameDevice({ deviceId: idOf('phone'), label: 'old phone' }, as('laptop'));
      const { devices } = await client.listDevices({}, as('laptop'));
      expect(devices.map(({ deviceId, label, isCaller }) => [deviceId, label, isCaller]).toSorted()).toEqual(
        [
          [idOf('phone'), 'old phone', false],
          [idOf('laptop'), '', true],
        ].toSorted(),
      );
      expect(await client.revokeDevice({ deviceId: idOf('phone') }, as('laptop'))).toMatchObject({ changed: true });
      const refused = await client.whoAmI({}, as('phone')).catch((error: unknown) => error);
      expect(statusOf(refused)).toMatchObject({ reason: 'DEVICE_REVOKED', code: Code.Unauthenticated });
      expect(node.running.facts.hardCloses).toBe(0);
    });

    it('answers wrong requests with their status and its text', async () => {
      const { client, as, idOf } = await start();
      const failed = async (call: Promise<unknown>) => statusOf(await call.catch((error: unknown) => error));
      expect(await failed(client.revokeDevice({ deviceId: `${alice}/${'0'.repeat(32)}` }, as('phone')))).toMatchObject({
        code: Code.NotFound,
        message: 'no such device',
        reason: undefined,
      });
      expect(
        await failed(client.renameDevice({ deviceId: idOf('phone'), label: '\u0007' }, as('phone'))),
      ).toMatchObject({
        code: Code.InvalidArgument,
      });
      expect(await failed(client.whoAmI({}))).toMatchObject({ reason: 'MISSING_CREDENTIALS' });
    });

    it('tells callers nothing of what the registry fails with', async () => {
      const { client, as, devices, clock } = await start();
      const broken = {
        ...devices,
        list: () => Promise.reject(Object.assign(new Error('redis://secret'), { code: 5 })),
      };
      const node = await startNode(transport, protocol, { devices, clock, deviceService: broken });
      const failing = createClient(DeviceService, node.connection.transport);
      expect(await client.listDevices({}, as('phone'))).toMatchObject({ omitted: 0 });
      const error = await failing.listDevices({}, as('phone')).catch((thrown: unknown) => thrown);
      expect(statusOf(error)).toMatchObject({ code: Code.Internal, message: 'internal error', reason: undefined });
    });
  });
}
