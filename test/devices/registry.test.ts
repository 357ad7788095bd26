import { setImmediate } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { createDeviceRegistry } from '../../src/devices/create-device-registry.js';
import { deviceMap } from '../../src/devices/device-map.js';
import { memoryDevices } from '../../src/devices/memory/memory-store.js';
import type { DeviceStore } from '../../src/devices/store.js';
import { createGate } from '../../src/gate/create-gate.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { GRACE_MS, HOUR_MS, idOf, startRegistry } from '../support/registry.js';

const DAY_MS = 24 * HOUR_MS;
const alice = testWallets.alice.address;
const bob = testWallets.bob.address;

describe('one device, many tokens', () => {
  it('is known by its id: every newer token renews it, in any order, and creates nothing twice', async () => {
    const { call, devices, events, tokenOf } = await startRegistry();
    const [first, third, second] = [
      tokenOf('a'),
      tokenOf('a', { lifeMs: 3 * HOUR_MS }),
      tokenOf('a', { lifeMs: 2 * HOUR_MS }),
    ];
    for (const token of [first, third, second, first, third]) expect(await call(token)).toBe('admitted');
    expect(events).toEqual(['first-seen a', 'renewed a']);
    expect(devices.get(idOf('a'))?.expiresAtMs).toBe(third.expiresAtMs);
    expect(devices.health().records).toBe(1);
  });

  it('enters once, however many of its calls come at once', async () => {
    const { call, events, tokenOf } = await startRegistry();
    const token = tokenOf('a');
    await Promise.all([call(token), call(token), call(tokenOf('a'))]);
    expect(events).toEqual(['first-seen a']);
  });

  it('counts as renewed as soon as its token is verified, though the call is then refused', async () => {
    const { call, clock, events, inside, tokenOf } = await startRegistry();
    await call(tokenOf('a'));
    clock.advance(HOUR_MS - 1_000);
    inside.present(tokenOf('a')); // and then limited or denied
    clock.advance(HOUR_MS);
    expect(events).toEqual(['first-seen a', 'renewed a']);
  });

  it('is not entered by a token that is presented alone', async () => {
    const { devices, events, inside, tokenOf } = await startRegistry();
    inside.present(tokenOf('a'));
    expect(events).toEqual([]);
    expect(await devices.list(alice)).toEqual([]);
  });
});

describe('token expiry is not device expiry', () => {
  it('a device lapses a grace period after its newest token ended, and returns', async () => {
    const { call, clock, devices, events, tokenOf } = await startRegistry();
    await call(tokenOf('a'));
    clock.advance(HOUR_MS + GRACE_MS - 1);
    expect(events).toEqual(['first-seen a']);
    clock.advance(1);
    expect(events).toEqual(['first-seen a', 'lapsed a']);
    expect(devices.get(idOf('a'))).toBeDefined();
    await call(tokenOf('a'));
    expect(events).toEqual(['first-seen a', 'lapsed a', 'returned a']);
  });

  it('is purged when it was idle for too long, and is first seen when it comes again', async () => {
    const { call, clock, devices, events, tokenOf } = await startRegistry({
      idle: { afterMs: 10 * DAY_MS, confirmAfterMs: 0 },
    });
    await call(tokenOf('a'));
    clock.advance(1_000);
    await call(tokenOf('a')); // confirms
    clock.advance(10 * DAY_MS + 2 * HOUR_MS);
    await setImmediate();
    expect(events.at(-1)).toBe('purged a');
    expect(devices.get(idOf('a'))).toBeUndefined();
    await call(tokenOf('a'));
    expect(events).toEqual(['first-seen a', 'renewed a', 'lapsed a', 'purged a', 'first-seen a']);
  });

  it('with an open stream is not idle', async () => {
    const { call, clock, devices, events, open, tokenOf } = await startRegistry({
      idle: { afterMs: DAY_MS, confirmAfterMs: 0 },
    });
    const token = tokenOf('a', { lifeMs: 20 * DAY_MS });
    await call(token);
    await call(tokenOf('a', { lifeMs: 20 * DAY_MS + 1 }));
    open(token);
    for (let i = 0; i < 40; i++) {
      clock.advance(DAY_MS / 4);
      await setImmediate();
    }
    expect(events.at(-1)).toBe('renewed a');
    expect(devices.get(idOf('a'))?.openStreams).toBe(1);
  });

  it('removed is forgotten without being revoked: its streams end with TOKEN_EXPIRED, and it may come back', async () => {
    const { call, devices, events, open, tokenOf } = await startRegistry();
    const token = tokenOf('a');
    await call(token);
    const stream = open(token);
    expect(await devices.remove(idOf('a'))).toBe(true);
    expect(await devices.remove(idOf('a'))).toBe(false);
    expect(stream.ended).toEqual(['TOKEN_EXPIRED']);
    expect(await call(token)).toBe('admitted');
    expect(events).toEqual(['first-seen a', 'purged a', 'first-seen a']);
  });
});

describe('revocation', () => {
  it('holds at once, for cached tokens too, ends streams, is told once and never taken back', async () => {
    const { call, devices, events, open, tokenOf } = await startRegistry();
    const token = tokenOf('a');
    await call(token);
    const stream = open(token);
    expect(await devices.revoke(idOf('a'))).toEqual({ changed: true });
    expect(await devices.revoke(idOf('a'))).toEqual({ changed: false });
    expect(await Promise.all([call(token), call(tokenOf('a'))])).toEqual(['DEVICE_REVOKED', 'DEVICE_REVOKED']);
    expect(stream.ended).toEqual(['DEVICE_REVOKED']);
    expect(events).toEqual(['first-seen a', 'revoked a']);
    expect([devices.isRevoked(idOf('a')), devices.isRevoked(idOf('b')), devices.get(idOf('a'))]).toEqual([
      true,
      false,
      undefined,
    ]);
    expect(await devices.list(alice)).toEqual([]);
  });

  it('of a device that was never seen holds when it comes', async () => {
    const { call, devices, events, tokenOf } = await startRegistry();
    await devices.revoke(idOf('a'));
    expect(await call(tokenOf('a'))).toBe('DEVICE_REVOKED');
    expect(events).toEqual(['revoked a']);
  });

  it('of a device whose record made room is not missed by a cached token that still holds the record', async () => {
    const { call, devices, tokenOf } = await startRegistry({ bounds: { records: 1 } });
    const token = tokenOf('a');
    await call(token);
    for (const name of 'bcde') await call(tokenOf(name, { wallet: bob }));
    expect(devices.get(idOf('a'))).toBeUndefined();
    await devices.revoke(idOf('a'));
    expect(await call(token)).toBe('DEVICE_REVOKED');
  });

  it.each(['', 'a', alice, `${alice}/123`, `${alice}/${'g'.repeat(32)}`, null, 5, {}])(
    'of %j is a TypeError: that is no device id',
    async (text) => {
      const { devices } = await startRegistry();
      await expect(devices.revoke(text as string)).rejects.toThrow(TypeError);
    },
  );

  it('holds for a call that was under way: it is looked at when the device is presented and again when it enters', async () => {
    const { devices, call, inside, tokenOf } = await startRegistry();
    const [known, unknown] = [tokenOf('a'), tokenOf('b')];
    await call(known);
    for (const token of [known, unknown]) inside.present(token);
    await devices.revoke(idOf('a'));
    await devices.revoke(idOf('b'));
    for (const token of [known, unknown])
      expect(() => inside.enter(token, undefined, false, 0)).toThrow('device revoked');
  });

  it('takes an id in whatever case its address is', async () => {
    const { call, devices, tokenOf } = await startRegistry();
    await devices.revoke(idOf('a').toLowerCase());
    expect(await call(tokenOf('a'))).toBe('DEVICE_REVOKED');
  });

  it('rejects when bounds.revocations is full: none is dropped', async () => {
    const { call, devices, tokenOf } = await startRegistry({ bounds: { revocations: 2 } });
    await devices.revoke(idOf('a'));
    await devices.revoke(idOf('b'));
    await expect(devices.revoke(idOf('c'))).rejects.toThrow('bounds.revocations');
    expect([await call(tokenOf('a')), await call(tokenOf('c'))]).toEqual(['DEVICE_REVOKED', 'admitted']);
  });
});

describe('revokeWallet', () => {
  it('covers every device that was first seen or certified until then, and those that do not tell or are dated ahead', async () => {
    const { call, clock, devices, events, nowMs, tokenOf } = await startRegistry();
    await call(tokenOf('a'));
    await call(tokenOf('z', { wallet: bob }));
    clock.advance(1_000);
    await devices.revokeWallet(alice.toLowerCase());
    const certified = (certifiedAtMs: number | undefined) => tokenOf('n', { certifiedAtMs });
    expect(await call(tokenOf('a'))).toBe('DEVICE_REVOKED');
    expect(await call(certified(nowMs()))).toBe('DEVICE_REVOKED');
    expect(await call(certified(undefined))).toBe('DEVICE_REVOKED');
    expect(await call(certified(nowMs() + 60_001))).toBe('DEVICE_REVOKED');
    clock.advance(10);
    expect(await call(certified(nowMs()))).toBe('admitted');
    expect(await call(tokenOf('z', { wallet: bob }))).toBe('admitted');
    expect(events).toEqual([
      'first-seen a',
      'first-seen z',
      `wallet-revoked ${alice}`,
      'revoked a',
      'first-seen n',
      'renewed z',
    ]);
  });

  it('revokes by id a known device whose certificate is dated later, so that its day never comes', async () => {
    const { call, clock, devices, nowMs, tokenOf } = await startRegistry();
    const ahead = nowMs() + DAY_MS;
    await call(tokenOf('a', { certifiedAtMs: ahead }));
    await devices.revokeWallet(alice);
    clock.advance(2 * DAY_MS);
    expect(await call(tokenOf('a', { certifiedAtMs: ahead }))).toBe('DEVICE_REVOKED');
  });

  it('ends the streams of all of its devices', async () => {
    const { call, devices, open, tokenOf } = await startRegistry();
    const [one, other] = [tokenOf('a'), tokenOf('b')];
    for (const token of [one, other]) await call(token);
    const streams = [open(one), open(other)];
    await devices.revokeWallet(alice);
    expect(streams.map(({ ended }) => ended)).toEqual([['DEVICE_REVOKED'], ['DEVICE_REVOKED']]);
  });

  it('ends the streams of its devices that have no row too', async () => {
    const { call, devices, open, tokenOf } = await startRegistry({ bounds: { devices: 1 } });
    await call(tokenOf('z', { wallet: bob }));
    const token = tokenOf('a');
    await call(token);
    const [stray, kept] = [open(token), open(tokenOf('z', { wallet: bob }))];
    await devices.revokeWallet(alice);
    expect([stray.ended, kept.ended]).toEqual([['DEVICE_REVOKED'], []]);
  });

  it('rejects when bounds.revocations is full, and then nothing has happened', async () => {
    const { call, devices, tokenOf } = await startRegistry({ bounds: { revocations: 1 } });
    await call(tokenOf('a'));
    await devices.revoke(idOf('z', bob));
    await expect(devices.revokeWallet(alice)).rejects.toThrow('bounds.revocations');
    expect(await devices.list(alice)).toHaveLength(1);
    expect(await call(tokenOf('a'))).toBe('admitted');
  });

  it('of a wallet that was revoked before takes no room: devices that came since are told, and their values released', async () => {
    const { call, clock, devices, events, tokenOf } = await startRegistry({ bounds: { revocations: 1 } });
    await devices.revokeWallet(alice);
    clock.advance(2_000);
    const token = tokenOf('a');
    expect(await call(token)).toBe('admitted');
    const released: unknown[] = [];
    const values = deviceMap(devices, () => 'value', { release: (value) => void released.push(value) });
    expect(values.get(idOf('a'))).toBe('value');
    clock.advance(1);
    await devices.revokeWallet(alice);
    expect([events.at(-1), released, await call(token)]).toEqual(['revoked a', ['value'], 'DEVICE_REVOKED']);
  });

  it('holds for the survivor of an earlier revocation too, and for no later device, whatever the clock was set to', async () => {
    const { call, clock, devices, events, nowMs, tokenOf } = await startRegistry();
    await call(tokenOf('a'));
    await devices.revokeOthers(idOf('a'));
    clock.set(nowMs() - 30_000);
    await devices.revokeWallet(alice);
    expect(await call(tokenOf('a'))).toBe('DEVICE_REVOKED');
    expect(events.at(-1)).toBe('revoked a');
    expect(await call(tokenOf('b', { certifiedAtMs: nowMs() + 31_000 }))).toBe('admitted');
  });

  it('is told once for each device, whatever covers it later', async () => {
    const { call, devices, events, tokenOf } = await startRegistry();
    await call(tokenOf('a'));
    await devices.revokeWallet(alice);
    await devices.revoke(idOf('a'));
    expect(events.filter((event) => event === 'revoked a')).toHaveLength(1);
  });
});

describe('revokeOthers', () => {
  it('leaves one device of the wallet', async () => {
    const { call, devices, events, tokenOf } = await startRegistry();
    for (const name of 'abc') await call(tokenOf(name));
    expect(await devices.revokeOthers(idOf('b'))).toEqual({ changed: true });
    expect(await Promise.all(['a', 'b', 'c'].map((name) => call(tokenOf(name))))).toEqual([
      'DEVICE_REVOKED',
      'admitted',
      'DEVICE_REVOKED',
    ]);
    expect(events.filter((event) => event.startsWith('revoked'))).toEqual(['revoked a', 'revoked c']);
    expect((await devices.list(alice)).map(({ deviceId }) => deviceId)).toEqual([idOf('b')]);
  });

  it('rejects for a device that is unknown or revoked', async () => {
    const { call, devices, tokenOf } = await startRegistry();
    await expect(devices.revokeOthers(idOf('a'))).rejects.toThrow(TypeError);
    await call(tokenOf('a'));
    await devices.revoke(idOf('a'));
    await expect(devices.revokeOthers(idOf('a'))).rejects.toMatchObject({ reason: 'DEVICE_REVOKED' });
  });
});

describe('bounds', () => {
  it('devicesPerWallet: one more is DEVICE_LIMIT, but may call what is exempt, and there is room after a revocation', async () => {
    const { call, devices, tokenOf } = await startRegistry({ bounds: { devicesPerWallet: 2 } });
    for (const name of 'ab') expect(await call(tokenOf(name))).toBe('admitted');
    expect(await call(tokenOf('c'))).toBe('DEVICE_LIMIT');
    expect(await call(tokenOf('c'), true)).toBe('admitted');
    expect(await call(tokenOf('c', { wallet: bob }))).toBe('admitted');
    await devices.revoke(idOf('a'));
    expect(await call(tokenOf('c'))).toBe('admitted');
  });

  it('devices: lapsed unconfirmed ones make room, then newcomers are admitted without a row', async () => {
    const { call, clock, devices, events, tokenOf } = await startRegistry({ bounds: { devices: 2 } });
    await call(tokenOf('a', { lifeMs: 1_000 }));
    await call(tokenOf('b'));
    expect(await call(tokenOf('c'))).toBe('admitted');
    expect(events.at(-1)).toBe('without-row c');
    expect(devices.get(idOf('c'))).toBeUndefined();
    clock.advance(2_000);
    expect(await call(tokenOf('d'))).toBe('admitted');
    expect(events.slice(-2)).toEqual(['purged a', 'first-seen d']);
    expect(devices.health()).toMatchObject({ withoutRow: 1, records: 2 });
  });

  it('devices: streams of those without a row live on their newer tokens as others do', async () => {
    const { call, clock, open, tokenOf } = await startRegistry({ bounds: { devices: 1 } });
    await call(tokenOf('z', { wallet: bob }));
    const token = tokenOf('a');
    await call(token);
    const stream = open(token);
    clock.advance(HOUR_MS - 1_000);
    await call(tokenOf('a'));
    clock.advance(HOUR_MS);
    expect(stream.ended).toEqual([]);
    clock.advance(GRACE_MS);
    expect(stream.ended).toEqual(['TOKEN_EXPIRED']);
  });

  it('unconfirmed: purged a day after the end of its token, unless a later token or the operator confirmed it', async () => {
    const { call, clock, devices, events, tokenOf } = await startRegistry();
    for (const name of 'abc') await call(tokenOf(name));
    expect(await devices.confirm(idOf('b'))).toBe(true);
    expect(await devices.confirm(idOf('x'))).toBe(false);
    clock.advance(600_000);
    await call(tokenOf('c'));
    expect((await devices.list(alice)).map(({ isConfirmed }) => isConfirmed)).toEqual([false, true, true]);
    clock.advance(DAY_MS + 2 * HOUR_MS);
    await setImmediate();
    expect(events.at(-1)).toBe('purged a');
    expect((await devices.list(alice)).map(({ deviceId }) => deviceId)).toEqual([idOf('b'), idOf('c')]);
  });

  it('records: those that were not used of late make room, those with streams stay', async () => {
    const { call, devices, open, tokenOf } = await startRegistry({ bounds: { records: 3 } });
    const kept = tokenOf('a');
    await call(kept);
    const stream = open(kept);
    for (const name of 'bcdefgh') await call(tokenOf(name, { wallet: bob }));
    expect(devices.health().records).toBe(3);
    expect(devices.get(idOf('a'))).toBeDefined();
    stream.release();
    for (const name of 'ijklm') await call(tokenOf(name, { wallet: bob }));
    expect(devices.get(idOf('a'))).toBeUndefined();
    expect((await devices.list(alice)).map(({ deviceId }) => deviceId)).toEqual([idOf('a')]);
  });

  it('records: many that stay make newcomers pay for a few of them only, and there are fewer again when they can go', async () => {
    const { call, devices, open, tokenOf } = await startRegistry({ bounds: { records: 500 } });
    const streams = [];
    for (let i = 0; i < 600; i++) {
      const token = tokenOf(String.fromCharCode(i));
      await call(token);
      streams.push(open(token));
    }
    expect(devices.health().records).toBe(600);
    for (const { release } of streams) release();
    for (let i = 600; i < 620; i++) await call(tokenOf(String.fromCharCode(i)));
    expect(devices.health().records).toBe(500);
  });

  it('a device whose record made room comes back silently, as it stands in the store', async () => {
    const { call, events, tokenOf } = await startRegistry({ bounds: { records: 1 } });
    const token = tokenOf('a');
    await call(token);
    for (const name of 'bcd') await call(tokenOf(name, { wallet: bob }));
    events.length = 0;
    await call(token);
    expect(events).toEqual([]);
  });
});

describe('the face', () => {
  it('lists the devices of a wallet with what is known of them, and renames them', async () => {
    const { call, clock, devices, nowMs, open, tokenOf } = await startRegistry({ keepAddress: true });
    const token = tokenOf('a');
    await call(token, false, '203.0.113.7');
    open(token);
    const firstSeenMs = nowMs();
    clock.advance(HOUR_MS / 2);
    await call(tokenOf('a'), false, '203.0.113.8');
    expect(await devices.rename(idOf('a'), 'phone')).toBe(true);
    expect(await devices.rename(idOf('b'), 'phone')).toBe(false);
    const [device] = await devices.list(alice);
    expect(device).toEqual({
      deviceId: idOf('a'),
      wallet: alice,
      label: 'phone',
      firstSeenMs,
      lastSeenMs: nowMs(),
      expiresAtMs: nowMs() + HOUR_MS,
      certifiedAtMs: firstSeenMs - 1_000,
      isConfirmed: true,
      lastAddress: '203.0.113.8',
      openStreams: 1,
    });
    expect(devices.get(idOf('a'))).toMatchObject({ label: 'phone', openStreams: 1 });
  });

  it.each(['x'.repeat(65), 'a\nb', '\u202eevil', '\ud800', 5, undefined])('refuses %j as a label', async (label) => {
    const { devices } = await startRegistry();
    await expect(devices.rename(idOf('a'), label as string)).rejects.toThrow(TypeError);
  });

  it('calls listeners synchronously, drops and counts what they throw, and lets go of them', async () => {
    const { call, devices, tokenOf } = await startRegistry();
    const heard: string[] = [];
    devices.on('first-seen', () => {
      throw new Error('broken');
    });
    const rejects: () => unknown = async () => Promise.reject(new Error('broken later'));
    devices.on('first-seen', rejects);
    const off = devices.on('first-seen', ({ deviceId }) => void heard.push(deviceId));
    await call(tokenOf('a'));
    off();
    await call(tokenOf('b'));
    expect(heard).toEqual([idOf('a')]);
    expect(devices.health().listenerErrors).toBe(2);
  });

  it('after close answers AUTH_UNAVAILABLE, leaves streams, and closes once', async () => {
    const { call, devices, open, tokenOf } = await startRegistry();
    const token = tokenOf('a');
    await call(token);
    const stream = open(token);
    await Promise.all([devices.close(), devices.close(), devices[Symbol.asyncDispose]()]);
    expect(await call(token)).toBe('AUTH_UNAVAILABLE');
    await expect(devices.list(alice)).rejects.toMatchObject({ reason: 'AUTH_UNAVAILABLE' });
    await expect(devices.revoke(idOf('a'))).rejects.toMatchObject({ reason: 'AUTH_UNAVAILABLE' });
    expect(stream.ended).toEqual([]);
  });

  it('closes within five seconds where the store does not answer to its own close', async () => {
    const store: DeviceStore = Object.assign(memoryDevices(), { close: () => new Promise<void>(() => undefined) });
    const { clock, devices } = await startRegistry({ store });
    let isClosed = false;
    const closing = devices.close().then(() => (isClosed = true));
    await setImmediate();
    expect(isClosed).toBe(false);
    clock.advance(5_000);
    await setImmediate();
    expect(isClosed).toBe(true);
    await closing;
  });

  it('writes renewals to the store in batches, before it closes too', async () => {
    const written: number[] = [];
    const store: DeviceStore = Object.assign(memoryDevices(), {
      renew: async (batch: readonly unknown[]) => void written.push(batch.length),
    });
    const { call, clock, devices, tokenOf } = await startRegistry({ store });
    for (const name of 'ab') await call(tokenOf(name));
    for (const name of 'ab') await call(tokenOf(name, { lifeMs: HOUR_MS + 1 }));
    expect(written).toEqual([]);
    clock.advance(1_000);
    expect(written).toEqual([2]);
    await call(tokenOf('a', { lifeMs: HOUR_MS + 2 }));
    await devices.close();
    expect(written).toEqual([2, 1]);
  });

  it('refuses calls with AUTH_UNAVAILABLE where the store is away, and known devices go on', async () => {
    let isAway = false;
    const memory = memoryDevices();
    const enter = memory.enter.bind(memory);
    const store: DeviceStore = Object.assign(memory, {
      enter: async (...given: Parameters<DeviceStore['enter']>) =>
        isAway ? Promise.reject(new Error('gone')) : enter(...given),
    });
    const { call, tokenOf } = await startRegistry({ store });
    const known = tokenOf('a');
    await call(known);
    isAway = true;
    expect([await call(known), await call(tokenOf('b'))]).toEqual(['admitted', 'AUTH_UNAVAILABLE']);
    isAway = false;
    expect(await call(tokenOf('b'))).toBe('admitted');
  });

  it.each<[string, object]>([
    ['unknown option', { graceMS: 5 }],
    ['graceMs must', { graceMs: 4_999 }],
    ['keepAddress must', { keepAddress: 1 }],
    ['networkName must', { networkName: '' }],
    ['networkName must', { networkName: 'notes ' }],
    ['networkName must', { networkName: 'nötes' }],
    ['networkName must', { networkName: null as never }],
    ['idle: unknown option', { idle: { after: 5 } }],
    ['idle.afterMs must', { idle: { afterMs: 59_999 } }],
    ['idle.confirmAfterMs must', { idle: { confirmAfterMs: -1 } }],
    ['idle.unconfirmedAfterMs must', { idle: { unconfirmedAfterMs: 1.5 } }],
    ['bounds: options must', { bounds: null }],
    ['bounds.devicesPerWallet must', { bounds: { devicesPerWallet: 0 } }],
    ['bounds.devices must', { bounds: { devices: '5' } }],
    ['bounds.records must', { bounds: { records: 0 } }],
    ['bounds.revocations must', { bounds: { revocations: Infinity } }],
    ['store must', { store: {} }],
    ['timers must', { timers: {} }],
  ])('%s: wrong options are a TypeError at once', async (message, options) => {
    await expect(createDeviceRegistry(options)).rejects.toThrow(TypeError);
    await expect(createDeviceRegistry(options)).rejects.toThrow(message);
  });

  it('is what a gate takes as `devices`, without a graceMs beside it, and nothing else is', async () => {
    const { devices } = await startRegistry();
    expect(() => createGate({ devices })).not.toThrow();
    expect(() => createGate({ devices, graceMs: 5_000 })).toThrow('graceMs is an option of createDeviceRegistry');
    for (const wrong of [{}, null, { ...devices }])
      expect(() => createGate({ devices: wrong as never })).toThrow(TypeError);
  });
});

describe('erase', () => {
  it('forgets all devices of a wallet: labels, addresses, records, streams, values', async () => {
    const { call, devices, events, open, tokenOf } = await startRegistry({ keepAddress: true });
    const values = deviceMap(devices, () => ({}));
    await call(tokenOf('a'), false, '192.0.2.1');
    await call(tokenOf('b'));
    await call(tokenOf('c', { wallet: bob }));
    await devices.rename(idOf('a'), 'phone');
    const value = values.get(idOf('a'));
    const { ended } = open(tokenOf('a'));
    expect(await devices.erase(alice.toLowerCase())).toBe(2);
    expect(events.filter((event) => event.startsWith('purged')).toSorted()).toEqual(['purged a', 'purged b']);
    expect(ended).toEqual(['TOKEN_EXPIRED']);
    expect(await devices.list(alice)).toEqual([]);
    expect(await devices.list(bob)).toHaveLength(1);
    await call(tokenOf('a'));
    expect(await devices.list(alice)).toEqual([expect.objectContaining({ label: '', lastAddress: undefined })]);
    expect(values.get(idOf('a'))).not.toBe(value);
    expect(await devices.erase(alice)).toBe(1);
    expect(await devices.erase(alice)).toBe(0);
  });

  it('revokes nothing, and what is revoked stays revoked', async () => {
    const { call, devices, tokenOf } = await startRegistry();
    for (const name of ['a', 'b']) await call(tokenOf(name));
    await devices.revoke(idOf('a'));
    await devices.erase(alice);
    expect(await call(tokenOf('a'))).toBe('DEVICE_REVOKED');
    expect(await call(tokenOf('b'))).toBe('admitted');
    await expect(devices.erase('alice')).rejects.toThrow(TypeError);
  });

  it('writes no renewal that was waiting when it was called', async () => {
    const { call, devices, nowMs, tokenOf } = await startRegistry();
    await call(tokenOf('a'));
    await call(tokenOf('a', { lifeMs: 2 * HOUR_MS }));
    await devices.erase(alice);
    await call(tokenOf('a'));
    expect(await devices.list(alice)).toEqual([expect.objectContaining({ expiresAtMs: nowMs() + HOUR_MS })]);
  });
});
