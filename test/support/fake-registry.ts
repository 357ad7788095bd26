import type { Device, DeviceRegistry } from '../../src/devices/device-registry.js';

/** A device of the fake registry; all but its name can be left out. */
export type FakeDevice = Pick<Device, 'deviceId'> & Partial<Device>;

/** A registry over a Map, and what tests look at. */
export interface FakeRegistry extends DeviceRegistry {
  /** The rows; a device without one is unknown. */
  readonly rows: Map<string, Device>;
  readonly revoked: Set<string>;
  /** Rows of which this node has no record: `get` does not know them, `list` does. */
  readonly withoutRecord: Set<string>;
  /** Called before `list` answers. */
  onList: () => void;
}

/** Makes a registry that knows some devices. The newest is the last. */
export function fakeRegistry(...devices: readonly FakeDevice[]): FakeRegistry {
  const rows = new Map<string, Device>();
  const revoked = new Set<string>();
  const withoutRecord = new Set<string>();
  for (const device of devices) rows.set(device.deviceId, row(device));
  const walletOf = (deviceId: string) => deviceId.split('/')[0] ?? '';

  function revoke(deviceId: string): boolean {
    const changed = !revoked.has(deviceId);
    revoked.add(deviceId);
    rows.delete(deviceId);
    return changed;
  }

  function revokeAll(wallet: string, survivor?: string): boolean {
    const ids = [...rows.keys()].filter((id) => walletOf(id) === wallet && id !== survivor);
    return ids.filter(revoke).length > 0;
  }

  function edit(deviceId: string, change: Partial<Device>): boolean {
    const known = rows.get(deviceId);
    if (known) rows.set(deviceId, { ...known, ...change });
    return known !== undefined;
  }

  const registry: FakeRegistry = {
    rows,
    revoked,
    withoutRecord,
    onList: () => undefined,
    get: (deviceId) => (withoutRecord.has(deviceId) ? undefined : rows.get(deviceId)),
    async list(wallet) {
      await Promise.resolve();
      registry.onList();
      return [...rows.values()].filter((device) => device.wallet === wallet).toReversed();
    },
    isRevoked: (deviceId) => revoked.has(deviceId),
    revoke: async (deviceId) => ({ changed: revoke(deviceId) }),
    revokeWallet: async (wallet) => ({ changed: revokeAll(wallet) }),
    async revokeOthers(deviceId) {
      if (!rows.has(deviceId)) throw new TypeError('unknown device');
      return { changed: revokeAll(walletOf(deviceId), deviceId) };
    },
    rename: async (deviceId, label) => edit(deviceId, { label }),
    confirm: async (deviceId) => edit(deviceId, { isConfirmed: true }),
    remove: async (deviceId) => rows.delete(deviceId),
    async erase(wallet) {
      const ids = [...rows.keys()].filter((id) => walletOf(id) === wallet);
      for (const id of ids) rows.delete(id);
      return ids.length;
    },
    on: () => () => undefined,
    health: () => ({
      records: rows.size,
      streams: 0,
      hardCloses: 0,
      revocations: revoked.size,
      revokedWallets: 0,
      listenerErrors: 0,
      withoutRow: 0,
      fresh: true,
      staleMs: 0,
      behind: 0,
      pendingCleanUps: 0,
      oldestCleanUpMs: 0,
      reloads: 0,
      putBacks: 0,
      unacknowledged: 0,
      provisional: 0,
    }),
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  return registry;
}

function row(device: FakeDevice): Device {
  return {
    wallet: device.deviceId.split('/')[0] ?? '',
    label: '',
    firstSeenMs: 1_000,
    lastSeenMs: 2_000,
    expiresAtMs: 3_000,
    certifiedAtMs: undefined,
    isConfirmed: false,
    lastAddress: undefined,
    openStreams: 0,
    ...device,
  };
}
