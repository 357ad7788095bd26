/** The method that needs no token but a statement of a wallet. A gate with devices counts its calls by address. */
export const revokeByWalletPath = '/walletauth.v1.DeviceService/RevokeByWallet';

/**
 * The methods with which a device that came after the wallet's last free place makes room for itself. Exactly these are
 * exempt from DEVICE_LIMIT. As `/package.Service/Method`; texts, so that a gate needs no generated code for them.
 */
export const deviceServicePaths: ReadonlySet<string> = new Set(
  ['WhoAmI', 'ListDevices', 'RevokeDevice', 'RevokeOtherDevices'].map((name) => `/walletauth.v1.DeviceService/${name}`),
);
