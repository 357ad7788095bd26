import { ConnectError, type ConnectRouter, type HandlerContext } from '@connectrpc/connect';

import { fastestCurve } from '#curves';
import { descriptors } from '#protobuf';

import type { RevokeByWalletRequest, RevokeByWalletResponse } from '../../../gen/walletauth/v1/devices_pb.js';
import type { Curve } from '../../crypto/curve.js';
import type { DeviceRegistry } from '../../devices/device-registry.js';
import { createDeviceService } from '../../devices/service/service.js';
import { StatusError } from '../../devices/service/status-error.js';
import { isAuthError } from '../../errors.js';
import { clock, knownOptions, optionalFunction, quietly } from '../../options.js';
import { connectError, ownConnectError } from '../status.js';
import { admittedCall, requireIdentity } from './identity-of.js';

/** What can be set on the device service. */
export interface DeviceRoutesOptions {
  /**
   * Called with each error that its caller gets as INTERNAL, for the log: the caller does not see its text. What it throws is
   * ignored. Default: none.
   */
  readonly onError?: ((error: unknown, context: HandlerContext) => void) | undefined;
  /** The clock that WhoAmI tells. Default: the system's. */
  readonly now?: (() => Date) | undefined;
  /** The secp256k1 implementation that recovers who signed a statement. Default: the fastest that loads, as for tokens. */
  readonly curve?: Curve | undefined;
}

/**
 * The routes of `walletauth.v1.DeviceService`, with which callers list, label and revoke the devices of their own wallet. The
 * server needs `walletAuth`, with the same `devices` for RevokeByWallet, which wallets call without a token where the registry has a
 * `networkName`. What the registry fails with, its callers get as INTERNAL without its text; refusals keep their
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
  knownOptions(options, ['onError', 'now', 'curve']);
  const onError = optionalFunction('onError', options.onError);
  const { curve = fastestCurve() } = options;
  if (curve !== undefined && typeof curve?.recover !== 'function') throw new TypeError('curve must be a Curve');
  const service = createDeviceService(devices, clock(optionalFunction('now', options.now)), curve);

  async function answer<T>(
    context: HandlerContext,
    run: (caller: ReturnType<typeof requireIdentity>) => Promise<T>,
  ): Promise<T> {
    const identity = requireIdentity(context);
    return safely(context, connectError, () => run(identity));
  }

  /** @param refused what Connect is to send of a refusal. */
  async function safely<T>(context: HandlerContext, refused: typeof connectError, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (isAuthError(error)) throw refused(error);
      if (error instanceof StatusError) throw new ConnectError(error.message, error.code);
      const failure = new Error('the device registry failed', { cause: error });
      quietly(() => onError?.(failure, context));
      throw failure; // Connect sends no text of what is no ConnectError
    }
  }

  /** Callers need no identity, and its RATE_LIMITED is the node's own. */
  function revokeByWallet(request: RevokeByWalletRequest, context: HandlerContext): Promise<RevokeByWalletResponse> {
    const isCounted = admittedCall(context)?.isCounted === true;
    return safely(context, ownConnectError, () => service.revokeByWallet(isCounted, request));
  }

  return (router) =>
    router.service(descriptors().DeviceService, {
      whoAmI: (_, context) => answer(context, (caller) => service.whoAmI(caller)),
      listDevices: (_, context) => answer(context, (caller) => service.listDevices(caller)),
      revokeDevice: (request, context) => answer(context, (caller) => service.revokeDevice(caller, request)),
      revokeOtherDevices: (_, context) => answer(context, (caller) => service.revokeOtherDevices(caller)),
      renameDevice: (request, context) => answer(context, (caller) => service.renameDevice(caller, request)),
      revokeByWallet,
    });
}
