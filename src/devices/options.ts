import { clock, integer, knownOptions, optionalFunction, timersOption, type Timers } from '../options.js';
import { networkNameOf } from '../token/revoke-statement.js';
import type { LeaseSettings } from './leases/lease.js';
import { memoryDevices } from './memory/memory-store.js';
import type { CleanUpHook } from './shared/clean-ups.js';
import type { DeviceStore, StoreSettings } from './store.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** How a registry keeps devices. Every option may be left out; all times are milliseconds. */
export interface DeviceRegistryOptions {
  /** Where devices are kept. Default: this process, for one node. */
  store?: DeviceStore | undefined;
  /**
   * Cleans up what nodes keep of a device together, when it was revoked or purged: called with `{ deviceId, wallet, incarnation,
   * cause }` on one node at a time, and again until it resolves. Only then may the device come back. Default: nothing is called.
   */
  cleanUp?: CleanUpHook | undefined;
  /**
   * The name of this network, 1 to 64 printable ASCII characters without a space at either end: the same on all of its nodes, and
   * another on every other network. Wallets sign it where they revoke devices with RevokeByWallet. Default: none, and
   * RevokeByWallet answers UNIMPLEMENTED.
   */
  networkName?: string | undefined;
  /** How long a device, and its streams, go on after its newest token ended. 5 000 to 3 600 000 (an hour). Default 30 000 (half a minute). */
  graceMs?: number | undefined;
  /** Whether the address of a device's last call is kept. Default `false`. */
  keepAddress?: boolean | undefined;
  /** When a device is forgotten that does not come any more. */
  idle?:
    | {
        /** This long after it was seen last and its token has ended. 60 000 (a minute) to 316 224 000 000 (ten years). Default 2 592 000 000 (30 days). */
        afterMs?: number | undefined;
        /** A device is confirmed by a token that was made this long after its first. 0 to 86 400 000 (a day). Default 600 000 (ten minutes). */
        confirmAfterMs?: number | undefined;
        /** A device that was never confirmed is forgotten this long after its token ended. 0 to 2 592 000 000 (30 days). Default 86 400 000 (a day). */
        unconfirmedAfterMs?: number | undefined;
      }
    | undefined;
  /** How many there may be. Wallets cost nothing, so anybody can fill a registry. */
  bounds?:
    | {
        /** Devices of one wallet; one more is refused with DEVICE_LIMIT. 1 to 1 000. Default: any number. */
        devicesPerWallet?: number | undefined;
        /** Devices in the store. Newcomers beyond it are admitted and nothing is kept of them. 1 to 10 000 000. Default 1 000 000. */
        devices?: number | undefined;
        /** Devices with a record in this process; those without streams and values of a `deviceMap` make room. 1 to 10 000 000. Default 100 000. */
        records?: number | undefined;
        /** Revocations, of devices and wallets; beyond it `revoke` rejects. 1 to 10 000 000. Default 1 000 000. */
        revocations?: number | undefined;
      }
    | undefined;
  /** What holds while a store that nodes share does not answer. */
  staleness?:
    | {
        /** The oldest that this node's copy of what is revoked may be. 1 000 (a second) to 600 000 (ten minutes). Default 10 000 (ten seconds). */
        maxMs?: number | undefined;
        /** What happens to calls when it is older: `deny` refuses them with AUTH_UNAVAILABLE, `allow` goes on by what is known. Default `deny`. */
        onStoreError?: 'deny' | 'allow' | undefined;
        /** How long `createDeviceRegistry` tries to load what is revoked. 1 to 600 000 (ten minutes). Default 10 000 (ten seconds). */
        openTimeoutMs?: number | undefined;
      }
    | undefined;
  /** The clock. Default: the system's. */
  now?: (() => Date) | undefined;
  /** The timers, for tests with a clock of their own. Default: the system's. */
  timers?: Timers | undefined;
}

/** The options after validation. */
export interface RegistrySettings extends LeaseSettings, StoreSettings {
  readonly store: DeviceStore;
  readonly cleanUp: CleanUpHook | undefined;
  readonly networkName: string | undefined;
  readonly keepAddress: boolean;
  readonly staleAfterMs: number;
  readonly onStoreError: 'deny' | 'allow';
  readonly records: number;
  readonly revocations: number;
}

const OPTIONS = [
  'store',
  'cleanUp',
  'networkName',
  'graceMs',
  'keepAddress',
  'idle',
  'bounds',
  'staleness',
  'now',
  'timers',
] as const satisfies readonly (keyof DeviceRegistryOptions)[];

/** @throws TypeError naming the option that is wrong or unknown. */
export function registrySettings(options: DeviceRegistryOptions): RegistrySettings {
  knownOptions(options, OPTIONS);
  const { store = memoryDevices(), keepAddress = false } = options;
  if (typeof store?.open !== 'function' || typeof store.enter !== 'function')
    throw new TypeError('store must be a DeviceStore');
  const cleanUp = optionalFunction('cleanUp', options.cleanUp);
  if (typeof keepAddress !== 'boolean') throw new TypeError('keepAddress must be true or false');
  const idle = group('idle', options.idle, ['afterMs', 'confirmAfterMs', 'unconfirmedAfterMs']);
  const bounds = group('bounds', options.bounds, ['devicesPerWallet', 'devices', 'records', 'revocations']);
  const staleness = group('staleness', options.staleness, ['maxMs', 'onStoreError', 'openTimeoutMs']);
  const { onStoreError = 'deny' } = staleness;
  if (onStoreError !== 'deny' && onStoreError !== 'allow')
    throw new TypeError("staleness.onStoreError must be 'deny' or 'allow'");
  return Object.freeze({
    store,
    cleanUp,
    cleansUp: cleanUp !== undefined,
    networkName: options.networkName === undefined ? undefined : networkNameOf(options.networkName),
    keepAddress,
    staleAfterMs: integer('staleness.maxMs', staleness.maxMs, 10_000, 1_000, 600_000),
    onStoreError,
    openTimeoutMs: integer('staleness.openTimeoutMs', staleness.openTimeoutMs, 10_000, 1, 600_000),
    graceMs: integer('graceMs', options.graceMs, 30_000, 5_000, 3_600_000),
    idleMs: integer('idle.afterMs', idle.afterMs, 30 * DAY_MS, MINUTE_MS, 3_660 * DAY_MS),
    confirmAfterMs: integer('idle.confirmAfterMs', idle.confirmAfterMs, 10 * MINUTE_MS, 0, DAY_MS),
    unconfirmedMs: integer('idle.unconfirmedAfterMs', idle.unconfirmedAfterMs, DAY_MS, 0, 30 * DAY_MS),
    devicesPerWallet: integer('bounds.devicesPerWallet', bounds.devicesPerWallet, Infinity, 1, 1_000),
    devices: integer('bounds.devices', bounds.devices, 1_000_000, 1, 10_000_000),
    records: integer('bounds.records', bounds.records, 100_000, 1, 10_000_000),
    revocations: integer('bounds.revocations', bounds.revocations, 1_000_000, 1, 10_000_000),
    nowMs: clock(options.now),
    timers: timersOption(options.timers),
  });
}

function group<G extends object>(name: string, value: G | undefined, names: readonly string[]): G {
  if (value === undefined) return {} as G;
  try {
    knownOptions(value, names);
  } catch (error) {
    throw new TypeError(`${name}: ${(error as Error).message}`, { cause: error });
  }
  return value;
}
