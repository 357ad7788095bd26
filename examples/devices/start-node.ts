import { promisify } from 'node:util';

import { Server, ServerCredentials } from '@grpc/grpc-js';
import { createDeviceRegistry, type DeviceRegistry, type DeviceRegistryOptions } from 'grpc-wallet-auth/devices';
import {
  addDeviceService,
  authenticated,
  grpcServiceDefinition,
  walletAuth,
  type GrpcHandlers,
} from 'grpc-wallet-auth/grpc';
import { DemoService } from 'grpc-wallet-auth/proto';

/** A running node. */
export interface DevicesNode {
  /** `host:port`. */
  readonly address: string;
  readonly devices: DeviceRegistry;
  readonly close: () => Promise<void>;
}

const handlers: Partial<GrpcHandlers<typeof DemoService>> = {
  whoAmI: authenticated(({ identity: { wallet, deviceId } }) => ({ wallet, deviceId })),
  chat: authenticated(async function* ({ identity: { wallet }, requests }) {
    for await (const { text } of requests) yield { wallet, text };
  }),
};

/** Starts a node with a registry of devices and the device service on a free loopback port. */
export async function startDevicesNode(options: DeviceRegistryOptions): Promise<DevicesNode> {
  const { now, timers } = options;
  const devices = await createDeviceRegistry(options);
  const server = new Server({ interceptors: [walletAuth({ devices, now, timers })] });
  server.addService(grpcServiceDefinition(DemoService), handlers);
  addDeviceService(server, devices, { now });
  const listen = promisify(server.bindAsync.bind(server));
  const port = await listen('127.0.0.1:0', ServerCredentials.createInsecure());
  return {
    address: `127.0.0.1:${port}`,
    devices,
    async close() {
      server.forceShutdown();
      await devices.close();
    },
  };
}
