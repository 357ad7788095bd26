import { metrics } from '@opentelemetry/api';
import { describe, expect, it, onTestFinished } from 'vitest';

import { insideOf } from '../../src/devices/inside.js';
import { deviceMetrics } from '../../src/otel/device-metrics.js';
import { fakeDevices, type FakeDevicesOptions } from '../../src/testing/fake-devices.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { startNodes } from '../support/many-nodes.js';
import { sdk } from '../support/otel-sdk.js';
import { idOf } from '../support/registry.js';

const HOUR_MS = 3_600_000;

/** A registry whose metrics are recorded. */
async function start(options?: FakeDevicesOptions) {
  const fake = await fakeDevices(options);
  onTestFinished(() => fake.devices.close());
  const seen = sdk();
  const stop = deviceMetrics(fake.devices, seen.provider);
  const value = async (name: string) => (await seen.points(`wallet_auth.devices.${name}`)).map((point) => point.value);
  const events = async () =>
    Object.fromEntries(
      (await seen.points('wallet_auth.devices.events')).map(({ attributes, value: count }) => [
        attributes['event'],
        count,
      ]),
    );
  return { ...fake, ...seen, inside: insideOf(fake.devices), stop, value, events };
}

describe('the metrics of a registry', () => {
  it('show its records, streams, revocations and revoked wallets', async () => {
    const { devices, enter, inside, value, clock } = await start();
    expect([await value('records'), await value('streams'), await value('revocations')]).toEqual([[0], [0], [0]]);
    clock.advance(1_000);
    const identity = await enter();
    const { deviceId } = identity;
    await enter({ device: 'laptop' });
    await enter({ wallet: testWallets.bob });
    const expiresAtMs = clock.now().getTime() + HOUR_MS;
    const release = inside.hold({ kind: 'while-renewed', deviceId, expiresAtMs, end: () => undefined }, identity);
    expect([await value('records'), await value('streams')]).toEqual([[3], [1]]);
    release();
    await devices.revoke(deviceId);
    await devices.revokeWallet(testWallets.bob.address);
    expect([await value('records'), await value('streams')]).toEqual([[1], [0]]);
    expect([await value('revocations'), await value('revoked_wallets')]).toEqual([[2], [1]]);
  });

  it('count hard closes and errors of listeners', async () => {
    const { devices, enter, inside, value } = await start();
    expect([await value('hard_closes'), await value('listener_errors')]).toEqual([[0], [0]]);
    devices.on('first-seen', () => {
      throw new Error('of a listener');
    });
    await enter();
    inside.countHardClose();
    inside.countHardClose();
    expect([await value('hard_closes'), await value('listener_errors')]).toEqual([[2], [1]]);
  });

  it('count every event by its name', async () => {
    const { devices, clock, enter, events } = await start({ bounds: { devices: 2 } });
    clock.advance(1_000);
    const { deviceId } = await enter();
    await enter({ wallet: testWallets.bob });
    await enter({ device: 'one too many' });
    clock.advance(HOUR_MS - 1);
    await enter();
    clock.advance(2 * HOUR_MS);
    await enter();
    await devices.remove(deviceId);
    await devices.revokeWallet(testWallets.bob.address);
    expect(await events()).toEqual({
      'first-seen': 2,
      renewed: 1,
      lapsed: 2,
      returned: 1,
      purged: 1,
      revoked: 1,
      'wallet-revoked': 1,
      'without-row': 1,
    });
  });

  it('show what a store that nodes share does: staleness, reloads, put-backs, provisional devices, errors, first sight', async () => {
    const { nodes, pass, store } = await startNodes(1, { cleanUp: () => Promise.reject(new Error('not now')) });
    const [{ call, devices, tokenOf }] = nodes;
    const { points, provider, table } = sdk();
    onTestFinished(deviceMetrics(devices, provider));
    const value = async (name: string) => (await points(`wallet_auth.devices.${name}`))[0]?.value;
    await call(tokenOf('a'));
    await devices.revoke(idOf('a'));
    await pass(3_000);
    expect(await value('pending_clean_ups')).toBe(1);
    expect(await value('oldest_clean_up')).toBeGreaterThanOrEqual(2_000);
    store.isUp = false;
    await pass(4_000);
    await call(tokenOf('b'));
    await devices.revoke(idOf('c')).catch(() => undefined);
    expect(await value('staleness')).toBe(4_000);
    expect([await value('provisional'), await value('unacknowledged')]).toEqual([1, 1]);
    await store.lose();
    store.isUp = true;
    await pass(4_000);
    expect([await value('reloads'), await value('unacknowledged'), await value('staleness')]).toEqual([1, 0, 0]);
    expect(await value('put_backs')).toBeGreaterThan(0);
    expect(await value('behind')).toBe(0);
    const errors = await table('wallet_auth.devices.store_errors');
    expect(errors).toContainEqual([{ operation: 'enter' }, 1]);
    expect(await value('first_sight')).toMatchObject({ count: 2 }); // one of them was entered later
  });

  it('have no attribute that tells a device or a wallet', async () => {
    const { enter, points } = await start();
    await enter();
    const [point] = await points('wallet_auth.devices.events');
    expect(point?.attributes).toEqual({ event: 'first-seen' });
    expect((await points('wallet_auth.devices.records')).map(({ attributes }) => attributes)).toEqual([{}]);
  });

  it('end when their undo is called', async () => {
    const { enter, events, stop, value } = await start();
    await enter();
    expect([await events(), await value('records')]).toEqual([{ 'first-seen': 1 }, [1]]);
    stop();
    await enter({ device: 'laptop' });
    expect(await events()).toEqual({ 'first-seen': 1 });
    expect(await value('records')).toEqual([1]); // the SDK repeats what it saw last
  });
});

describe('where the numbers go', () => {
  it('is a meter, or the global provider by default', async () => {
    const { devices, enter } = await fakeDevices();
    onTestFinished(() => devices.close());
    const one = sdk();
    deviceMetrics(devices, one.provider.getMeter('mine'));
    const other = sdk();
    metrics.setGlobalMeterProvider(other.provider);
    deviceMetrics(devices);
    await enter();
    for (const { table } of [one, other]) expect(await table('wallet_auth.devices.records')).toEqual([[{}, 1]]);
  });

  it('is nowhere without a global provider', async () => {
    const { devices, enter } = await fakeDevices();
    deviceMetrics(devices)();
    await enter();
    await devices.close();
  });

  it('what is no meter and what is no registry is a TypeError', async () => {
    const { devices } = await fakeDevices();
    onTestFinished(() => devices.close());
    for (const source of [null, {}, 5, 'meter', { getMeter: 1 }]) {
      expect(() => deviceMetrics(devices, source as never)).toThrow(
        new TypeError('deviceMetrics takes a Meter or a MeterProvider'),
      );
    }
    for (const nothing of [null, undefined, {}, () => undefined]) {
      expect(() => deviceMetrics(nothing as never)).toThrow(new TypeError('deviceMetrics takes a device registry'));
    }
  });
});
