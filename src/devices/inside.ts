import type { DeviceRegistry } from './device-registry.js';
import type { NodeDevices } from './node/node-devices.js';
import type { Statements } from './revocation/statements.js';

const insides = new WeakMap<object, NodeDevices>();

/** Makes known what a node knows behind a registry. */
export function setInside(devices: DeviceRegistry, node: NodeDevices): void {
  insides.set(devices, node);
}

/**
 * What a node knows behind a registry, for gates and for what hangs on devices.
 * @throws TypeError if `createDeviceRegistry` did not make it.
 */
export function insideOf(devices: DeviceRegistry): NodeDevices {
  const node = insides.get(devices);
  if (node !== undefined) return node;
  throw new TypeError('devices must be made by createDeviceRegistry');
}

/** What keeps statements of wallets; `undefined` where the network has no name, and of a registry that is not the library's. */
export function statementsOf(devices: DeviceRegistry): Statements | undefined {
  return insides.get(devices)?.statements;
}
