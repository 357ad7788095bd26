import { writeFileSync } from 'node:fs';

import { it } from 'vitest';

import { testDeviceStore } from '../../src/testing/test-device-store.js';
import { memoryBacking, sharedBacking } from './device-store/backings.js';
import { cleanUpFaults } from './device-store/clean-up-faults.js';
import { revocationFaults } from './device-store/revocation-faults.js';
import { rowFaults } from './device-store/row-faults.js';
import { sharedFaults } from './device-store/shared-faults.js';

it('matrix', async () => {
  const out: Record<string, Record<string, string>> = {};
  for (const [kind, faults] of Object.entries({ rowFaults, revocationFaults, cleanUpFaults, sharedFaults }))
    for (const where of ['memory', 'shared'] as const) {
      if (kind === 'sharedFaults' && where === 'memory') continue;
      for (const [name, wrap] of Object.entries(faults)) {
        const cases =
          where === 'memory'
            ? testDeviceStore(() => memoryBacking(wrap), { canSetClock: true, patienceMs: 30 })
            : testDeviceStore(() => sharedBacking(wrap), {
                isShared: true,
                canLose: true,
                canSetClock: true,
                patienceMs: 30,
              });
        const failed: Record<string, string> = {};
        for (const { name: title, run } of cases)
          await run().catch((error: Error) => (failed[title] = error.message.slice(0, 160)));
        out[`${where}: ${name}`] = failed;
      }
    }
  writeFileSync('/tmp/matrix.json', JSON.stringify(out, null, 1));
  const all = testDeviceStore(sharedBacking, { isShared: true, canLose: true, canSetClock: true }).map(
    ({ name }) => name,
  );
  const noticed = new Set(Object.values(out).flatMap((failed) => Object.keys(failed)));
  console.log(
    'UNNOTICED FAULTS',
    Object.entries(out)
      .filter(([, f]) => Object.keys(f).length === 0)
      .map(([n]) => n),
  );
  console.log(
    'USELESS CASES',
    all.filter((name) => !noticed.has(name)),
  );
}, 300_000);
