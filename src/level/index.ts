export type { DeviceStore } from '../devices/store.js';
export { levelDevices, type LevelDevicesOptions } from './level-devices.js';
