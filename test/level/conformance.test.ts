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
  const cases = testDeviceStore(makeStores, { canSetClock: true }).map(({ name, run }) => [name, run] as const);
  it.each(cases)('%s', (_, run) => run());
});
