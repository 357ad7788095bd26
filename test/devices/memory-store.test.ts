import { describe, expect, it, vi } from 'vitest';

import { DeadlineHeap } from '../../src/devices/leases/deadline-heap.js';
import { memoryDevices } from '../../src/devices/memory-store.js';
import type { Sighting, StoreSettings } from '../../src/devices/store.js';
import { NodeCopy } from '../../src/testing/device-store/node-copy.js';

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
});
