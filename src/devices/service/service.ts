import type { MessageInitShape } from '@bufbuild/protobuf';

import { descriptors, protobuf } from '#protobuf';

import type {
  DeviceSchema,
  DeviceServiceWhoAmIResponse,
  ListDevicesResponse,
  RenameDeviceRequest,
  RenameDeviceResponse,
  RevokeByWalletResponse,
  RevokeDeviceRequest,
  RevokeDeviceResponse,
  RevokeOtherDevicesResponse,
} from '../../../gen/walletauth/v1/devices_pb.js';
import type { Curve } from '../../crypto/curve.js';
import { nobleCurve } from '../../crypto/noble-curve.js';
import type { Device, DeviceRegistry } from '../device-registry.js';
import { statementsOf } from '../inside.js';
import { isDeviceLabel, MAX_LABEL_LENGTH } from './device-label.js';
import { ownDevices, type Caller } from './own-devices.js';
import { revokeByWallet, type StatementRequest } from './revoke-by-wallet.js';
import { StatusError } from './status-error.js';

/**
 * The handlers of `walletauth.v1.DeviceService`, for any transport. All of them but `revokeByWallet` reject with AuthError
 * MISSING_CREDENTIALS without a caller and DEVICE_REVOKED for one that was revoked after it was admitted, with StatusError for a wrong request,
 * and with whatever the registry fails with.
 */
export interface DeviceServiceHandlers {
  whoAmI(caller: Caller): Promise<DeviceServiceWhoAmIResponse>;
  listDevices(caller: Caller): Promise<ListDevicesResponse>;
  /** Revokes a device of the caller's wallet, the calling one too. @throws StatusError NOT_FOUND */
  revokeDevice(caller: Caller, request: Pick<RevokeDeviceRequest, 'deviceId'>): Promise<RevokeDeviceResponse>;
  revokeOtherDevices(caller: Caller): Promise<RevokeOtherDevicesResponse>;
  /** Labels a device of the caller's wallet. @throws StatusError INVALID_ARGUMENT, NOT_FOUND */
  renameDevice(caller: Caller, request: Pick<RenameDeviceRequest, 'deviceId' | 'label'>): Promise<RenameDeviceResponse>;
  /**
   * Revokes what a wallet has signed, for whoever calls.
   * @param isCounted whether a gate counted the call by its address, as the admission says: the curve is used for no other.
   * @throws StatusError UNIMPLEMENTED, INVALID_ARGUMENT, FAILED_PRECONDITION; AuthError INVALID_WALLET_SIGNATURE, WALLET_MISMATCH,
   *   RATE_LIMITED
   */
  revokeByWallet(isCounted: boolean, request: StatementRequest): Promise<RevokeByWalletResponse>;
}

/** Most devices in one answer. */
const MAX_LISTED = 1_000;

const LABEL_RULE = `label: at most ${MAX_LABEL_LENGTH} characters, without control and direction characters`;

/**
 * Makes the handlers of the device service.
 * @param nowMs the clock that WhoAmI tells, in milliseconds since the Unix epoch. Default: the system's.
 * @param curve recovers who signed a statement. Default: `nobleCurve`.
 */
export function createDeviceService(
  devices: DeviceRegistry,
  nowMs: () => number = Date.now,
  curve: Curve = nobleCurve,
): DeviceServiceHandlers {
  const { create } = protobuf();
  const schemas = descriptors();
  const own = ownDevices(devices);
  return Object.freeze<DeviceServiceHandlers>({
    async whoAmI(caller) {
      const { wallet, deviceId, expiresAtMs } = own.required(caller);
      const times = { expiresAtMs: BigInt(expiresAtMs), serverTimeMs: BigInt(nowMs()) };
      return create(schemas.DeviceServiceWhoAmIResponseSchema, { wallet, deviceId, ...times });
    },

    async listDevices(caller) {
      const { wallet, deviceId } = own.required(caller);
      const known = await devices.list(wallet);
      return create(schemas.ListDevicesResponseSchema, {
        devices: known.slice(0, MAX_LISTED).map((device) => messageOf(device, deviceId)),
        omitted: Math.max(known.length - MAX_LISTED, 0),
      });
    },

    async revokeDevice(caller, { deviceId }) {
      const changed = await own.revoke(own.required(caller), deviceId);
      return create(schemas.RevokeDeviceResponseSchema, { changed });
    },

    async revokeOtherDevices(caller) {
      const changed = await own.revokeOthers(own.required(caller));
      return create(schemas.RevokeOtherDevicesResponseSchema, { changed });
    },

    async renameDevice(caller, { deviceId, label }) {
      const identity = own.required(caller);
      if (!isDeviceLabel(label)) throw new StatusError('INVALID_ARGUMENT', LABEL_RULE);
      await own.rename(identity, deviceId, label);
      return create(schemas.RenameDeviceResponseSchema);
    },

    async revokeByWallet(isCounted, request) {
      const statements = statementsOf(devices);
      if (statements === undefined) throw new StatusError('UNIMPLEMENTED', 'the network of this node has no name');
      if (!isCounted) throw new StatusError('UNIMPLEMENTED', 'the gate of this node does not have its devices');
      return create(schemas.RevokeByWalletResponseSchema, {
        changed: await revokeByWallet(statements, curve, request),
      });
    },
  });
}

function messageOf(device: Device, callerId: string): MessageInitShape<typeof DeviceSchema> {
  const { deviceId, label, firstSeenMs, lastSeenMs, lastAddress, openStreams, isConfirmed } = device;
  return {
    deviceId,
    label,
    firstSeenMs: BigInt(firstSeenMs),
    lastSeenMs: BigInt(lastSeenMs),
    ...(lastAddress === undefined ? {} : { lastAddress }),
    openStreams,
    isCaller: deviceId === callerId,
    isConfirmed,
  };
}
