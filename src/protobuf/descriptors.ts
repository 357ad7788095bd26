// The descriptors that the package itself uses.
export * from '../../gen/walletauth/v1/devices_pb.js';
export * from '../../gen/walletauth/v1/options_pb.js';
