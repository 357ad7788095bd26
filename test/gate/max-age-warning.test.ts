import { afterEach, expect, it, vi } from 'vitest';

import { createDeviceRegistry } from '../../src/devices/create-device-registry.js';
import { memoryDevices } from '../../src/devices/memory/memory-store.js';
import type { DeviceStore } from '../../src/devices/store.js';
import { createGate } from '../../src/gate/create-gate.js';
import { settle } from '../support/many-nodes.js';

const HOUR_MS = 3_600_000;

afterEach(() => vi.restoreAllMocks());

/** The process warnings of a gate whose registry's store knows what another node said. */
async function warningsOf(agree: DeviceStore['agree'], maxAgeMs?: number): Promise<unknown[]> {
  const emitWarning = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const memory = memoryDevices();
  const store = new Proxy(memory, {
    get(_, name) {
      const value: unknown = name === 'agree' ? agree : Reflect.get(memory, name);
      return typeof value === 'function' ? value.bind(memory) : value;
    },
  });
  const devices = await createDeviceRegistry({ store });
  createGate({ devices, maxAgeMs, rules: { '*': { auth: 'public' } } });
  await settle();
  await devices.close();
  return emitWarning.mock.calls.filter(([, options]) => (options as { code?: string }).code === 'WALLET_AUTH_MAX_AGE');
}

it('a gate whose maxAgeMs is not that of another node with the same devices warns', async () => {
  const [warning] = (await warningsOf(async () => HOUR_MS, 60_000)) as [[string]];
  expect(warning[0]).toBe(
    'maxAgeMs is 60000 here, and another node of the same devices has 3600000: they do not agree when a device lapses',
  );
});

it('a gate that agrees, or whose store does not answer, does not', async () => {
  expect(await warningsOf(async () => undefined)).toEqual([]);
  expect(await warningsOf(async () => Promise.reject(new Error('away')))).toEqual([]);
  expect(await warningsOf(undefined)).toEqual([]);
});

it('a gate tells its maxAgeMs, by default an hour', async () => {
  const told: number[] = [];
  const agree = async (maxAgeMs: number) => void told.push(maxAgeMs);
  await warningsOf(agree);
  await warningsOf(agree, 60_000);
  expect(told).toEqual([HOUR_MS, 60_000]);
});
