import { refusal } from '../../errors.js';
import type { WalletIdentity } from '../../identity.js';
import type { DeviceRegistry } from '../device-registry.js';
import { StatusError } from './status-error.js';

/** Who calls, as the gate says; `undefined` for an anonymous caller. */
export type Caller = WalletIdentity | undefined;

/** A registry as callers may use it: the devices of their own wallet. */
export interface OwnDevices {
  /**
   * Who calls, where somebody must. A call that was admitted may still wait for its request when its device is revoked.
   * @throws AuthError MISSING_CREDENTIALS, DEVICE_REVOKED
   */
  required(caller: Caller): WalletIdentity;
  /** @returns whether the device was not revoked before. @throws StatusError NOT_FOUND */
  revoke(identity: WalletIdentity, deviceId: string): Promise<boolean>;
  /** @returns whether any was not revoked before. */
  revokeOthers(identity: WalletIdentity): Promise<boolean>;
  /** @throws StatusError NOT_FOUND */
  rename(identity: WalletIdentity, deviceId: string, label: string): Promise<void>;
}

/** Lets callers see and change devices of their own wallet. Somebody else's device looks like none. */
export function ownDevices(devices: DeviceRegistry): OwnDevices {
  function required(caller: Caller): WalletIdentity {
    if (caller === undefined) throw refusal('MISSING_CREDENTIALS');
    if (devices.isRevoked(caller.deviceId)) throw refusal('DEVICE_REVOKED');
    return caller;
  }

  async function hasRow({ wallet }: WalletIdentity, deviceId: string): Promise<boolean> {
    if (devices.get(deviceId) !== undefined) return true;
    return (await devices.list(wallet)).some((device) => device.deviceId === deviceId);
  }

  /** The calling device counts without a row of its own, as under DEVICE_LIMIT. */
  async function isKnown(identity: WalletIdentity, deviceId: string): Promise<boolean> {
    if (!isIdOf(identity, deviceId)) return false;
    return deviceId === identity.deviceId || devices.isRevoked(deviceId) || hasRow(identity, deviceId);
  }

  return Object.freeze<OwnDevices>({
    required,

    async revoke(identity, deviceId) {
      if (!(await isKnown(identity, deviceId))) throw notFound();
      required(identity); // again: the look-up took its time
      return (await devices.revoke(deviceId)).changed;
    },

    async revokeOthers(identity) {
      const { wallet, deviceId: survivor } = identity;
      if (await hasRow(identity, survivor)) return (await devices.revokeOthers(survivor)).changed;
      let anyChanged = false; // a registry lets no device survive that has no row, so the others go one by one
      for (const { deviceId } of await devices.list(wallet)) {
        if (deviceId === survivor) continue;
        required(identity);
        const { changed } = await devices.revoke(deviceId);
        anyChanged ||= changed;
      }
      return anyChanged;
    },

    async rename(identity, deviceId, label) {
      if (!isIdOf(identity, deviceId) || !(await devices.rename(deviceId, label))) throw notFound();
    },
  });
}

/** Whether a text can be the id of a device of the caller's wallet. */
function isIdOf({ wallet }: WalletIdentity, deviceId: string): boolean {
  return deviceId.startsWith(`${wallet}/`) && /^[0-9a-f]{32}$/.test(deviceId.slice(wallet.length + 1));
}

function notFound(): StatusError {
  return new StatusError('NOT_FOUND', 'no such device');
}
