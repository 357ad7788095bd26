import { describe, expect, it, onTestFinished } from 'vitest';

import { createGate } from '../../src/gate/create-gate.js';
import { fakeDevices } from '../../src/testing/fake-devices.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { incomingCall } from '../support/incoming-call.js';

const HOUR_MS = 3_600_000;
const GRACE_MS = 30_000;

async function start(...options: Parameters<typeof fakeDevices>) {
  const fake = await fakeDevices(...options);
  onTestFinished(() => fake.devices.close());
  const events: string[] = [];
  for (const event of ['first-seen', 'renewed', 'lapsed', 'returned', 'revoked', 'purged'] as const)
    fake.devices.on(event, () => events.push(event));
  return { ...fake, events };
}

describe('fakeDevices', () => {
  it('takes a device through its life as its clock is advanced, without a server', async () => {
    const { devices, clock, enter, events } = await start();
    const { deviceId } = await enter();
    clock.advance(HOUR_MS - 1);
    await enter();
    clock.advance(HOUR_MS + GRACE_MS);
    await enter();
    await devices.revoke(deviceId);
    expect(events).toEqual(['first-seen', 'renewed', 'lapsed', 'returned', 'revoked']);
    await expect(enter()).rejects.toMatchObject({ reason: 'DEVICE_REVOKED' });
  });

  it('enters the devices of mintIdentity', async () => {
    const { devices, enter } = await start();
    const bobs = { wallet: testWallets.bob, device: 'laptop' };
    expect((await enter()).deviceId).toBe(mintIdentity().deviceId);
    const { deviceId } = await enter(bobs);
    expect(deviceId).toBe(mintIdentity(bobs).deviceId);
    expect(devices.get(deviceId)).toMatchObject({ wallet: testWallets.bob.address });
  });

  it('serves gates', async () => {
    const { devices, clock } = await start();
    const gate = createGate({ devices, now: clock.now, timers: clock.timers });
    await gate.decide(incomingCall(), `Bearer ${mintToken({ now: clock.now })}`);
    expect(devices.get(mintIdentity().deviceId)).toMatchObject({ firstSeenMs: clock.now().getTime() });
  });

  it('takes a clock, and the options of createDeviceRegistry', async () => {
    const clock = settableClock();
    const { clock: own, enter, events } = await start({ clock, graceMs: 5_000 });
    expect(own).toBe(clock);
    await enter();
    clock.advance(HOUR_MS + 5_000);
    expect(events).toEqual(['first-seen', 'lapsed']);
    await expect(fakeDevices({ graceMs: 1 })).rejects.toThrow('graceMs must be an integer');
    await expect(fakeDevices({ now: clock.now } as never)).rejects.toThrow(TypeError);
  });
});
