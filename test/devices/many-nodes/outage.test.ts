import { describe, expect, it } from 'vitest';

import { startNodes } from '../../support/many-nodes.js';
import { HOUR_MS, idOf } from '../../support/registry.js';

describe('while the store does not answer', () => {
  it('a device with a record calls as before, a new one is admitted provisionally and entered later', async () => {
    const { nodes, pass, store } = await startNodes(2);
    const [one] = nodes;
    await one.call(one.tokenOf('a'));
    store.isUp = false;
    expect(await one.call(one.tokenOf('a'))).toBe('admitted');
    expect(await one.call(one.tokenOf('b'))).toBe('admitted');
    expect(await one.call(one.tokenOf('b'))).toBe('admitted');
    expect(one.events).toEqual(['first-seen a', 'provisional b']);
    expect(one.devices.get(idOf('b'))).toBeUndefined();
    store.isUp = true;
    await pass(1_000);
    expect(one.events).toEqual(['first-seen a', 'provisional b', 'first-seen b']);
    expect(one.devices.health().provisional).toBe(1);
  });

  it('concurrent first calls of a device are admitted provisionally once', async () => {
    const { nodes, store } = await startNodes(1);
    const [one] = nodes;
    store.isUp = false;
    const token = one.tokenOf('a');
    await Promise.all([one.call(token), one.call(token), one.call(token)]);
    expect(one.events).toEqual(['provisional a']);
    expect(one.devices.health().provisional).toBe(1);
  });

  it('a provisional device that was revoked meanwhile loses its streams', async () => {
    const { nodes, pass, store } = await startNodes(2);
    const [one, two] = nodes;
    one.link.isConnected = false;
    const token = one.tokenOf('a');
    expect(await one.call(token)).toBe('admitted');
    const { ended } = one.open(token);
    store.delivers = false; // the answer comes before the log
    await two.devices.revoke(idOf('a'));
    one.link.isConnected = true;
    await pass(1_000);
    expect(ended).toEqual(['DEVICE_REVOKED']);
  });

  it('a device that has asked before the node became stale, or was closed, is not admitted provisionally after that', async () => {
    for (const isClosed of [false, true]) {
      const { nodes, pass, store } = await startNodes(1, { staleness: { maxMs: isClosed ? 60_000 : 1_000 } });
      const [one] = nodes;
      store.isUp = false;
      store.latencyMs = () => 150;
      await pass(950, 50);
      const outcome = one.call(one.tokenOf('a'));
      if (isClosed) void one.devices.close();
      await pass(1_000, 50);
      expect(await outcome).toBe('AUTH_UNAVAILABLE');
      expect(one.events).not.toContain('provisional a');
    }
  });

  it('no new device is admitted where the devices of a wallet are counted', async () => {
    const { nodes, store } = await startNodes(1, { bounds: { devicesPerWallet: 3 } });
    const [one] = nodes;
    store.isUp = false;
    expect(await one.call(one.tokenOf('a'))).toBe('AUTH_UNAVAILABLE');
  });

  it.each([
    ['deny', 'AUTH_UNAVAILABLE'],
    ['allow', 'admitted'],
  ] as const)('for longer than staleness.maxMs, %s says what becomes of calls', async (onStoreError, outcome) => {
    const { nodes, pass, store } = await startNodes(1, { staleness: { maxMs: 5_000, onStoreError } });
    const [one] = nodes;
    const token = one.tokenOf('a');
    await one.call(token);
    const { ended } = one.open(token);
    store.isUp = false;
    await pass(4_000);
    expect(await one.call(token)).toBe('admitted');
    expect(one.devices.health()).toMatchObject({ fresh: true, staleMs: 4_000 });
    await pass(2_000);
    expect(one.devices.health().fresh).toBe(false);
    expect(await one.call(token)).toBe(outcome);
    expect(await one.call(one.tokenOf('b'))).toBe(onStoreError === 'deny' ? outcome : 'admitted');
    expect(ended).toEqual([]); // no outage cuts a stream
    store.isUp = true;
    await pass(1_000);
    expect(await one.call(token)).toBe('admitted');
    expect(one.events.filter((event) => ['stale', 'fresh'].includes(event))).toEqual(['stale', 'fresh']);
  });

  it('what is known to be revoked stays so, also where stale is allowed', async () => {
    const { nodes, pass, store } = await startNodes(1, { staleness: { onStoreError: 'allow' } });
    const [one] = nodes;
    await one.devices.revoke(idOf('a'));
    store.isUp = false;
    await pass(20_000);
    expect(await one.call(one.tokenOf('a'))).toBe('DEVICE_REVOKED');
  });
});

describe('leases over nodes', () => {
  it('a stream goes on here while its device renews elsewhere, and nothing lapses', async () => {
    const { nodes, pass } = await startNodes(2);
    const [one, two] = nodes;
    const token = one.tokenOf('a', { lifeMs: 60_000 });
    await one.call(token);
    const { ended } = one.open(token);
    await pass(50_000);
    await two.call(two.tokenOf('a', { lifeMs: HOUR_MS }));
    await pass(60_000);
    expect(ended).toEqual([]);
    expect(one.events).toEqual(['first-seen a', 'renewed a']);
  });

  it('a stream of a device without a newer token ends after the grace period', async () => {
    const { nodes, pass } = await startNodes(2);
    const [one] = nodes;
    const token = one.tokenOf('a', { lifeMs: 60_000 });
    await one.call(token);
    let lapsing = 0;
    const { ended } = one.open(token, { lapsing: () => void lapsing++ });
    await pass(61_000);
    expect([lapsing, ended]).toEqual([1, []]);
    await pass(31_000);
    expect([lapsing, ended]).toEqual([1, ['TOKEN_EXPIRED']]);
    expect(one.events).toEqual(['first-seen a', 'lapsed a']);
  });

  it('the store is asked at the end and at the end of the grace period, once for all devices that are due', async () => {
    const { nodes, pass } = await startNodes(1);
    const [one] = nodes;
    const asked: string[] = [];
    one.devices.on('store-call', ({ operation }) => void asked.push(operation));
    for (const name of ['a', 'b', 'c']) {
      const token = one.tokenOf(name, { lifeMs: 10_000 });
      await one.call(token);
      one.open(token);
    }
    asked.length = 0;
    await pass(45_000);
    expect(asked.filter((operation) => operation === 'read')).toHaveLength(2);
    expect(one.events.slice(3).toSorted()).toEqual(['lapsed a', 'lapsed b', 'lapsed c']);
  });

  it.each([
    ['deny', 1],
    ['allow', 0],
  ] as const)('go on while the store does not answer and is not stale; then as %s says', async (onStoreError, cuts) => {
    const { nodes, pass, store } = await startNodes(1, { staleness: { maxMs: 60_000, onStoreError } });
    const [one] = nodes;
    const token = one.tokenOf('a', { lifeMs: 10_000 });
    await one.call(token);
    const { ended } = one.open(token);
    store.isUp = false;
    await pass(55_000);
    expect(ended).toEqual([]);
    await pass(15_000);
    expect(ended).toHaveLength(cuts);
  });

  it('a stream that no token renews ends in time, whatever the store says', async () => {
    const { nodes, pass, store } = await startNodes(1);
    const [one] = nodes;
    const token = one.tokenOf('a', { lifeMs: 10_000 });
    await one.call(token);
    const { ended } = one.open(token, { kind: 'until-expiry' });
    store.isUp = false;
    await pass(11_000);
    expect(ended).toEqual(['TOKEN_EXPIRED']);
  });
});
