import { createHash } from 'node:crypto';

import { vi } from 'vitest';

import { createEpochs } from '../../../src/devices/revocation/epochs.js';
import { createRevocationSet } from '../../../src/devices/revocation/revocations.js';
import type { DeviceStore, Fact, Sighting, StoreListener, StoreSettings } from '../../../src/devices/store.js';
import type { DevicesClient } from '../../../src/redis/devices/devices-client.js';
import { redisDevices, type RedisDevicesOptions } from '../../../src/redis/devices/redis-devices.js';

const MINUTE_MS = 60_000;

/** Several waits of five seconds at most may follow on each other. */
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

export const SETTINGS: StoreSettings = {
  nowMs: () => 0, // Redis has a clock of its own
  idleMs: MINUTE_MS,
  unconfirmedMs: MINUTE_MS,
  confirmAfterMs: MINUTE_MS,
  devicesPerWallet: Infinity,
  devices: 1_000_000,
  cleansUp: false,
  openTimeoutMs: 5_000,
};

/** What a node was told by its store. */
export interface Heard {
  /** In order: `revoked 3`, `purged 1`, `fresh`, `behind`, `missed`, `lost`. */
  readonly calls: string[];
  readonly devices: Set<string>;
  readonly keys: Set<string>;
  readonly wallets: Map<string, { readonly atMs: number; readonly survivor: string | undefined }>;
  readonly purged: string[];
  readonly backlogs: { readonly pending: number; readonly oldestMs: number }[];
  readonly agoMs: number[];
  count(call: string): number;
}

/** A store in use, and what it told. */
export interface ANode {
  readonly store: DeviceStore;
  readonly heard: Heard;
  readonly errors: Error[];
}

/** A listener that writes down what it hears. */
export function aListener(): { listener: StoreListener; heard: Heard } {
  const calls: string[] = [];
  const heard: Heard = {
    calls,
    devices: new Set(),
    keys: new Set(),
    wallets: new Map(),
    purged: [],
    backlogs: [],
    agoMs: [],
    count: (call) => calls.filter((made) => made.split(' ')[0] === call).length,
  };
  const revocations = createRevocationSet(10_000_000);
  const epochs = createEpochs(10_000_000);
  const listener: StoreListener = {
    revoked(facts: readonly Fact[]) {
      calls.push(`revoked ${facts.length}`);
      for (const fact of facts) {
        if ('deviceId' in fact) {
          heard.devices.add(fact.deviceId);
          revocations.add(fact.deviceId);
        } else if ('key' in fact) {
          heard.keys.add(Buffer.from(fact.key).toString('hex'));
          revocations.addKey(fact.key);
        } else {
          heard.wallets.set(fact.wallet, { atMs: fact.atMs, survivor: fact.survivor });
          epochs.merge(fact.wallet, fact.atMs, fact.survivor);
        }
      }
    },
    purged(ids) {
      calls.push(`purged ${ids.length}`);
      heard.purged.push(...ids);
    },
    fresh({ agoMs, backlog }) {
      calls.push('fresh');
      heard.agoMs.push(agoMs);
      heard.backlogs.push(backlog);
    },
    behind: () => void calls.push('behind'),
    missed: () => void calls.push('missed'),
    lost: () => void calls.push('lost'),
    isRevoked: (wallet, device) =>
      revocations.has(device.deviceId) || epochs.covers(wallet, { ...device, nowMs: Date.now() }),
  };
  return { listener, heard };
}

/** Opens a store. Its end is the caller's. */
export async function aNode(
  client: DevicesClient,
  settings: Partial<StoreSettings> = {},
  options: RedisDevicesOptions = {},
): Promise<ANode> {
  const errors: Error[] = [];
  const store = redisDevices(client, { timeoutMs: 1_000, onError: (error) => errors.push(error), ...options });
  const { listener, heard } = aListener();
  await store.open({ ...SETTINGS, ...settings }, listener);
  return { store, heard, errors };
}

/** The n-th wallet, and the n-th device of a wallet. */
export const wallet = (n: number): string => `0x${n.toString(16).padStart(40, '0')}`;
export const device = (n: number, of = wallet(n)): string =>
  `${of}/${createHash('md5').update(String(n)).digest('hex')}`;

/** The numbers from 0 up to one. */
export const upTo = (end: number): number[] => [...Array.from({ length: end }).keys()];

/** A token of a device that was certified an hour ago and is valid for an hour. */
export function sighting(deviceId: string, change: Partial<Sighting> = {}): Sighting {
  const nowMs = Date.now();
  return {
    deviceId,
    wallet: deviceId.slice(0, 42),
    certifiedAtMs: nowMs - 60 * MINUTE_MS,
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + 60 * MINUTE_MS,
    address: undefined,
    ...change,
  };
}

/** Waits until something holds, looking often. */
export const eventually = (check: () => unknown, timeout = 5_000): Promise<unknown> =>
  vi.waitFor(check, { timeout, interval: 5 });
