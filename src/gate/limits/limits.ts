import { refusal, type AuthError } from '../../errors.js';
import type { Caller } from '../call/caller.js';
import { limitSettings, type LimitOptions } from './limit-options.js';
import { memoryStore, type Take } from './limit-store.js';
import { createTokenBuckets } from './token-buckets.js';

type Answer = AuthError | undefined;

/** One limit. */
export interface Limit {
  readonly name: string;
  /**
   * Takes a cost out of the caller's bucket.
   * @param cost a positive integer.
   * @param hasPriority whether the bucket is the wide one.
   * @param paid how much of the cost was taken before, less than all of it. A caller that has to wait will pay it once more.
   * @returns the refusal, if too little is left; a promise if a store must be asked.
   */
  take(caller: Caller, cost: number, hasPriority: boolean, paid: number): Answer | Promise<Answer>;
}

/** The rate limits of a gate. */
export interface Limits {
  /** What a full bucket of the limit of that name holds, for callers without priority; `undefined` if there is none. */
  readonly pointsOf: (name: string) => number | undefined;
  /** The name of the limit for callers without identity, if they have one of their own. */
  readonly anonymous: string | undefined;
  /** Takes one point of an address before authentication; only if that is limited. @returns the refusal, if none is left. */
  readonly takeBefore: ((network: string) => Answer) | undefined;
  /**
   * The limit in which a caller is counted where the method's is given; `anonymous` may replace it.
   * @throws TypeError if there is no such limit.
   */
  limitFor(caller: Caller, name: string): Limit;
}

/**
 * Makes the limits.
 * @param nowMs the node's clock, milliseconds since the Unix epoch.
 * @throws TypeError naming the option that is wrong.
 */
export function createLimits(options: LimitOptions, nowMs: () => number): Limits {
  const settings = limitSettings(options);
  const { keyBy, anonymous, beforeAuthentication } = settings;
  const { store = memoryStore(settings.maxCallers) } = settings;
  const keyOf = (caller: Caller) => (keyBy === 'wallet' ? caller.wallet : caller.deviceId);

  const limits = new Map<string, Limit>();
  for (const [name, { bucket, priorityFactor }] of settings.classes) {
    const takeFrom = store.open(name, bucket, nowMs);
    limits.set(name, {
      name,
      take(caller, cost, hasPriority, paid) {
        const size = bucket.points * (hasPriority ? priorityFactor : 1);
        if (cost > size) return refusal('RATE_LIMITED', { cause: `a cost of ${cost} is never in ${name}` });
        const againMs = Math.ceil((paid * bucket.windowMs) / size);
        return settle(takeFrom(keyOf(caller) ?? caller.network, cost - paid, size), againMs, name);
      },
    });
  }
  const before = beforeAuthentication && createTokenBuckets(beforeAuthentication, settings.maxCallers);

  return Object.freeze({
    pointsOf: (name: string) => settings.classes.get(name)?.bucket.points,
    anonymous,
    takeBefore:
      before && ((network: string) => refusalAfter(before.take(network, 1, nowMs()), 0, 'beforeAuthentication')),
    limitFor(caller: Caller, named: string): Limit {
      const name = anonymous !== undefined && keyOf(caller) === undefined ? anonymous : named;
      const limit = limits.get(name);
      if (limit === undefined) throw new TypeError(`there is no limit ${JSON.stringify(name)} in limits.classes`);
      return limit;
    },
  });
}

/** @param againMs how much longer a caller that has to wait needs than the answer says. */
function settle(waitMs: ReturnType<Take>, againMs: number, limit: string): Answer | Promise<Answer> {
  if (typeof waitMs === 'number') return refusalAfter(waitMs, againMs, limit);
  return waitMs.then(
    (late) => refusalAfter(late, againMs, limit),
    (cause: unknown) => refusal('AUTH_UNAVAILABLE', { cause }),
  );
}

function refusalAfter(waitMs: number, againMs: number, limit: string): Answer {
  if (waitMs === 0) return undefined;
  return refusal('RATE_LIMITED', { info: { retry_after_ms: String(waitMs + againMs) }, cause: { limit } });
}
