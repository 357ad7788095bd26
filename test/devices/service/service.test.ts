import { describe, expect, it } from 'vitest';

import { DeviceService } from '../../../gen/walletauth/v1/devices_pb.js';
import { deviceServicePaths } from '../../../src/devices/service/device-service-paths.js';
import { createDeviceService, type DeviceServiceHandlers } from '../../../src/devices/service/service.js';
import { StatusError } from '../../../src/devices/service/status-error.js';
import { walletIdentity } from '../../../src/identity.js';
import { mintIdentity, testWallets } from '../../../src/testing/index.js';
import { fakeRegistry, type FakeDevice } from '../../support/fake-registry.js';

const idOf = (wallet: 'alice' | 'bob', device: string) =>
  mintIdentity({ wallet: testWallets[wallet], device }).deviceId;
const phone = idOf('alice', 'phone');
const laptop = idOf('alice', 'laptop');
const tablet = idOf('alice', 'tablet');
const bobs = idOf('bob', 'phone');
const unknown = `${testWallets.alice.address}/${'0'.repeat(32)}`;

const alice = walletIdentity({
  wallet: testWallets.alice.address,
  deviceId: phone,
  identityKey: new Uint8Array(65),
  issuedAtMs: 10_000,
  expiresAtMs: 20_000,
});

function setUp(...devices: readonly FakeDevice[]) {
  const registry = fakeRegistry(...devices);
  return { registry, service: createDeviceService(registry, () => 12_345) };
}

/** The registry of most tests: three devices of Alice, one of Bob. */
const everybody = [{ deviceId: phone }, { deviceId: laptop }, { deviceId: tablet }, { deviceId: bobs }];

const rejection = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);
const notFound = { code: 5, message: 'no such device' };

describe('WhoAmI', () => {
  it('answers with wallet, device, the end of the token and the time of the node', async () => {
    const { service } = setUp();
    expect(await service.whoAmI(alice)).toMatchObject({
      $typeName: 'walletauth.v1.DeviceServiceWhoAmIResponse',
      wallet: alice.wallet,
      deviceId: phone,
      expiresAtMs: 20_000n,
      serverTimeMs: 12_345n,
    });
  });
});

describe('ListDevices', () => {
  it('lists all devices of the own wallet, the newest first, and nobody else’s', async () => {
    const { service, registry } = setUp(...everybody);
    registry.withoutRecord.add(laptop);
    const { devices, omitted } = await service.listDevices(alice);
    expect(devices.map(({ deviceId }) => deviceId)).toEqual([tablet, laptop, phone]);
    expect(omitted).toBe(0);
  });

  it('tells everything about a device, and which one is calling', async () => {
    const about = { firstSeenMs: 11, lastSeenMs: 22, openStreams: 3, isConfirmed: true };
    const { service } = setUp(
      { deviceId: phone, label: 'my phone', lastAddress: '203.0.113.7', ...about },
      { deviceId: laptop },
    );
    const { devices } = await service.listDevices(alice);
    const $typeName = 'walletauth.v1.Device';
    expect(devices).toEqual([
      {
        $typeName,
        deviceId: laptop,
        label: '',
        firstSeenMs: 1_000n,
        lastSeenMs: 2_000n,
        openStreams: 0,
        isCaller: false,
        isConfirmed: false,
      },
      {
        $typeName,
        deviceId: phone,
        label: 'my phone',
        firstSeenMs: 11n,
        lastSeenMs: 22n,
        lastAddress: '203.0.113.7',
        openStreams: 3,
        isCaller: true,
        isConfirmed: true,
      },
    ]);
  });

  it('lists the 1,000 newest and says how many it left out', async () => {
    const ids = Array.from({ length: 1_002 }, (_, i) => `${alice.wallet}/${i.toString(16).padStart(32, '0')}`);
    const { service } = setUp(...ids.map((deviceId) => ({ deviceId })));
    const { devices, omitted } = await service.listDevices(alice);
    expect({ listed: devices.length, omitted }).toEqual({ listed: 1_000, omitted: 2 });
    expect(devices.at(-1)?.deviceId).toBe(ids[2]);
  });
});

describe('RevokeDevice', () => {
  it('revokes a device of the own wallet, and says whether that changed anything', async () => {
    const { service, registry } = setUp(...everybody);
    expect((await service.revokeDevice(alice, { deviceId: laptop })).changed).toBe(true);
    expect([...registry.revoked]).toEqual([laptop]);
    expect((await service.revokeDevice(alice, { deviceId: laptop })).changed).toBe(false);
  });

  it('revokes a device of which this node has no record', async () => {
    const { service, registry } = setUp(...everybody);
    registry.withoutRecord.add(laptop);
    await service.revokeDevice(alice, { deviceId: laptop });
    expect([...registry.revoked]).toEqual([laptop]);
  });

  it.each([
    ['with', everybody],
    ['without', []],
  ])('revokes the calling device itself, %s a row: log out', async (_, devices) => {
    const { service, registry } = setUp(...devices);
    expect((await service.revokeDevice(alice, { deviceId: phone })).changed).toBe(true);
    expect([...registry.revoked]).toEqual([phone]);
  });

  it('leaves alone what a device that is revoked during the look-up wanted revoked', async () => {
    const { service, registry } = setUp(...everybody);
    registry.withoutRecord.add(laptop);
    registry.onList = () => registry.revoked.add(phone);
    expect(await rejection(service.revokeDevice(alice, { deviceId: laptop }))).toMatchObject({
      reason: 'DEVICE_REVOKED',
    });
    expect([...registry.revoked]).toEqual([phone]);
  });
});

describe('RevokeOtherDevices', () => {
  it('revokes all devices of the wallet but the calling one', async () => {
    const { service, registry } = setUp(...everybody);
    expect((await service.revokeOtherDevices(alice)).changed).toBe(true);
    expect(registry.revoked).toEqual(new Set([laptop, tablet]));
    expect((await service.revokeOtherDevices(alice)).changed).toBe(false);
  });

  it('is the registry’s own revokeOthers, which covers devices that were never seen', async () => {
    const { service, registry } = setUp(...everybody);
    const survivors: string[] = [];
    registry.revokeOthers = async (survivor) => ({ changed: survivors.push(survivor) > 0 });
    expect((await service.revokeOtherDevices(alice)).changed).toBe(true);
    expect({ survivors, revoked: registry.revoked.size }).toEqual({ survivors: [phone], revoked: 0 });
  });

  it('leaves the calling device, where its row is made meanwhile', async () => {
    const { service, registry } = setUp({ deviceId: laptop });
    const [mine] = fakeRegistry({ deviceId: phone }).rows.values();
    let lists = 0;
    registry.onList = () => void (++lists === 2 && registry.rows.set(phone, mine!));
    expect((await service.revokeOtherDevices(alice)).changed).toBe(true);
    expect([...registry.revoked]).toEqual([laptop]);
  });

  it('works for a device without a row, as under DEVICE_LIMIT: no lock-out', async () => {
    const { service, registry } = setUp(...everybody);
    registry.rows.delete(phone);
    expect((await service.revokeOtherDevices(alice)).changed).toBe(true);
    expect(registry.revoked).toEqual(new Set([laptop, tablet]));
    expect((await service.revokeOtherDevices(alice)).changed).toBe(false);
  });

  it('of a device without a row ends as soon as it is revoked itself', async () => {
    const { service, registry } = setUp({ deviceId: laptop });
    registry.onList = () => registry.revoked.add(phone);
    expect(await rejection(service.revokeOtherDevices(alice))).toMatchObject({ reason: 'DEVICE_REVOKED' });
    expect([...registry.revoked]).toEqual([phone]);
  });
});

describe('RenameDevice', () => {
  const rename = (label: string) => {
    const { service, registry } = setUp(...everybody);
    return rejection(service.renameDevice(alice, { deviceId: laptop, label })).then((answer) => ({
      answer,
      label: registry.rows.get(laptop)?.label,
    }));
  };

  it.each(['Laptop', '', 'Ноутбук', 'ノート', 'x'.repeat(64), '🧭'.repeat(64), "Ann's 2nd phone (work)"])(
    'gives the label %j',
    async (label) => expect((await rename(label)).label).toBe(label),
  );

  it.each([
    ['65 characters', 'x'.repeat(65)],
    ['65 characters of two units each', '🧭'.repeat(65)],
    ['a million characters', 'x'.repeat(1_000_000)],
    ...[0x00, 0x09, 0x0a, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9f].map((code) => [`the control character ${code}`, code]),
    ...[0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069].map((code) => [
      `the bidi character U+${code.toString(16)}`,
      code,
    ]),
    ...[0xd800, 0xdbff, 0xdc00, 0xdfff].map((code) => [`the lone surrogate ${code.toString(16)}`, code]),
  ] as [string, string | number][])('answers INVALID_ARGUMENT to a label of %s', async (_, label) => {
    const { answer, label: kept } = await rename(typeof label === 'string' ? label : `a${String.fromCharCode(label)}b`);
    expect(answer).toBeInstanceOf(StatusError);
    expect(answer).toMatchObject({ code: 3, message: expect.stringMatching(/^label: at most 64 characters/) });
    expect(kept).toBe('');
  });
});

describe('somebody else’s devices', () => {
  it.each([
    ['of another wallet', bobs],
    ['unknown', unknown],
    ['of another wallet and unknown', `${testWallets.bob.address}/${'0'.repeat(32)}`],
    ['empty', ''],
    ['a wallet', alice.wallet],
    ['a wallet in lower case', phone.toLowerCase()],
    ['longer', `${phone}0`],
    ['followed by a line', `${phone}\n`],
    ['a path', `${alice.wallet}/../${bobs}`],
  ])('a device id that is %s answers NOT_FOUND to revoke and rename alike', async (_, deviceId) => {
    const { service, registry } = setUp(...everybody);
    for (const answer of [
      await rejection(service.revokeDevice(alice, { deviceId })),
      await rejection(service.renameDevice(alice, { deviceId, label: 'mine' })),
    ]) {
      expect(answer).toBeInstanceOf(StatusError);
      expect(answer).toMatchObject(notFound);
    }
    expect(registry.revoked.size).toBe(0);
    expect([...registry.rows.values()].map(({ label }) => label)).toEqual(['', '', '', '']);
  });

  it('that are revoked answer NOT_FOUND too', async () => {
    const { service, registry } = setUp();
    registry.revoked.add(bobs);
    expect(await rejection(service.revokeDevice(alice, { deviceId: bobs }))).toMatchObject(notFound);
  });
});

const calls: [string, (service: DeviceServiceHandlers, caller: typeof alice | undefined) => Promise<unknown>][] = [
  ['whoAmI', (service, caller) => service.whoAmI(caller)],
  ['listDevices', (service, caller) => service.listDevices(caller)],
  ['revokeDevice', (service, caller) => service.revokeDevice(caller, { deviceId: phone })],
  ['revokeOtherDevices', (service, caller) => service.revokeOtherDevices(caller)],
  ['renameDevice', (service, caller) => service.renameDevice(caller, { deviceId: phone, label: '\0' })],
];

describe.each(calls)('%s', (_, call) => {
  it('rejects with MISSING_CREDENTIALS without a caller', async () => {
    const { service, registry } = setUp(...everybody);
    expect(await rejection(call(service, undefined))).toMatchObject({ reason: 'MISSING_CREDENTIALS' });
    expect(registry.revoked.size).toBe(0);
  });

  it('rejects with DEVICE_REVOKED where the device was revoked after the call was admitted', async () => {
    const { service, registry } = setUp(...everybody);
    registry.revoked.add(phone);
    expect(await rejection(call(service, alice))).toMatchObject({ reason: 'DEVICE_REVOKED' });
    expect(registry.rows.size).toBe(4);
  });
});

describe('deviceServicePaths', () => {
  it('are the four methods that stay open under DEVICE_LIMIT', () => {
    expect([...deviceServicePaths]).toEqual([
      '/walletauth.v1.DeviceService/WhoAmI',
      '/walletauth.v1.DeviceService/ListDevices',
      '/walletauth.v1.DeviceService/RevokeDevice',
      '/walletauth.v1.DeviceService/RevokeOtherDevices',
    ]);
    expect(DeviceService.methods.map(({ name }) => name)).toEqual([
      'WhoAmI',
      'ListDevices',
      'RevokeDevice',
      'RevokeOtherDevices',
      'RenameDevice',
      'RevokeByWallet',
    ]);
  });
});
