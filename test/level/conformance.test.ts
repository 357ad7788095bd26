import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, it } from 'vitest';

import { levelDevices } from '../../src/level/level-devices.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { testDeviceStore } from '../../src/testing/test-device-store.js';

async function makeStores() {
  const path = mkdtempSync(join(tmpdir(), 'level-'));
  const { now, advance } = settableClock();
  return {
    store: () => levelDevices(path),
    nowMs: () => now().getTime(),
    advance,
    close: () => rmSync(path, { recursive: true, force: true }),
  };
}

describe('testDeviceStore: levelDevices', () => {
  for (const { name, run } of testDeviceStore(makeStores, { canSetClock: true })) it(`${name}`, run);
});
