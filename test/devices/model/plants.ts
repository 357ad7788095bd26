import type { DeviceStore } from '../../../src/devices/store.js';

/** A fault that is planted, to see whether the model finds it. */
export interface Plant {
  readonly name: string;
  /** Changes how a node sees the store. */
  node?(store: DeviceStore, number: number): DeviceStore;
  /** Changes what keeps the store's data. */
  data?(store: DeviceStore): DeviceStore;
}

export const NO_PLANT: Plant = { name: 'nothing' };
