import { status as Status, type handleUnaryCall, type Server } from '@grpc/grpc-js';

import { fastestCurve } from '#curves';
import { descriptors } from '#protobuf';

import type { DeviceService } from '../../../gen/walletauth/v1/devices_pb.js';
import type { Curve } from '../../crypto/curve.js';
import type { DeviceRegistry } from '../../devices/device-registry.js';
import { createDeviceService } from '../../devices/service/service.js';
import { StatusError } from '../../devices/service/status-error.js';
import { isAuthError } from '../../errors.js';
import { admissionOf } from '../../identity.js';
import { clock, optionalFunction, quietly } from '../../options.js';
import { refusalStatus } from '../../status-details.js';
import { grpcServiceDefinition, type GrpcHandlers } from '../service-definition.js';
import { ownStatusToSend } from '../status.js';
import { authenticated, type AuthenticatedOptions } from './authenticated.js';
import { handlerStatus } from './handler-status.js';

/** What can be set on the device service. */
export interface DeviceServiceOptions extends AuthenticatedOptions {
  /** The clock that WhoAmI tells. Default: the system's. */
  readonly now?: (() => Date) | undefined;
  /** The secp256k1 implementation that recovers who signed a statement. Default: the fastest that loads, as for tokens. */
  readonly curve?: Curve | undefined;
}

/**
 * Adds `walletauth.v1.DeviceService` to a server, with which callers list, label and revoke the devices of their own wallet.
 * The server needs a `walletAuth` interceptor, with the same `devices` for RevokeByWallet, which wallets call without a token where
 * the registry has a `networkName`. What the registry fails with, its callers get as INTERNAL without its text;
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
  const { now, curve = fastestCurve(), ...handling } = options;
  if (curve !== undefined && typeof curve?.recover !== 'function') throw new TypeError('curve must be a Curve');
  const service = createDeviceService(devices, clock(optionalFunction('now', now)), curve);
  const handlers: GrpcHandlers<typeof DeviceService> = {
    whoAmI: authenticated(({ identity }) => safely(service.whoAmI(identity)), handling),
    listDevices: authenticated(({ identity }) => safely(service.listDevices(identity)), handling),
    revokeDevice: authenticated(({ identity, request }) => safely(service.revokeDevice(identity, request)), handling),
    revokeOtherDevices: authenticated(({ identity }) => safely(service.revokeOtherDevices(identity)), handling),
    renameDevice: authenticated(({ identity, request }) => safely(service.renameDevice(identity, request)), handling),
    revokeByWallet: withoutIdentity(
      (isCounted, request) => safely(service.revokeByWallet(isCounted, request)),
      handling,
    ),
  };
  server.addService(grpcServiceDefinition(descriptors().DeviceService), { ...handlers });
}

/** A handler for callers that need no identity, with the errors of `authenticated`. */
function withoutIdentity<I, O>(
  run: (isCounted: boolean, request: I) => Promise<O>,
  { onError }: AuthenticatedOptions,
): handleUnaryCall<I, O> {
  async function respond(...[call, callback]: Parameters<handleUnaryCall<I, O>>): Promise<void> {
    try {
      const isCounted = admissionOf(call.getAuthContext())?.isCounted === true;
      callback(null, await run(isCounted, call.request));
    } catch (error) {
      if (call.cancelled) return;
      const status = isAuthError(error) ? ownStatusToSend(refusalStatus(error, Date.now())) : handlerStatus(error);
      if (status.code === Status.INTERNAL) quietly(() => onError?.(error, call));
      callback(status);
    }
  }
  return (call, callback) => quietly(() => respond(call, callback));
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
