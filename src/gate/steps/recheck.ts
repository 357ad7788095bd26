import { asAuthError } from '../../errors.js';
import { quietly, type Timers } from '../../options.js';
import { checkRevocation } from '../../verify/check-token.js';
import type { VerifierOptions } from '../../verify/options.js';
import type { Access } from '../access/access.js';
import type { EndCall } from './hold-stream.js';
import type { Answer, CallContext } from './pipeline.js';

/** What may change while a stream is open: the lists and who is revoked. Throws what a hook throws. */
export type Recheck = (call: CallContext) => Answer;

/** @returns `undefined` if there is nothing that may change. */
export function recheckOf(access: Access, isRevoked: VerifierOptions['isRevoked']): Recheck | undefined {
  const { checkAddress, checkCaller } = access;
  const revocation = isRevoked && ((deviceId: string) => checkRevocation(deviceId, { isRevoked }));
  if (checkAddress === undefined && checkCaller === undefined && revocation === undefined) return undefined;
  return (call) => {
    if (call.identity !== undefined) revocation?.(call.identity.deviceId);
    return checkAddress?.(call.caller) ?? checkCaller?.(call.caller);
  };
}

/** The step that looks at lists and revocations again, for each message of a stream. */
export function recheckCaller(call: CallContext, _message: unknown, recheck: Recheck): Answer {
  return recheck(call);
}

/** Looks at open streams again and again, as they may be silent. */
export interface Sweep {
  /** Looks at a call from now on, until it is over. */
  watch(call: CallContext): void;
  /** How many calls are looked at. */
  readonly size: number;
}

/** How often, and what for. */
export interface SweepSettings {
  /** The time between two rounds, in milliseconds. */
  readonly everyMs: number;
  readonly timers: Timers;
  readonly recheck: Recheck;
  readonly endCall: EndCall;
}

/** Calls that are looked at in one turn of the event loop. */
const SLICE = 500;

/** Makes a sweep. It has one timer, and none while no stream is open. */
export function createSweep({ everyMs, timers, recheck, endCall }: SweepSettings): Sweep {
  const open = new Set<CallContext>();
  let cancel: (() => void) | undefined;

  function nextRound(): void {
    cancel = open.size === 0 ? undefined : timers.after(everyMs, () => slice(open.values()));
  }

  function slice(rest: Iterator<CallContext>): void {
    for (let i = 0; i < SLICE; i++) {
      const { done, value: call } = rest.next();
      if (done) return nextRound();
      const refused = answerOf(call);
      if (refused !== undefined) quietly(() => endCall(call, refused));
    }
    cancel = timers.after(0, () => slice(rest));
  }

  function answerOf(call: CallContext): Answer {
    try {
      return recheck(call);
    } catch (error) {
      return asAuthError(error);
    }
  }

  return {
    get size() {
      return open.size;
    },
    watch(call) {
      open.add(call);
      call.onEnd(() => {
        open.delete(call);
        if (open.size > 0) return;
        cancel?.();
        cancel = undefined;
      });
      if (cancel === undefined) nextRound();
    },
  };
}

/** The step that has a stream looked at. */
export function watchStream(call: CallContext, sweep: Sweep): Answer {
  sweep.watch(call);
  return undefined;
}
