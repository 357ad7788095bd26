export { callOf, type CallCaller, type TestCall, type TestStream } from './call-of.js';
export { fakeDevices, type FakeDevices, type FakeDevicesOptions } from './fake-devices.js';
export { fixedToken } from './fixed-token.js';
export { mintIdentity, type MintIdentityOptions } from './mint-identity.js';
export { mintToken, type MintableReason, type MintTokenOptions } from './mint-token.js';
export { settableClock, type SettableClock } from './settable-clock.js';
export { testWallets, type TestWallet } from './test-wallets.js';
export { testDeviceStore, type DeviceStoreCase, type TestDeviceStoreOptions } from './test-device-store.js';
export type { StoreBacking } from './device-store/bench.js';
