import { describe, expect, it } from 'vitest';

import { startNodes } from '../../support/many-nodes.js';
import { HOUR_MS, idOf } from '../../support/registry.js';

// scripts that the model found, by hand

describe('a wallet that is revoked while the store does not answer, by a node whose clock is behind the store’s', () => {
  it('is revoked with the device that survived before', async () => {
    const { nodes, pass, store } = await startNodes(2, {}, 2 * HOUR_MS);
    const [one, two] = nodes;
    const token = one.tokenOf('a');
    await one.call(token);
    await two.call(two.tokenOf('a'));
    await one.devices.revokeOthers(idOf('a'));
    store.isUp = false;
    await expect(one.devices.revokeWallet(token.wallet)).rejects.toMatchObject({ reason: 'AUTH_UNAVAILABLE' });
    expect(await one.call(token)).toBe('DEVICE_REVOKED');
    expect(one.events.at(-1)).toBe('revoked a');
    store.isUp = true;
    await pass(2_000);
    expect(await two.call(two.tokenOf('a'))).toBe('DEVICE_REVOKED');
  });

  it('is revoked with devices that were first seen later by the store’s clock', async () => {
    const { nodes, pass, store } = await startNodes(2, {}, 2 * HOUR_MS);
    const [one, two] = nodes;
    const facts = { certifiedAtMs: one.nowMs() + 1_000 };
    const token = one.tokenOf('a', facts);
    await one.call(token);
    await two.call(two.tokenOf('a', facts));
    store.isUp = false;
    await expect(one.devices.revokeWallet(token.wallet)).rejects.toMatchObject({ reason: 'AUTH_UNAVAILABLE' });
    store.isUp = true;
    await pass(2_000);
    for (const node of nodes) expect(await node.call(node.tokenOf('a', facts))).toBe('DEVICE_REVOKED');
  });
});

describe('a provisional device that is entered after its token ended', () => {
  it('is first seen, lapses, and returns', async () => {
    const { nodes, pass, store } = await startNodes(1, { staleness: { maxMs: 600_000 } });
    const [one] = nodes;
    store.isUp = false;
    await one.call(one.tokenOf('a', { lifeMs: 10_000 }));
    await pass(60_000);
    store.isUp = true;
    await pass(2_000);
    await one.call(one.tokenOf('a'));
    expect(one.events).toEqual(['provisional a', 'first-seen a', 'lapsed a', 'returned a']);
  });
});

describe('a provisional device that presents a newer token', () => {
  it('is entered with that, so that its streams elsewhere go on', async () => {
    const { nodes, pass } = await startNodes(2);
    const [one, two] = nodes;
    one.link.isConnected = false;
    const facts = { lifeMs: 20_000 };
    expect(await one.call(one.tokenOf('a', facts))).toBe('admitted');
    const token = two.tokenOf('a', facts);
    await two.call(token);
    const { ended } = two.open(token);
    expect(await one.call(one.tokenOf('a'))).toBe('admitted');
    one.link.isConnected = true;
    await pass(60_000);
    expect(one.devices.get(idOf('a'))?.expiresAtMs).toBeGreaterThan(token.expiresAtMs);
    expect(ended).toEqual([]);
  });
});

describe('a device that calls with several tokens at once while the store does not answer', () => {
  it('is entered with the newest', async () => {
    const { nodes, pass, store } = await startNodes(1);
    const [one] = nodes;
    const tokens = [20_000, HOUR_MS, 20_000].map((lifeMs) => one.tokenOf('a', { lifeMs }));
    store.isUp = false;
    for (const outcome of await Promise.all(tokens.map((token) => one.call(token)))) expect(outcome).toBe('admitted');
    store.isUp = true;
    await pass(2_000);
    expect(one.devices.get(idOf('a'))?.expiresAtMs).toBe(tokens[1]?.expiresAtMs);
  });
});

describe('a device that was removed and is back', () => {
  it('is not forgotten by a node that hears of the removal late', async () => {
    const { nodes, pass, store } = await startNodes(2);
    const [one, two] = nodes;
    await one.call(one.tokenOf('a'));
    store.delivers = false;
    await one.devices.remove(idOf('a'));
    const token = two.tokenOf('a');
    expect(await two.call(token)).toBe('admitted');
    const { ended } = two.open(token);
    await pass(3_000);
    expect(two.devices.get(idOf('a'))).toBeDefined();
    expect([ended, two.events]).toEqual([[], ['first-seen a']]);
  });

  it('is another one to a node that missed both', async () => {
    const { nodes, pass, store } = await startNodes(2, { staleness: { maxMs: 60_000 } });
    const [one, two] = nodes;
    await two.call(two.tokenOf('a'));
    two.link.isConnected = false;
    await one.devices.remove(idOf('a'));
    await pass(1_000);
    await one.call(one.tokenOf('a'));
    store.trim();
    two.link.isConnected = true;
    await pass(2_000);
    expect(two.events).toEqual(['first-seen a', 'purged a']);
  });
});

describe('a device that is removed while it comes', () => {
  it('is not served on an answer that is older than its removal', async () => {
    const { clock, nodes, pass, store } = await startNodes(2);
    const [one, two] = nodes;
    let ms = 0;
    store.latencyMs = (link) => (link === two.link ? ms : 0);
    ms = 100;
    const entering = two.call(two.tokenOf('a'));
    clock.advance(100);
    await pass(50, 10);
    expect(await one.devices.remove(idOf('a'))).toBe(true);
    await pass(500, 10);
    expect(await entering).toBe('admitted');
    const [row] = await one.devices.list(two.tokenOf('a').wallet);
    expect(two.devices.get(idOf('a'))?.firstSeenMs).toBe(row?.firstSeenMs);
  });

  it('is not forgotten where its removal is answered after it came again', async () => {
    const { nodes, pass, store } = await startNodes(2);
    const [one, two] = nodes;
    await one.call(one.tokenOf('a'));
    let ms = 100;
    store.latencyMs = (link) => (link === two.link ? ms : 0);
    const removing = two.devices.remove(idOf('a'));
    await pass(150, 10); // done, and the answer is on its way
    ms = 0;
    expect(await two.call(two.tokenOf('a'))).toBe('admitted');
    await pass(500, 10);
    expect(await removing).toBe(true);
    expect(two.devices.get(idOf('a'))).toBeDefined();
    expect(two.events).toEqual(['first-seen a']);
  });
});

describe('a store that has lost everything', () => {
  it('loses no removal after that: nodes forget devices whose rows it did not take back', async () => {
    const { nodes, pass, store } = await startNodes(2, { cleanUp: () => new Promise(() => {}) });
    const [one, two] = nodes;
    await store.lose();
    await two.call(two.tokenOf('a'));
    await one.devices.remove(idOf('a')); // two does not follow the new log yet
    await pass(10_000);
    expect(two.devices.get(idOf('a'))).toBeUndefined();
    expect(two.events).toEqual(['first-seen a', 'purged a']);
  });
});

describe('a device that came before its lost row was put back', () => {
  it('keeps its streams by the newer token that another node has seen', async () => {
    const { nodes, pass, store } = await startNodes(2);
    const [one, two] = nodes;
    await one.call(one.tokenOf('a'));
    await store.lose();
    const token = two.tokenOf('a', { lifeMs: 20_000 });
    await two.call(token);
    const { ended } = two.open(token);
    await pass(60_000);
    expect([ended, two.events]).toEqual([[], ['first-seen a', 'renewed a']]);
  });
});

describe('a wallet that is revoked twice in a millisecond', () => {
  it('is revoked with a device that was removed in between and is certified by a clock that is ahead', async () => {
    const cleaned: (() => void)[] = [];
    const { nodes, pass } = await startNodes(1, {
      cleanUp: () => new Promise<void>((done) => void cleaned.push(done)),
    });
    const [one] = nodes;
    const token = one.tokenOf('a', { certifiedAtMs: one.nowMs() + 20_000 });
    await one.devices.revokeWallet(token.wallet);
    expect(await one.call(token)).toBe('admitted');
    await one.devices.remove(idOf('a'));
    await one.devices.revokeWallet(token.wallet);
    await pass(1_000);
    for (const done of cleaned) done();
    await pass(30_000);
    expect(await one.call(token)).toBe('DEVICE_REVOKED');
  });
});
