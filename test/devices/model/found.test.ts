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
