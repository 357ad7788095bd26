import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { memoryDevices } from '../../src/devices/memory/memory-store.js';
import { testDeviceStore } from '../../src/testing/test-device-store.js';
import { memoryBacking, sharedBacking, type Wrap } from './device-store/backings.js';
import { cleanUpFaults } from './device-store/clean-up-faults.js';
import { eraseFaults } from './device-store/erase-faults.js';
import { noticedByMany, noticedByOne } from './device-store/noticed-by.js';
import { revocationFaults } from './device-store/revocation-faults.js';
import { rowFaults } from './device-store/row-faults.js';
import { sharedFaults } from './device-store/shared-faults.js';

const can = { isShared: true, canLose: true, canSetClock: true };
/** How long a case waits for what a wrong store never tells. */
const patienceMs = 30;

describe('testDeviceStore: the memory store', () => {
  it.each(testDeviceStore(memoryBacking, { canSetClock: true }))('$name', ({ run }) => run());
});

describe('testDeviceStore: a store that nodes share', () => {
  it.each(testDeviceStore(sharedBacking, can))('$name', ({ run }) => run());
});

/** What the cases of these names find wrong, by name. */
async function findings(cases: ReturnType<typeof testDeviceStore>, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const { name, run } of cases) {
    if (!names.includes(name)) continue;
    const error = await run().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error !== undefined) found.push(name);
  }
  return found.toSorted();
}

describe('testDeviceStore: wrong stores', () => {
  const ofOneNode: Readonly<Record<string, Wrap>> = {
    ...rowFaults,
    ...revocationFaults,
    ...cleanUpFaults,
    ...eraseFaults,
  };
  it.each(Object.entries(noticedByOne))('is noticed: %s', async (fault, names) => {
    const cases = testDeviceStore(() => memoryBacking(ofOneNode[fault]), { canSetClock: true, patienceMs });
    expect(await findings(cases, names)).toEqual(names.toSorted());
  });

  it.each(Object.entries(noticedByMany))('is noticed between nodes: %s', async (fault, names) => {
    const wrap = (sharedFaults as Readonly<Record<string, Wrap>>)[fault];
    const cases = testDeviceStore(() => sharedBacking(wrap), { ...can, patienceMs });
    expect(await findings(cases, names)).toEqual(names.toSorted());
  });

  it('is noticed by every case, some by each', () => {
    const noticing = new Set([noticedByOne, noticedByMany].flatMap((faults) => Object.values(faults).flat()));
    const names = testDeviceStore(sharedBacking, can).map(({ name }) => name);
    expect(names.filter((name) => !noticing.has(name))).toEqual([]);
    expect([...noticing].filter((name) => !names.includes(name))).toEqual([]);
  });

  it('says what it found in words: what it looked at, what it is and what it should be', async () => {
    const cases = testDeviceStore(() => memoryBacking(rowFaults['remove always finds a row']));
    const remove = cases.find(({ name }) => name.startsWith('remove ends a row once'));
    await expect(remove?.run()).rejects.toThrow(/^remove once more: is true, should be false$/);
  });
});

describe('testDeviceStore', () => {
  it('has cases with different names, and more for a store that can more', () => {
    const namesOf = (options: Parameters<typeof testDeviceStore>[1]) =>
      testDeviceStore(sharedBacking, options).map(({ name }) => name);
    const few = namesOf({});
    const all = namesOf(can);
    expect(new Set(all).size).toBe(all.length);
    expect(few.length).toBeLessThan(all.length);
    expect(few.filter((name) => !all.includes(name))).toEqual([]);
    for (const one of [{ isShared: true }, { isShared: true, canLose: true }, { canSetClock: true }])
      expect(namesOf(one).length).toBeGreaterThan(few.length);
  });

  it('closes the stores and then the backing, also after a failure', async () => {
    for (const fault of [undefined, rowFaults['remove always finds a row']]) {
      const log: string[] = [];
      const [first] = testDeviceStore(async () => {
        const backing = await memoryBacking((store) => {
          const { close } = store;
          const wrapped = fault ? fault(store) : store;
          return Object.assign(wrapped, {
            close: async () => {
              log.push('store');
              await close.call(store);
            },
          });
        });
        return { ...backing, close: () => void log.push('backing') };
      }).filter(({ name }) => name.startsWith('remove ends a row once'));
      await first?.run().catch(() => log.push('failed'));
      expect(log.filter((entry) => entry !== 'store')).toEqual(fault ? ['backing', 'failed'] : ['backing']);
      expect(log.indexOf('backing')).toBeGreaterThan(log.lastIndexOf('store'));
    }
  });

  it('lets real time pass where the clock cannot be set', async () => {
    const cases = testDeviceStore(async () => ({ store: memoryDevices, close: () => undefined }));
    const names = ['purge ends confirmed rows', 'a clean-up whose lease is over', 'backlog counts'];
    const waiting = cases.filter(({ name }) => names.some((begin) => name.startsWith(begin)));
    expect(waiting).toHaveLength(3);
    await Promise.all(waiting.map(({ run }) => run()));
  });

  it('refuses a backing without lose, if the store can lose its data', async () => {
    const cases = testDeviceStore(async () => ({ ...(await sharedBacking()), lose: undefined }), can);
    const loss = cases.find(({ name }) => name.startsWith('nodes hear that data was lost'));
    await expect(loss?.run()).rejects.toThrow('lose()');
  });

  it.each([
    [undefined, {}, 'makeStores must be a function'],
    [memoryBacking, { shared: true }, 'unknown option "shared"'],
    [memoryBacking, { isShared: 1 }, 'isShared must be true or false'],
    [memoryBacking, { canLose: true }, 'canLose is for stores that nodes share'],
    [memoryBacking, { patienceMs: 0 }, 'patienceMs must be an integer from 1 to 60000'],
  ])('refuses %s with %j', (makeStores, options, message) => {
    expect(() => testDeviceStore(makeStores as never, options as never)).toThrow(new RegExp(`^${message}`));
  });

  it('imports no test runner and nothing of Node', () => {
    const folder = new URL('../../src/testing/device-store/', import.meta.url);
    const files = readdirSync(folder).map((name) => new URL(name, folder));
    for (const file of [...files, new URL('../test-device-store.ts', folder)]) {
      const imports = [...readFileSync(file, 'utf8').matchAll(/^(?:import|export)[^;]* from '([^']*)'/gm)];
      const packages = imports.flatMap(([, from = '']) => (from.startsWith('.') ? [] : [from]));
      expect(packages).toEqual([]);
    }
  });
});
