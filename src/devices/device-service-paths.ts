import { DeviceService } from '../../gen/walletauth/v1/devices_pb.js';

const { whoAmI, listDevices, revokeDevice, revokeOtherDevices } = DeviceService.method;

/**
 * The methods with which a device that came after the wallet's last free place makes room for itself. Exactly these are
 * exempt from DEVICE_LIMIT. As `/package.Service/Method`.
 */
export const deviceServicePaths: ReadonlySet<string> = new Set(
  [whoAmI, listDevices, revokeDevice, revokeOtherDevices].map(({ name }) => `/${DeviceService.typeName}/${name}`),
);
