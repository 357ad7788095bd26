import { setImmediate } from 'node:timers/promises';

import type { DeviceRegistryOptions } from '../../src/devices/options.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { startRegistry } from './registry.js';
import { SimulatedStore } from './simulated-store.js';

/**
 * Registries of several nodes on one store whose faults are made by hand, all by one clock.
 * @param storeAheadMs how far the store's clock is ahead of it, in milliseconds.
 */
export async function startNodes(count: number, options: DeviceRegistryOptions = {}, storeAheadMs = 0) {
  const clock = settableClock();
  const store = new SimulatedStore(clock, () => clock.now().getTime() + storeAheadMs);
  const start = async (more: DeviceRegistryOptions = {}) => {
    const link = store.connect();
    return { link, ...(await startRegistry({ ...options, ...more, store: link }, clock)) };
  };
  const nodes = await Promise.all(Array.from({ length: count }, () => start()));

  /** Lets time pass in steps, and what waits for answers go on. */
  async function pass(ms: number, stepMs = 500): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
      clock.advance(Math.min(leftMs, stepMs));
      await settle();
    }
  }

  return { clock, store, start, nodes: nodes as Nodes, pass };
}

type Node = Awaited<ReturnType<typeof startRegistry>> & { readonly link: ReturnType<SimulatedStore['connect']> };
type Nodes = [Node, Node, ...Node[]];

/** Lets what was answered already go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await setImmediate();
}
