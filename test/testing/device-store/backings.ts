import { memoryDevices } from '../../../src/devices/memory/memory-store.js';
import type { DeviceStore } from '../../../src/devices/store.js';
import type { StoreBacking } from '../../../src/testing/device-store/bench.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { SharedMemory } from './shared-memory.js';

/** Makes a store another one, with a fault. */
export type Wrap = (store: DeviceStore) => DeviceStore;

/** The memory store, on a clock that can be set. */
export async function memoryBacking(wrap: Wrap = (store) => store): Promise<StoreBacking> {
  const { now, advance } = settableClock();
  return { store: () => wrap(memoryDevices()), nowMs: () => now().getTime(), advance, close: () => undefined };
}

/** A memory store that nodes share, which has a clock of its own and can lose its data. */
export async function sharedBacking(wrap: Wrap = (store) => store): Promise<StoreBacking> {
  const { now, advance } = settableClock();
  const nowMs = () => now().getTime();
  const shared = new SharedMemory(nowMs);
  return {
    store: () => wrap(shared.store()),
    nowMs,
    advance,
    lose: () => shared.lose(),
    close: () => shared.close(),
  };
}
