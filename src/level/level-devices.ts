import type { DeviceStore } from '../devices/store.js';
import { knownOptions, optionalFunction, quietly } from '../options.js';
import { LevelStore } from './level-store.js';

/** How devices are kept in a folder. */
export interface LevelDevicesOptions {
  /** Called with a row that cannot be read and is passed over, once each. Default: a process warning. */
  onError?: ((error: Error) => void) | undefined;
}

/**
 * Keeps devices in a folder, for one process at a time: by LevelDB, from the package `classic-level`, which must be installed.
 * What is revoked, erased or confirmed is on the disk before it is acknowledged; renewals of the last moments may be lost in a power
 * failure. The folder is made when the registry opens it; opening rejects if another store or process has it open, or if a
 * revocation in it cannot be read.
 * @param path the folder.
 * @throws TypeError if the path is empty or an option is wrong.
 * @example
 * import { createDeviceRegistry } from 'grpc-wallet-auth/devices';
 * import { levelDevices } from 'grpc-wallet-auth/level';
 *
 * const devices = await createDeviceRegistry({ store: levelDevices('./devices') });
 */
export function levelDevices(path: string, options: LevelDevicesOptions = {}): DeviceStore {
  if (typeof path !== 'string' || path === '') throw new TypeError('levelDevices: path must be the name of a folder');
  knownOptions(options, ['onError']);
  const onError = optionalFunction('onError', options.onError) ?? ((error: Error) => process.emitWarning(error));
  return new LevelStore(path, (error) => quietly(() => onError(error)));
}
