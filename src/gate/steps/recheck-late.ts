import type { DevicesOfGate } from '../../devices/device-registry.js';
import { refusal } from '../../errors.js';
import type { CallContext, Answer } from './pipeline.js';
import type { Recheck } from './recheck.js';
import { tokenEndMs } from './token-end.js';

/** What is looked at again where the request of a unary call comes late. */
export interface LateCheck {
  /** How late that is, in milliseconds after the call was admitted. */
  readonly afterMs: number;
  /** How long its token may have ended by then, in milliseconds. */
  readonly graceMs: number;
  readonly nowMs: () => number;
  readonly devices: DevicesOfGate | undefined;
  /** Lists and `isRevoked`. */
  readonly recheck: Recheck | undefined;
}

/**
 * The step that looks again at a unary call whose request is late: it is admitted by its headers, and its caller may hold the
 * request back for as long as the connection lasts. The token must be good or in its grace period, unless the method is at-open.
 */
export function recheckLate(call: CallContext, _message: unknown, late: LateCheck): Answer {
  const { afterMs, graceMs, devices, recheck } = late;
  const nowMs = late.nowMs();
  const waitedMs = nowMs - call.passedMs;
  if (waitedMs >= 0 && waitedMs < afterMs) return undefined; // a clock that was put back tells nothing
  const { identity, rule } = call;
  if (identity !== undefined) {
    const lastMs = (tokenEndMs(call) ?? identity.expiresAtMs) + (rule.stream === 'until-expiry' ? 0 : graceMs);
    if (rule.stream !== 'at-open' && nowMs > lastMs) return refusal('TOKEN_EXPIRED');
    devices?.present(identity);
  }
  return recheck?.(call);
}
