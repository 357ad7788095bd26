export * from '../../gen/google/rpc/error_details_pb.js';
export * from '../../gen/google/rpc/status_pb.js';
export * from '../../gen/message_api/v1/authn_pb.js';
export * from '../../gen/message_contents/public_key_pb.js';
export * from '../../gen/message_contents/signature_pb.js';
export * from '../../gen/walletauth/demo/v1/demo_pb.js';
export * from '../../gen/walletauth/v1/devices_pb.js';
export * from '../../gen/walletauth/v1/options_pb.js';
