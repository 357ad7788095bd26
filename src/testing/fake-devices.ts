import { createDeviceRegistry } from '../devices/create-device-registry.js';
import type { DeviceRegistry } from '../devices/device-registry.js';
import { insideOf } from '../devices/inside.js';
import type { DeviceRegistryOptions } from '../devices/options.js';
import type { WalletIdentity } from '../identity.js';
import { createVerifier } from '../verify/create-verifier.js';
import type { MintIdentityOptions } from './mint-identity.js';
import { mintToken } from './mint-token.js';
import { settableClock, type SettableClock } from './settable-clock.js';

/** Options of `fakeDevices`: those of `createDeviceRegistry`, with one clock in place of `now` and `timers`. */
export interface FakeDevicesOptions extends Omit<DeviceRegistryOptions, 'now' | 'timers'> {
  /** The clock of the registry. Default: a new `settableClock()`. */
  clock?: SettableClock | undefined;
}

/** A registry for tests. Its functions work on their own. */
export interface FakeDevices {
  /** A real registry: for `walletAuth({ devices, now: clock.now, timers: clock.timers })`, `deviceMap` and all else. */
  readonly devices: DeviceRegistry;
  /** The registry's clock: `clock.advance` lapses devices and ends streams. */
  readonly clock: SettableClock;
  /**
   * Does for a device what an admitted call with a new token does, without a server: it enters, renews or returns.
   * @param device as for `mintIdentity`. Default: Alice's phone.
   * @returns who called, as handlers see it.
   * @throws AuthError DEVICE_REVOKED, DEVICE_LIMIT, AUTH_UNAVAILABLE; TypeError if an option is wrong.
   */
  readonly enter: (device?: MintIdentityOptions) => Promise<WalletIdentity>;
}

/**
 * Makes a device registry in memory whose time passes when its clock is advanced.
 * @throws TypeError if an option is wrong.
 * @example
 * import { deviceMap } from 'grpc-wallet-auth/devices';
 * import { fakeDevices } from 'grpc-wallet-auth/testing';
 *
 * const { devices, clock, enter } = await fakeDevices();
 * const queues = deviceMap(devices, (): string[] => []);
 * const { deviceId } = await enter({ device: 'phone' });
 * clock.advance(3_630_000); // its token and the grace period are over: it lapsed
 * console.log(queues.get(deviceId)); // []
 */
export async function fakeDevices(options: FakeDevicesOptions = {}): Promise<FakeDevices> {
  const { clock = settableClock(), ...others } = options ?? {};
  if ('now' in others || 'timers' in others)
    throw new TypeError('fakeDevices takes a clock in place of now and timers');
  const { now, timers } = clock;
  const devices = await createDeviceRegistry({ ...others, now, timers });
  const inside = insideOf(devices);
  return Object.freeze({
    devices,
    clock,
    async enter(device: MintIdentityOptions = {}): Promise<WalletIdentity> {
      const { statement } = device;
      const identity = createVerifier({ now, statement }).verify(`Bearer ${mintToken({ ...device, now })}`);
      inside.present(identity);
      await inside.enter(identity, undefined, false, 0);
      return identity;
    },
  });
}
