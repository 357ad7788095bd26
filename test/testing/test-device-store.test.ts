import { describe, it } from 'vitest';

import { testDeviceStore } from '../../src/testing/test-device-store.js';
import { memoryBacking, sharedBacking } from './device-store/backings.js';

describe('testDeviceStore: the memory store', () => {
  for (const { name, run } of testDeviceStore(memoryBacking, { canSetClock: true })) it(name, run);
});

describe('testDeviceStore: a store that nodes share', () => {
  const can = { isShared: true, canLose: true, canSetClock: true };
  for (const { name, run } of testDeviceStore(sharedBacking, can)) it(name, run);
});
