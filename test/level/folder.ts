import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ClassicLevel } from 'classic-level';
import { onTestFinished } from 'vitest';

import type { DeviceStore, Fact, Sighting, StoreSettings } from '../../src/devices/store.js';
import { levelDevices, type LevelDevicesOptions } from '../../src/level/level-devices.js';
import { NodeCopy } from '../../src/testing/device-store/node-copy.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { testWallets } from '../../src/testing/test-wallets.js';

export const HOUR_MS = 3_600_000;
export const ALICE = testWallets.alice.address;

/** A folder that is not there yet and is gone when the test is over. */
export function makeFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'level-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, 'devices');
}

/** A folder, its clock, and stores on it one after the other. */
export function makeHome(path = makeFolder()) {
  const clock = settableClock();
  const nowMs = () => clock.now().getTime();
  const open = async (settings: Partial<StoreSettings> = {}, options: LevelDevicesOptions = {}) => {
    const errors: string[] = [];
    const store = levelDevices(path, { onError: ({ message }) => void errors.push(message), ...options });
    const copy = new NodeCopy(nowMs);
    await store.open({ ...usual(nowMs), ...settings }, copy);
    onTestFinished(() => store.close());
    return { store, copy, errors };
  };
  const sighting = (name: number | string, facts: Partial<Sighting> = {}): Sighting => ({
    deviceId: typeof name === 'string' ? name : idOf(name),
    wallet: ALICE,
    certifiedAtMs: nowMs() - 60_000,
    issuedAtMs: nowMs(),
    expiresAtMs: nowMs() + HOUR_MS,
    address: undefined,
    ...facts,
  });
  return { path, clock, nowMs, open, sighting };
}

export const idOf = (name: number) => `${ALICE}/${name.toString(16).padStart(32, '0')}`;

export function usual(nowMs: () => number): StoreSettings {
  return {
    nowMs,
    idleMs: HOUR_MS,
    unconfirmedMs: HOUR_MS,
    confirmAfterMs: HOUR_MS,
    devicesPerWallet: Infinity,
    devices: 1_000_000,
    cleansUp: false,
    openTimeoutMs: 10_000,
  };
}

/** What is in a folder whose store is closed. */
export async function inFolder<T>(path: string, look: (database: ClassicLevel) => Promise<T>): Promise<T> {
  const database = new ClassicLevel(path);
  await database.open();
  try {
    return await look(database);
  } finally {
    await database.close();
  }
}

/** What became of a device in a word. */
export async function outcome(store: DeviceStore, sighting: Sighting): Promise<string> {
  const entered = await store.enter(sighting);
  return entered instanceof Object ? (entered.isNew ? 'new' : 'known') : entered;
}

export const byId = (name: number): Fact => ({ deviceId: idOf(name) });
