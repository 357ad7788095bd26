import { describe, expect, it } from 'vitest';

import { createDeviceService } from '../../../src/devices/service/service.js';
import { testWallets } from '../../../src/testing/index.js';
import { startNodes } from '../../support/many-nodes.js';
import { idOf } from '../../support/registry.js';
import { networkName, requestOf, stated } from '../../support/statements.js';

const { alice, bob } = testWallets;

/** Two nodes on one store, and what brings a statement to one of them. */
async function startBoth() {
  const { nodes, ...rest } = await startNodes(2, { networkName, bounds: { revocations: 10 } });
  const [one, two] = nodes;
  const service = createDeviceService(one.devices, one.nowMs);
  const submit = async (scope: { deviceId: string } | { untilMs: number }, wallet = alice) =>
    (await service.revokeByWallet(true, requestOf(await stated(scope, wallet)))).changed;
  return { one, two, submit, ...rest };
}

describe('a statement of a wallet, on nodes that share a store', () => {
  it('about one device holds on all of them, and needs the row of another node to be confirmed', async () => {
    const { two, submit } = await startBoth();
    const token = two.tokenOf('a');
    await two.call(token);
    const { ended } = two.open(token);
    await expect(submit({ deviceId: idOf('a') })).rejects.toMatchObject({ code: 9 });
    await two.devices.confirm(idOf('a'));
    expect(await submit({ deviceId: idOf('a') })).toBe(true);
    expect(ended).toEqual(['DEVICE_REVOKED']);
    expect(await two.call(token)).toBe('DEVICE_REVOKED');
    expect(await submit({ deviceId: idOf('a') })).toBe(false);
  });

  it('about all devices holds on all of them, and a replay changes nothing', async () => {
    const { one, two, submit } = await startBoth();
    const token = two.tokenOf('a');
    await two.call(token);
    const untilMs = one.nowMs();
    expect(await submit({ untilMs })).toBe(true);
    for (const node of [one, two]) expect(await node.call(node.tokenOf('b'))).toBe('DEVICE_REVOKED');
    expect(await two.call(token)).toBe('DEVICE_REVOKED');
    expect(await submit({ untilMs })).toBe(false);
  });

  it('counts the wallets that other nodes heard of towards the share of unknown ones', async () => {
    const { one, two, submit } = await startBoth();
    await two.devices.revokeWallet(bob.address);
    await expect(submit({ untilMs: one.nowMs() })).rejects.toMatchObject({ reason: 'RATE_LIMITED' });
    await one.call(one.tokenOf('a'));
    await one.devices.confirm(idOf('a'));
    expect(await submit({ untilMs: one.nowMs() })).toBe(true);
  });

  it('of a wallet that revoked all before holds here at once where the store does not answer, and is told until it is', async () => {
    const { one, two, submit, store, clock, pass } = await startBoth();
    await submit({ untilMs: one.nowMs() });
    clock.advance(5_000);
    store.isUp = false;
    const untilMs = one.nowMs();
    await expect(submit({ untilMs })).rejects.toMatchObject({ reason: 'AUTH_UNAVAILABLE' });
    expect(one.devices.health().unacknowledged).toBe(1);
    store.isUp = true;
    await pass(4_000);
    expect(one.devices.health().unacknowledged).toBe(0);
    expect(await two.call(two.tokenOf('a', { certifiedAtMs: untilMs }))).toBe('DEVICE_REVOKED');
  });
});
