import { ConnectError, type ConnectRouter, type HandlerContext } from '@connectrpc/connect';

import { descriptors } from '#protobuf';

import type { DeviceRegistry } from '../../devices/device-registry.js';
import { createDeviceService } from '../../devices/service/service.js';
import { StatusError } from '../../devices/service/status-error.js';
import { isAuthError } from '../../errors.js';
import { clock, knownOptions, optionalFunction, quietly } from '../../options.js';
import { connectError } from '../status.js';
import { requireIdentity } from './identity-of.js';

/** What can be set on the device service. */
export interface DeviceRoutesOptions {
  /**
   * Called with each error that its caller gets as INTERNAL, for the log: the caller does not see its text. What it throws is
   * ignored. Default: none.
   */
  readonly onError?: ((error: unknown, context: HandlerContext) => void) | undefined;
  /** The clock that WhoAmI tells. Default: the system's. */
  readonly now?: (() => Date) | undefined;
}

/**
 * The routes of `walletauth.v1.DeviceService`, with which callers list, label and revoke the devices of their own wallet. The
 * server needs `walletAuth`. What the registry fails with, its callers get as INTERNAL without its text; refusals keep their
 * status.
 *
 * @example
 * ```ts
 * import { connectNodeAdapter } from '@connectrpc/connect-node';
 * import { deviceRoutes, walletAuth } from 'grpc-wallet-auth/connect';
 *
 * const auth = walletAuth({ devices });
 * const handler = connectNodeAdapter({ routes: deviceRoutes(devices), ...auth.adapter });
 * ```
 * @throws TypeError if an option is wrong.
 */
export function deviceRoutes(
  devices: DeviceRegistry,
  options: DeviceRoutesOptions = {},
): (router: ConnectRouter) => ConnectRouter {
  knownOptions(options, ['onError', 'now']);
  const onError = optionalFunction('onError', options.onError);
  const service = createDeviceService(devices, clock(optionalFunction('now', options.now)));

  async function answer<T>(
    context: HandlerContext,
    run: (caller: ReturnType<typeof requireIdentity>) => Promise<T>,
  ): Promise<T> {
    const identity = requireIdentity(context);
    try {
      return await run(identity);
    } catch (error) {
      if (isAuthError(error)) throw connectError(error);
      if (error instanceof StatusError) throw new ConnectError(error.message, error.code);
      const failure = new Error('the device registry failed', { cause: error });
      quietly(() => onError?.(failure, context));
      throw failure; // Connect sends no text of what is no ConnectError
    }
  }

  return (router) =>
    router.service(descriptors().DeviceService, {
      whoAmI: (_, context) => answer(context, (caller) => service.whoAmI(caller)),
      listDevices: (_, context) => answer(context, (caller) => service.listDevices(caller)),
      revokeDevice: (request, context) => answer(context, (caller) => service.revokeDevice(caller, request)),
      revokeOtherDevices: (_, context) => answer(context, (caller) => service.revokeOtherDevices(caller)),
      renameDevice: (request, context) => answer(context, (caller) => service.renameDevice(caller, request)),
    });
}
