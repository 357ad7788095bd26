import { afterEach, describe, expect, it, vi } from 'vitest';

import { settle, startNodes } from '../../support/many-nodes.js';
import { idOf } from '../../support/registry.js';

afterEach(() => vi.restoreAllMocks());

describe('a device on two nodes', () => {
  it('is first seen on one of them', async () => {
    const { nodes } = await startNodes(2);
    for (const node of nodes) expect(await node.call(node.tokenOf('a'))).toBe('admitted');
    expect(nodes.map(({ events }) => events)).toEqual([['first-seen a'], []]);
  });

  it('is refused on both once one has revoked it, and its streams end', async () => {
    const [one, two] = (await startNodes(2)).nodes;
    const token = two.tokenOf('a');
    await two.call(token);
    const { ended } = two.open(token);
    expect(await one.devices.revoke(idOf('a'))).toEqual({ changed: true });
    expect(ended).toEqual(['DEVICE_REVOKED']);
    for (const node of [one, two]) expect(await node.call(node.tokenOf('a'))).toBe('DEVICE_REVOKED');
    expect(two.events).toEqual(['first-seen a', 'revoked a']);
    expect(one.events).toEqual(['revoked a']);
  });

  it('is revoked with its wallet, on both', async () => {
    const [one, two] = (await startNodes(2)).nodes;
    const token = two.tokenOf('a');
    await two.call(token);
    await one.devices.revokeWallet(token.wallet);
    expect(await two.call(token)).toBe('DEVICE_REVOKED');
    expect(two.events).toEqual(['first-seen a', `wallet-revoked ${token.wallet}`, 'revoked a']);
  });
});

describe('a revocation that the store does not acknowledge', () => {
  it('rejects, holds here at once, and is told until it is', async () => {
    const { nodes, pass, store } = await startNodes(2);
    const [one, two] = nodes;
    await one.call(one.tokenOf('a'));
    store.isUp = false;
    await expect(one.devices.revoke(idOf('a'))).rejects.toMatchObject({ reason: 'AUTH_UNAVAILABLE' });
    expect(await one.call(one.tokenOf('a'))).toBe('DEVICE_REVOKED');
    expect(one.devices.health().unacknowledged).toBe(1);
    await pass(5_000);
    store.isUp = true;
    await pass(2_000);
    expect(one.devices.health().unacknowledged).toBe(0);
    expect(two.devices.isRevoked(idOf('a'))).toBe(true);
  });

  it('holds for a whole wallet too', async () => {
    const { nodes, pass, store } = await startNodes(2);
    const [one, two] = nodes;
    const token = two.tokenOf('a');
    await two.call(token);
    store.isUp = false;
    await expect(one.devices.revokeWallet(token.wallet)).rejects.toMatchObject({ reason: 'AUTH_UNAVAILABLE' });
    expect(await one.call(one.tokenOf('b'))).toBe('DEVICE_REVOKED');
    store.isUp = true;
    await pass(2_000);
    expect(await two.call(token)).toBe('DEVICE_REVOKED');
  });

  it('is news when it is said again and the store takes it', async () => {
    const { nodes, store } = await startNodes(1);
    const [one] = nodes;
    store.isUp = false;
    await expect(one.devices.revoke(idOf('a'))).rejects.toMatchObject({ reason: 'AUTH_UNAVAILABLE' });
    store.isUp = true;
    expect(await one.devices.revoke(idOf('a'))).toEqual({ changed: true });
    expect(await one.devices.revoke(idOf('a'))).toEqual({ changed: false });
  });
});

describe('a store that has lost everything', () => {
  it('gets back from one node what is revoked, and the rows of devices, as they were', async () => {
    const { nodes, pass, start, store } = await startNodes(2);
    const [one, two] = nodes;
    const bob = one.tokenOf('b', { wallet: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8' });
    await one.call(one.tokenOf('a'));
    await one.devices.revoke(idOf('x'));
    await two.devices.revokeWallet(bob.wallet);
    const firstSeenMs = one.devices.get(idOf('a'))?.firstSeenMs;
    expect(firstSeenMs).toBeTypeOf('number');
    await store.lose();
    await pass(4_000);
    expect(one.devices.health().putBacks + two.devices.health().putBacks).toBeGreaterThanOrEqual(2);
    expect(store.facts).toHaveLength(2);
    const three = await start();
    expect(three.devices.isRevoked(idOf('x'))).toBe(true);
    expect(await three.call(three.tokenOf('b', bob))).toBe('DEVICE_REVOKED');
    expect(await three.call(three.tokenOf('a'))).toBe('admitted');
    expect(three.devices.get(idOf('a'))?.firstSeenMs).toBe(firstSeenMs);
    expect([...one.events, ...two.events]).not.toContain('purged a');
    expect(three.events).toEqual(['renewed a']);
  });

  it('has other nodes hear of a device that was removed just before, whose purge was lost with it', async () => {
    // who puts back first, or that both do so at once
    const waits = [0.1, 0.2, 0.6].flatMap((first) => [0.1, 0.2, 0.6].map((second) => [first, second] as const));
    for (const [wait, cleanUp] of waits.flatMap((each) => [[each, undefined] as const, [each, () => {}] as const])) {
      const { nodes, pass, store } = await startNodes(2, { cleanUp });
      const [one, two] = nodes;
      for (const node of nodes) for (const name of ['a', 'b']) await node.call(node.tokenOf(name));
      let waiting = 0;
      vi.spyOn(Math, 'random').mockImplementation(() => wait[waiting++ % 2] ?? 0);
      store.delivers = false;
      await one.devices.remove(idOf('a'));
      await store.lose();
      store.delivers = true;
      await pass(10_000);
      expect(two.events.filter((event) => event.startsWith('purged'))).toEqual(['purged a']);
      expect(one.events.filter((event) => event.startsWith('purged'))).toEqual(['purged a']);
      expect(await two.call(two.tokenOf('a'))).toBe('admitted');
      expect(two.events.filter((event) => event === 'first-seen a')).toHaveLength(1);
    }
  });

  it('gets it back although it goes away in between', async () => {
    const { nodes, pass, store } = await startNodes(1);
    await nodes[0].devices.revoke(idOf('x'));
    await store.lose();
    await pass(1_000);
    store.isUp = false;
    await pass(5_000);
    store.isUp = true;
    await pass(40_000);
    expect(store.facts).toHaveLength(1);
  });

  it('is not told what another node has told it', async () => {
    const { nodes, pass, store } = await startNodes(3);
    let turn = 0;
    vi.spyOn(Math, 'random').mockImplementation(() => (turn++ % 10) / 10);
    for (let i = 0; i < 20; i++) await nodes[0].devices.revoke(idOf(String.fromCharCode(97 + i)));
    await store.lose();
    await pass(4_000, 50);
    const putBacks = nodes.map(({ devices }) => devices.health().putBacks);
    expect(putBacks.reduce((sum, each) => sum + each)).toBe(20);
  });
});

describe('what a node has missed', () => {
  it('is applied when it hears of it: revocations, purges, renewals', async () => {
    const { nodes, pass, store } = await startNodes(2, { staleness: { maxMs: 60_000 } });
    const [one, two] = nodes;
    for (const name of ['a', 'b', 'c']) await two.call(two.tokenOf(name));
    two.link.isConnected = false;
    store.delivers = false;
    await one.devices.revoke(idOf('a'));
    await one.devices.remove(idOf('b'));
    await one.call(one.tokenOf('c', { lifeMs: 7_200_000 }));
    await pass(2_000);
    store.trim();
    expect(await two.call(two.tokenOf('a'))).toBe('admitted'); // it cannot know
    two.link.isConnected = true;
    await pass(2_000);
    await settle();
    expect(two.events.slice(3)).toEqual(['renewed a', 'revoked a', 'purged b', 'renewed c']);
    expect(two.devices.health().reloads).toBe(1);
  });
});
