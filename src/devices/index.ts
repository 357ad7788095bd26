export { AuthError, authReasons, isAuthReason, type AuthErrorOptions, type AuthReason } from '../errors.js';
export type { Timers } from '../options.js';
export { createDeviceRegistry } from './create-device-registry.js';
export { deviceMap, type DeviceMap, type DeviceMapOptions } from './device-map.js';
export type { Device, DeviceEvent, DeviceEvents, DeviceHealth, DeviceRegistry } from './device-registry.js';
export { memoryDevices } from './memory/memory-store.js';
export type { CleanUpHook } from './shared/clean-ups.js';
export type { DeviceRegistryOptions } from './options.js';
export { RevocationsFull, revocationKey } from './revocation/revocations.js';
export type {
  Backlog,
  Claim,
  CleanUp,
  DeviceRow,
  DeviceStore,
  Entered,
  Fact,
  LostRow,
  Renewal,
  Sighting,
  StoreListener,
  StoreSettings,
} from './store.js';
export type { StoreCall, StoreOperation } from './shared/watched-store.js';
