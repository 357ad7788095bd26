import type { Server } from '@grpc/grpc-js';

import { DeviceService } from '../../../gen/walletauth/v1/devices_pb.js';
import type { DeviceRegistry } from '../../devices/device-registry.js';
import { createDeviceService } from '../../devices/service/service.js';
import { StatusError } from '../../devices/service/status-error.js';
import { isAuthError } from '../../errors.js';
import { clock, optionalFunction } from '../../options.js';
import { grpcServiceDefinition, type GrpcHandlers } from '../service-definition.js';
import { authenticated, type AuthenticatedOptions } from './authenticated.js';

/** What can be set on the device service. */
export interface DeviceServiceOptions extends AuthenticatedOptions {
  /** The clock that WhoAmI tells. Default: the system's. */
  readonly now?: (() => Date) | undefined;
}

/**
 * Adds `walletauth.v1.DeviceService` to a server, with which callers list, label and revoke the devices of their own wallet.
 * The server needs a `walletAuth` interceptor. What the registry fails with, its callers get as INTERNAL without its text;
 * refusals keep their status.
 *
 * @example
 * ```ts
 * import { addDeviceService } from 'grpc-wallet-auth/grpc';
 *
 * addDeviceService(server, devices, { onError: (error) => console.error(error) });
 * ```
 * @param options `onError` as with `authenticated`: its error has the registry's as its cause.
 * @throws TypeError if an option is wrong.
 */
export function addDeviceService(server: Server, devices: DeviceRegistry, options: DeviceServiceOptions = {}): void {
  const { now, ...handling } = options;
  const service = createDeviceService(devices, clock(optionalFunction('now', now)));
  const handlers: GrpcHandlers<typeof DeviceService> = {
    whoAmI: authenticated(({ identity }) => safely(service.whoAmI(identity)), handling),
    listDevices: authenticated(({ identity }) => safely(service.listDevices(identity)), handling),
    revokeDevice: authenticated(({ identity, request }) => safely(service.revokeDevice(identity, request)), handling),
    revokeOtherDevices: authenticated(({ identity }) => safely(service.revokeOtherDevices(identity)), handling),
    renameDevice: authenticated(({ identity, request }) => safely(service.renameDevice(identity, request)), handling),
  };
  server.addService(grpcServiceDefinition(DeviceService), { ...handlers });
}

/** A store's client may number its errors as gRPC does, and name hosts and keys in them: callers get none of that. */
async function safely<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (isAuthError(error)) throw error;
    if (error instanceof StatusError) throw Object.assign(error, { details: error.message });
    throw new Error('the device registry failed', { cause: error });
  }
}
