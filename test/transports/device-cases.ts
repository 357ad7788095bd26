import { Code, createClient } from '@connectrpc/connect';
import { describe, expect, it, onTestFinished } from 'vitest';

import { DeviceService } from '../../gen/walletauth/v1/devices_pb.js';
import type { WalletLike } from '../../src/client/wallet.js';
import { fakeDevices, type FakeDevicesOptions } from '../../src/testing/fake-devices.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { countingCurve } from '../support/counting-curve.js';
import { networkName, requestOf, stated } from '../support/statements.js';
import { tokens } from '../support/tokens.js';
import { statusOf } from './calls.js';
import type { Protocol, Transport } from './node.js';
import { startNode, type NodeOptions } from './start.js';

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

    describe('RevokeByWallet', () => {
      async function startStatements(more: NodeOptions = {}, registry: FakeDevicesOptions = {}) {
        const fake = await fakeDevices({ networkName, ...registry });
        const { devices, clock } = fake;
        onTestFinished(() => devices.close());
        const curve = countingCurve();
        const node = await startNode(transport, protocol, { devices, clock, deviceService: devices, curve, ...more });
        const client = createClient(DeviceService, node.connection.transport);
        const nowMs = () => clock.now().getTime();
        const all = async (wallet: WalletLike = testWallets.alice) =>
          requestOf(await stated({ untilMs: nowMs() }, wallet));
        /** What became of a request: whether it changed anything, or its status. */
        const outcome = (request: object, headers: Record<string, string> = {}) =>
          client.revokeByWallet(request, { headers }).then(({ changed }) => changed, statusOf);
        return { ...fake, node, client, curve, all, outcome };
      }

      it('revokes what a wallet has signed, without a token, and looks at none', async () => {
        const { client, all, clock, curve, node, outcome } = await startStatements();
        const token = { authorization: `Bearer ${mintToken({ now: clock.now, device: 'phone' })}` };
        await client.whoAmI({}, { headers: token });
        const before = { ...curve.calls };
        expect(await outcome(await all())).toBe(true);
        for (const authorization of [token.authorization, tokens.forged, 'nonsense'])
          expect(await outcome(await all(), { authorization })).toBe(false);
        expect(curve.calls).toEqual(before);
        expect(node.events.at(-1)).toMatchObject({ decision: 'admitted', rule: 'public', cached: undefined });
        const refused = await client.whoAmI({}, { headers: token }).catch((error: unknown) => error);
        expect(statusOf(refused)).toMatchObject({ reason: 'DEVICE_REVOKED' });
      });

      it('refuses statements with a status of their own', async () => {
        const { all, outcome } = await startStatements();
        const { wallet } = await all();
        const bobs = { ...(await all(testWallets.bob)), wallet };
        expect(await outcome(bobs)).toMatchObject({ reason: 'WALLET_MISMATCH' });
        expect(await outcome({})).toMatchObject({ code: Code.InvalidArgument, reason: undefined });
        const deviceId = mintIdentity().deviceId;
        expect(await outcome(requestOf(await stated({ deviceId })))).toMatchObject({ code: Code.FailedPrecondition });
      });

      it('its own RATE_LIMITED reaches the caller, from the gate and from the registry', async () => {
        const { all, outcome } = await startStatements({}, { bounds: { revocations: 10 } });
        expect(await outcome(await all())).toBe(true);
        const full = { reason: 'RATE_LIMITED', code: Code.ResourceExhausted, retryAfterMs: undefined };
        expect(await outcome(await all(testWallets.bob))).toMatchObject(full);
        for (let i = 2; i < 20; i++) await outcome({});
        expect(await outcome({})).toMatchObject({ reason: 'RATE_LIMITED', retryAfterMs: 3_000 });
      });

      it('without the name of a network, or behind a gate without the devices, it is UNIMPLEMENTED', async () => {
        const unnamed = await startStatements({}, { networkName: undefined });
        const unknown = await startStatements({
          devices: undefined,
          rules: { 'walletauth.v1.DeviceService/RevokeByWallet': 'public' },
        });
        for (const { all, outcome } of [unnamed, unknown])
          expect(await outcome(await all())).toMatchObject({ code: Code.Unimplemented });
      });

      it('what the registry fails with does not reach the caller', async () => {
        const { all, devices, outcome } = await startStatements();
        await devices.close();
        expect(await outcome(await all())).toMatchObject({ reason: 'AUTH_UNAVAILABLE', code: Code.Unavailable });
      });
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
