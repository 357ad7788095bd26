import { describe, expect, it, vi } from 'vitest';

import { DeadlineHeap } from '../../../src/devices/leases/deadline-heap.js';
import { memoryDevices } from '../../../src/devices/memory/memory-store.js';
import { RevocationsFull } from '../../../src/devices/revocation/revocations.js';
import type { Sighting, StoreSettings } from '../../../src/devices/store.js';
import { NodeCopy } from '../../../src/testing/device-store/node-copy.js';

async function openStore(settings: Partial<StoreSettings> = {}) {
  const store = memoryDevices();
  const listener = new NodeCopy(settings.nowMs ?? (() => 0));
  const all: StoreSettings = {
    nowMs: () => 0,
    idleMs: 1_000_000,
    unconfirmedMs: 1_000,
    confirmAfterMs: 1_000,
    devicesPerWallet: Infinity,
    devices: 1_000_000,
    cleansUp: false,
    openTimeoutMs: 0,
    ...settings,
  };
  await store.open(all, listener);
  const sighting = (name: number): Sighting => ({
    deviceId: `wallet/${name}`,
    wallet: 'wallet',
    certifiedAtMs: 0,
    issuedAtMs: 0,
    expiresAtMs: 3_600_000,
    address: undefined,
  });
  return { store, sighting, listener };
}

describe('memoryDevices', () => {
  it('enters a device without a look at all others of its wallet', async () => {
    const { store, sighting } = await openStore();
    for (let name = 0; name < 10; name++) await store.enter(sighting(name));
    const walks = vi.spyOn(Set.prototype, Symbol.iterator);
    await store.enter(sighting(10));
    const count = walks.mock.calls.length;
    walks.mockRestore();
    expect(count).toBe(0);
  });

  it('keeps nothing of rows that are gone, however fast a caller makes devices and revokes them', async () => {
    const pushes = vi.spyOn(DeadlineHeap.prototype, 'push');
    const { store, sighting } = await openStore();
    await store.enter(sighting(0));
    const heap = pushes.mock.contexts[0] as DeadlineHeap<unknown>;
    for (let name = 1; name <= 5_000; name++) {
      await store.enter(sighting(name));
      await store.revokeWallet('wallet', 'wallet/0');
    }
    pushes.mockRestore();
    expect(await store.list('wallet')).toHaveLength(1);
    expect(heap.size).toBeLessThan(200);
  });

  it('keeps nothing of rows that were cleaned up, however fast they come and go', async () => {
    const pushes = vi.spyOn(DeadlineHeap.prototype, 'push');
    const { store, sighting } = await openStore({ cleansUp: true });
    for (let name = 0; name < 5_000; name++) {
      await store.enter(sighting(name));
      await store.remove(`wallet/${name}`);
      for (const claim of await store.claim(1, 60_000)) expect(await store.finish(claim)).toBe(true);
    }
    const heaps = new Set(pushes.mock.contexts as DeadlineHeap<unknown>[]);
    pushes.mockRestore();
    expect(await store.backlog()).toEqual({ pending: 0, oldestMs: 0 });
    expect(heaps.size).toBeGreaterThan(1);
    for (const { size } of heaps) expect(size).toBeLessThan(200);
  });

  it('claims each clean-up once in one call, also without a lease', async () => {
    const { store, sighting } = await openStore({ cleansUp: true });
    for (const name of [0, 1]) {
      await store.enter(sighting(name));
      await store.remove(`wallet/${name}`);
    }
    for (const attempt of [1, 2]) {
      const claims = await store.claim(100, 0);
      expect(claims.map((claim) => [claim.deviceId, claim.attempt])).toEqual([
        ['wallet/0', attempt],
        ['wallet/1', attempt],
      ]);
    }
  });

  it('moves no times of other wallets ahead of the clock, however fast one makes and ends rows', async () => {
    const { store, sighting, listener } = await openStore();
    for (let i = 0; i < 1_000; i++) {
      await store.enter(sighting(0));
      await store.remove('wallet/0');
      await store.revokeWallet('wallet', undefined);
    }
    expect(listener.epochOf('wallet')?.atMs).toBeGreaterThan(500);
    const aheadMs: number[] = [];
    for (let i = 0; i < 50; i++) {
      const entered = await store.enter({ ...sighting(i), wallet: `other ${i}`, deviceId: `other ${i}/0` });
      aheadMs.push(entered instanceof Object ? entered.row.firstSeenMs : NaN);
    }
    // few wallets share the floor of the first by chance: mostly none of fifty
    expect(aheadMs.filter((ms) => ms === 0).length).toBeGreaterThan(40);
  });

  it('has no more rows that wait for their clean-ups than it may have devices', async () => {
    const { store, sighting, listener } = await openStore({ cleansUp: true, devices: 2, nowMs: () => 10_000 });
    const lapsed = (name: number) => ({ ...sighting(name), certifiedAtMs: 9_000, expiresAtMs: 9_500 });
    for (const name of [0, 1, 2, 3]) expect(await store.enter(lapsed(name))).toMatchObject({ isNew: true });
    expect([...listener.gone]).toEqual(['wallet/0', 'wallet/1']);
    expect(await store.enter(lapsed(4))).toBe('full');
    expect(await store.backlog()).toMatchObject({ pending: 2 });
    for (const claim of await store.claim(1, 60_000)) await store.finish(claim);
    expect(await store.enter(lapsed(4))).toMatchObject({ isNew: true });
  });

  it('decides before its first promise, so that the node may apply a revocation right after the call', async () => {
    const { store, sighting, listener } = await openStore();
    await store.enter(sighting(0));
    const answers = [0, 7, 7].map((name) => {
      const answer = store.revoke([{ deviceId: `wallet/${name}` }]);
      expect(listener.has(`wallet/${name}`)).toBe(true);
      listener.revoked([{ deviceId: `wallet/${name}` }]);
      return answer;
    });
    expect(await Promise.all(answers)).toEqual([{ changed: true }, { changed: true }, { changed: false }]);
  });

  it('rejects when the node has no room for a revocation, and ends the rows of those that had', async () => {
    const { store, sighting, listener } = await openStore();
    for (const name of [0, 1]) await store.enter(sighting(name));
    const revoked = listener.revoked.bind(listener);
    listener.revoked = (facts) => {
      revoked(facts.slice(0, 1));
      throw new RevocationsFull('full');
    };
    const facts = [0, 1].map((name) => ({ deviceId: `wallet/${name}` }));
    await expect(store.revoke(facts)).rejects.toThrow(RevocationsFull);
    expect((await store.list('wallet')).map((row) => row.deviceId)).toEqual(['wallet/1']);
  });

  it('has no row of a device that the node knows to be revoked already', async () => {
    const { store, sighting, listener } = await openStore();
    await store.enter(sighting(0));
    listener.revoked([{ deviceId: 'wallet/0' }]);
    expect(await store.enter(sighting(0))).toBe('revoked');
  });

  it('revokes by id a device whose certificate is dated later, though its row is being cleaned up', async () => {
    const { store, sighting, listener } = await openStore({ cleansUp: true, nowMs: () => 10_000 });
    const certifiedAtMs = 30_000;
    await store.enter({ ...sighting(0), certifiedAtMs });
    await store.remove('wallet/0');
    await store.revokeWallet('wallet', undefined);
    expect(listener.has('wallet/0')).toBe(true);
    for (const claim of await store.claim(1, 60_000)) await store.finish(claim);
    expect(await store.enter({ ...sighting(0), certifiedAtMs })).toBe('revoked');
  });

  it('restores no more rows than it may have devices', async () => {
    const { store, sighting } = await openStore({ devices: 1 });
    const row = { ...sighting(0), firstIssuedMs: 0, firstSeenMs: 0, seenMs: 0, isConfirmed: false, label: '' };
    await store.restore([row, { ...row, deviceId: 'wallet/1' }]);
    expect(await store.list('wallet')).toHaveLength(1);
  });
});
