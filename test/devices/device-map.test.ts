import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { deviceMap } from '../../src/devices/device-map.js';
import type { Device } from '../../src/devices/device-registry.js';
import { insideOf } from '../../src/devices/inside.js';
import { fakeDevices, type FakeDevicesOptions } from '../../src/testing/fake-devices.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { fakeRegistry } from '../support/fake-registry.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const GRACE_MS = 30_000;
const phone = mintIdentity().deviceId;
const laptop = mintIdentity({ device: 'laptop' }).deviceId;

/** A registry with a map of queues, and what became of them. */
async function start(options: FakeDevicesOptions = {}) {
  const fake = await fakeDevices(options);
  onTestFinished(() => fake.devices.close());
  const released: [messages: string[], device: Device][] = [];
  const create = vi.fn<(device: Device) => string[]>(() => []);
  const queues = deviceMap(fake.devices, create, { release: (queue, device) => released.push([queue, device]) });
  return { ...fake, queues, create, released };
}

describe('the value of a device', () => {
  it('is made when it is first asked for, of the device as the registry knows it', async () => {
    const { devices, enter, queues, create } = await start();
    await enter();
    expect([queues.has(phone), queues.size]).toEqual([false, 0]);
    const queue = queues.get(phone);
    expect(create.mock.calls).toEqual([[devices.get(phone)]]);
    expect(queues.get(phone)).toBe(queue);
    expect(create).toHaveBeenCalledTimes(1);
    expect([queues.has(phone), queues.size]).toEqual([true, 1]);
  });

  it('stays the same across token renewals, the lapse of the device and its return', async () => {
    const { clock, enter, queues, released } = await start();
    await enter();
    const queue = queues.get(phone);
    queue?.push('queued before the token swap');
    clock.advance(HOUR_MS - 1);
    await enter();
    expect(queues.get(phone)).toBe(queue);
    clock.advance(DAY_MS);
    expect(queues.get(phone)).toBe(queue);
    await enter();
    expect(queues.get(phone)).toEqual(['queued before the token swap']);
    expect(released).toEqual([]);
  });

  it('may be undefined, and is made once all the same', async () => {
    const { devices, enter } = await start();
    await enter();
    const create = vi.fn<() => undefined>();
    const map = deviceMap(devices, create);
    expect([map.get(phone), map.get(phone), map.has(phone)]).toEqual([undefined, undefined, true]);
    expect(create).toHaveBeenCalledTimes(1);
  });

  it('is undefined for a device without a live record: unknown, revoked, removed, or not a device at all', async () => {
    const { devices, enter, queues, create } = await start();
    expect(queues.get(phone)).toBeUndefined();
    expect(queues.get('nobody')).toBeUndefined();
    await enter();
    await enter({ device: 'laptop' });
    await devices.revoke(phone);
    await devices.remove(laptop);
    expect([queues.get(phone), queues.get(laptop)]).toEqual([undefined, undefined]);
    expect(create).not.toHaveBeenCalled();
  });

  it('what create throws reaches the caller, and nothing is kept', async () => {
    const { devices, enter } = await start();
    await enter();
    let broken = true;
    const map = deviceMap(devices, () => {
      if (broken) throw new RangeError('no room');
      return 'made';
    });
    expect(() => map.get(phone)).toThrow(new RangeError('no room'));
    expect([map.has(phone), insideOf(devices).state.records.get(phone)?.pins]).toEqual([false, 0]);
    broken = false;
    expect(map.get(phone)).toBe('made');
  });

  it('can be iterated over, in the order of making', async () => {
    const { enter, queues } = await start();
    for (const device of ['phone', 'laptop', 'tablet']) await enter({ device });
    queues.get(laptop)?.push('b');
    queues.get(phone)?.push('a');
    expect([...queues]).toEqual([
      [laptop, ['b']],
      [phone, ['a']],
    ]);
    expect([...queues.entries()]).toEqual([...queues]);
  });
});

describe('a value pins its record', () => {
  it('which is never evicted, however many devices come', async () => {
    const { devices, enter, queues } = await start({ bounds: { records: 2 } });
    await enter();
    queues.get(phone)?.push('kept');
    for (let i = 0; i < 10; i++) await enter({ device: `other ${i}` });
    expect(devices.get(phone)).toBeDefined();
    expect(queues.get(phone)).toEqual(['kept']);
  });

  it('and is evicted like any other without a value', async () => {
    const { devices, enter } = await start({ bounds: { records: 2 } });
    await enter();
    for (let i = 0; i < 10; i++) await enter({ device: `other ${i}` });
    expect(devices.get(phone)).toBeUndefined();
  });

  it('in each of several maps', async () => {
    const { devices, enter, queues } = await start();
    const other = deviceMap(devices, () => 0);
    await enter();
    queues.get(phone);
    other.get(phone);
    const record = insideOf(devices).state.records.get(phone);
    expect(record?.pins).toBe(2);
    other.close();
    expect(record?.pins).toBe(1);
    await devices.revoke(phone);
    expect(record?.pins).toBe(0);
  });
});

describe('a value is released once', () => {
  it('when its device is revoked by id, wallet or revokeOthers, after the event', async () => {
    const { devices, clock, enter, queues, released } = await start();
    clock.advance(1_000); // the certificates are older than the revocations
    const order: string[] = [];
    devices.on('revoked', ({ deviceId }) => order.push(`${deviceId} ${released.length}`));
    for (const device of ['phone', 'laptop', 'tablet']) {
      const { deviceId } = await enter({ device });
      queues.get(deviceId)?.push(device);
    }
    const tablet = mintIdentity({ device: 'tablet' }).deviceId;
    await devices.revoke(phone);
    await devices.revokeOthers(laptop);
    await devices.revokeWallet(testWallets.alice.address);
    expect(released.map(([queue, { deviceId }]) => [queue, deviceId])).toEqual([
      [['phone'], phone],
      [['tablet'], tablet],
      [['laptop'], laptop],
    ]);
    expect(order).toEqual([`${phone} 0`, `${tablet} 1`, `${laptop} 2`]);
    await devices.revoke(phone);
    expect([released.length, queues.size]).toEqual([3, 0]);
  });

  it('when it is removed; if the device comes back, it gets a new one', async () => {
    const { devices, enter, queues, released } = await start();
    await enter();
    queues.get(phone)?.push('old');
    await devices.remove(phone);
    await enter();
    expect(queues.get(phone)).toEqual([]);
    expect(released.map(([queue]) => queue)).toEqual([['old']]);
  });

  it('when it is purged after idle.afterMs, and never when its token ends', async () => {
    const { devices, clock, enter, queues, released } = await start({ idle: { afterMs: DAY_MS } });
    await enter();
    await devices.confirm(phone);
    queues.get(phone);
    const purged = new Promise((resolve) => devices.on('purged', resolve));
    clock.advance(HOUR_MS + GRACE_MS);
    expect(devices.get(phone)?.expiresAtMs).toBeLessThan(clock.now().getTime());
    expect(released).toEqual([]);
    clock.advance(DAY_MS);
    await purged;
    expect([released.length, queues.size]).toEqual([1, 0]);
  });

  it('with the device as it was known last', async () => {
    const { devices, clock, enter, queues, released } = await start();
    await enter();
    queues.get(phone);
    clock.advance(60_000);
    const { expiresAtMs } = await enter();
    await devices.rename(phone, 'my phone');
    await devices.revoke(phone);
    expect(released).toMatchObject([[[], { deviceId: phone, label: 'my phone', expiresAtMs, openStreams: 0 }]]);
  });

  it('what release throws or rejects with is dropped, and stops nothing', async () => {
    const { devices, enter, queues, released } = await start();
    for (const release of [
      () => {
        throw new Error('thrown');
      },
      () => Promise.reject(new Error('rejected')),
    ]) {
      deviceMap(devices, () => 0, { release }).get((await enter()).deviceId);
      deviceMap(devices, () => 0, { release }).get((await enter({ device: 'laptop' })).deviceId);
    }
    queues.get(phone);
    queues.get(laptop);
    expect(await devices.revoke(phone)).toEqual({ changed: true });
    expect(await devices.remove(laptop)).toBe(true);
    expect(released).toHaveLength(2);
  });

  it('also if its device is revoked while it is being made', async () => {
    const { devices, enter } = await start();
    await enter();
    const released: string[] = [];
    const create = ({ deviceId }: Device) => (void devices.revoke(deviceId), 'value');
    const map = deviceMap(devices, create, { release: (value) => released.push(value) });
    expect(map.get(phone)).toBeUndefined();
    expect([map.size, released]).toEqual([0, ['value']]);
  });
});

describe('close', () => {
  it('lets go of the values and of their records, and releases nothing', async () => {
    const { devices, enter, queues, released } = await start();
    await enter();
    queues.get(phone);
    queues.close();
    queues.close();
    expect([queues.size, queues.get(phone)]).toEqual([0, undefined]);
    expect(insideOf(devices).state.records.get(phone)?.pins).toBe(0);
    await devices.revoke(phone);
    expect(released).toEqual([]);
  });

  it('of the registry leaves the values: the devices are not gone', async () => {
    const { devices, enter, queues, released } = await start();
    await enter();
    const queue = queues.get(phone);
    await devices.close();
    expect(queues.get(phone)).toBe(queue);
    expect(released).toEqual([]);
  });
});

describe('construction', () => {
  it('names what is wrong', async () => {
    const { devices } = await start();
    expect(() => deviceMap(devices, 'create' as never)).toThrow(new TypeError('create must be a function'));
    expect(() => deviceMap(devices, () => 0, { release: 1 as never })).toThrow('release must be a function');
    expect(() => deviceMap(devices, () => 0, { relase: () => 0 } as never)).toThrow('unknown option "relase"');
    expect(() => deviceMap(fakeRegistry(), () => 0)).toThrow('devices must be made by createDeviceRegistry');
  });
});
