import type { DevicesOfGate } from '../../devices/device-registry.js';
import type { Answer, CallContext } from './pipeline.js';

/** What is needed to enter devices. */
export interface Entering {
  readonly devices: DevicesOfGate;
  /** Whether a device that is one too many may make calls of this method. */
  readonly isExempt: boolean;
  /** How long a call may wait for the clean-up of what its device's last life left, in milliseconds. */
  readonly limitMs: number;
}

/** The step that enters the device of a call which has passed all other checks. It takes time only where there is no record. */
export function enterDevice(call: CallContext, { devices, isExempt, limitMs }: Entering): Answer | Promise<Answer> {
  const { identity } = call;
  if (identity === undefined) return undefined;
  const address = devices.keepsAddress ? call.address : undefined;
  return devices.enter(identity, address, isExempt, limitMs) as Promise<undefined>;
}
