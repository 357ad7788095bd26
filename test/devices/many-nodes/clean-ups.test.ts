import { describe, expect, it } from 'vitest';

import type { CleanUp } from '../../../src/devices/store.js';
import { settle, startNodes } from '../../support/many-nodes.js';
import { idOf } from '../../support/registry.js';
import { withResolvers } from '../../support/with-resolvers.js';

const MINUTE_MS = 60_000;

/** Clean-ups that a test ends by hand. */
function heldCleanUps() {
  const begun: CleanUp[] = [];
  const ends: { resolve(value?: unknown): void }[] = [];
  const cleanUp = (device: CleanUp): Promise<unknown> => {
    begun.push(device);
    const { promise, resolve } = withResolvers<unknown>();
    ends.push({ resolve });
    return promise;
  };
  return { begun, ends, cleanUp };
}

describe('the clean-up of a device', () => {
  it('runs on one node, when the device was revoked or removed, and only once if it resolves', async () => {
    const begun: CleanUp[] = [];
    const { nodes, pass } = await startNodes(3, { cleanUp: (device) => void begun.push(device) });
    const [one, two] = nodes;
    await one.call(one.tokenOf('a'));
    await one.call(one.tokenOf('b'));
    const incarnation = one.devices.get(idOf('a'))?.firstSeenMs;
    const { wallet } = one.tokenOf('a');
    await two.devices.revoke(idOf('a'));
    await two.devices.remove(idOf('b'));
    await pass(10_000);
    expect(begun).toEqual([
      { deviceId: idOf('a'), wallet, incarnation, cause: 'revoked' },
      { deviceId: idOf('b'), wallet, incarnation, cause: 'purged' },
    ]);
    expect(one.devices.health().pendingCleanUps).toBe(0);
  });

  it('is waited for by the device that returns, whose next incarnation is later', async () => {
    const { begun, ends, cleanUp } = heldCleanUps();
    const { nodes, pass } = await startNodes(2, { cleanUp });
    const [one, two] = nodes;
    await one.call(one.tokenOf('a'));
    const before = one.devices.get(idOf('a'))?.firstSeenMs ?? Infinity;
    await one.devices.remove(idOf('a'));
    await pass(1_000);
    expect(begun).toHaveLength(1);
    let outcome: string | undefined;
    void two.call(two.tokenOf('a')).then((result) => (outcome = result));
    await pass(2_000);
    expect(outcome).toBeUndefined();
    ends[0]?.resolve();
    await settle();
    await pass(1_000);
    expect(outcome).toBe('admitted');
    expect(two.devices.get(idOf('a'))?.firstSeenMs).toBeGreaterThan(before);
    expect(two.events).toEqual(['first-seen a']);
  });

  it('is waited for until authorizeTimeoutMs, then the call is refused', async () => {
    const { cleanUp } = heldCleanUps();
    const { nodes, pass } = await startNodes(1, { cleanUp });
    const [one] = nodes;
    await one.call(one.tokenOf('a'));
    await one.devices.remove(idOf('a'));
    let outcome: string | undefined;
    void one.call(one.tokenOf('a')).then((result) => (outcome = result));
    await pass(4_000);
    expect(outcome).toBeUndefined();
    await pass(2_000);
    expect(outcome).toBe('AUTH_UNAVAILABLE');
  });

  it('that fails is tried again, more and more rarely, and never given up', async () => {
    const times: number[] = [];
    const { clock, nodes, pass } = await startNodes(1, {
      cleanUp: () => {
        times.push(clock.now().getTime());
        throw new Error('no');
      },
    });
    const [one] = nodes;
    await one.call(one.tokenOf('a'));
    await one.devices.revoke(idOf('a'));
    await pass(60 * MINUTE_MS);
    const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(waits.length).toBeGreaterThan(10);
    expect(Math.max(...waits)).toBeLessThanOrEqual(10 * MINUTE_MS + 6_000);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(10 * MINUTE_MS);
    expect(one.devices.health()).toMatchObject({ pendingCleanUps: 1 });
    expect(one.devices.health().oldestCleanUpMs).toBeGreaterThan(59 * MINUTE_MS);
  });

  it('runs on, on a lease that is renewed, and nobody else begins it', async () => {
    const { begun, ends, cleanUp } = heldCleanUps();
    const { nodes, pass } = await startNodes(2, { cleanUp });
    const [one] = nodes;
    await one.call(one.tokenOf('a'));
    await one.devices.revoke(idOf('a'));
    await pass(10 * MINUTE_MS);
    expect(begun).toHaveLength(1);
    ends[0]?.resolve();
    await pass(6_000);
    expect(one.devices.health().pendingCleanUps).toBe(0);
  });

  it('is taken over by another node when its node is gone', async () => {
    const { begun, ends, cleanUp } = heldCleanUps();
    const { nodes, pass } = await startNodes(2, { cleanUp });
    const [one, two] = nodes;
    await one.call(one.tokenOf('a'));
    two.link.isConnected = false;
    await one.devices.revoke(idOf('a'));
    await pass(1_000);
    expect(begun).toHaveLength(1);
    one.link.isConnected = false; // as if it were gone
    two.link.isConnected = true;
    await pass(50_000);
    expect(begun).toHaveLength(1);
    await pass(20_000);
    expect(begun).toHaveLength(2);
    ends[1]?.resolve();
    await pass(6_000);
    expect(two.devices.health().pendingCleanUps).toBe(0);
  });

  it('is not lost with a store that loses everything: what waited, and what ended around the loss', async () => {
    let fails = true;
    const done: string[] = [];
    const cleanUp = ({ deviceId, cause }: CleanUp) => {
      if (fails) throw new Error('no');
      done.push(`${cause} ${deviceId}`);
    };
    const { nodes, pass, store } = await startNodes(2, { cleanUp });
    const [one, two] = nodes;
    for (const node of nodes) for (const name of ['a', 'b', 'c', 'd', 'e']) await node.call(node.tokenOf(name));
    await one.devices.revoke(idOf('a'));
    await two.devices.remove(idOf('b'));
    await pass(2_000);
    await store.lose();
    await one.devices.revoke(idOf('c'));
    await pass(20_000);
    fails = false;
    await pass(20_000);
    const ended = [`purged ${idOf('b')}`, `revoked ${idOf('a')}`, `revoked ${idOf('c')}`];
    expect(done.toSorted()).toEqual(ended);
    expect(one.devices.health().pendingCleanUps).toBe(0);
    expect(one.devices.get(idOf('d'))).toBeDefined();
    await store.lose(); // what is done is not done again
    await pass(20_000);
    expect(done.toSorted()).toEqual(ended);
  });

  it('is not lost when a device is revoked before a node that has missed that puts its row back', async () => {
    const done: string[] = [];
    const { nodes, pass, store } = await startNodes(2, { cleanUp: ({ deviceId }) => void done.push(deviceId) });
    const [one, two] = nodes;
    await one.call(one.tokenOf('a'));
    await store.lose();
    store.delivers = false;
    await two.devices.revoke(idOf('a'));
    await pass(10_000);
    expect(done).toEqual([idOf('a')]);
  });
});
