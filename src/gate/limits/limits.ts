import { refusal, type AuthError } from '../../errors.js';
import { integer, knownOptions } from '../../options.js';
import type { Caller } from '../call/caller.js';
import { memoryStore, type LimitStore, type Take } from './limit-store.js';
import type { Bucket } from './token-buckets.js';

/**
 * A token bucket for each caller: it starts full, a call takes its cost out of it, and it fills evenly. A call that costs more
 * than is left takes nothing and is refused, with the time until there is enough. So in any window a caller gets at most what
 * the full bucket held and what flowed in, twice `points`, and over a long time `points` for each window.
 */
export interface LimitClass {
  /** What a full bucket holds. 1 to 1 000 000. */
  points: number;
  /** Time in which an empty bucket fills, in milliseconds. 1 000 to 86 400 000 (a day). */
  windowMs: number;
  /** How long a caller who was refused gets nothing at all while his bucket fills, in milliseconds. 0 to 86 400 000 (a day). Default 0. */
  blockMs?: number | undefined;
  /** How many times as many points callers in `access.priority` have. 1 to 1 000. Default: that of `LimitOptions`. */
  priorityFactor?: number | undefined;
}

/** How often callers may call. */
export interface LimitOptions {
  /** The limits by name. `default` must be there: it holds for methods that name none. */
  classes: Readonly<Record<string, LimitClass>>;
  /** How many times as many points callers in `access.priority` have. 1 to 1 000. Default 2. */
  priorityFactor?: number | undefined;
  /** Whether a wallet has one bucket, or each of its devices. Default `wallet`. */
  keyBy?: 'wallet' | 'device' | undefined;
  /**
   * The limit of calls without identity, the `public` ones included, by address (IPv6 by its /64 network; callers without
   * address share one bucket). Default: that of the method, by address.
   */
  anonymous?: string | undefined;
  /** A limit of calls of an address, whoever makes them, before the token is looked at. Always counted in this process. Default: none. */
  beforeAuthentication?: LimitClass | undefined;
  /** How many callers each limit keeps books on in this process; the one that was quiet longest makes room. 1 to 10 000 000. Default 100 000. */
  maxCallers?: number | undefined;
  /** Where points are counted, such as `redisLimits(client)` for several nodes. Default: this process. */
  store?: LimitStore | undefined;
}

/** The limits at the door. */
export interface Limits {
  /** Whether there is a limit of that name. */
  has(limit: string): boolean;
  /** Takes one point of the address before authentication. @returns the refusal, if the address has none left. */
  takeBefore(caller: Caller): AuthError | undefined;
  /**
   * The limit in which a caller is counted where the method's is given; `anonymous` may replace it.
   * @throws TypeError if there is no such limit.
   */
  nameFor(caller: Caller, limit: string): string;
  /**
   * Takes the cost of a call, or of a message, out of the caller's bucket.
   * @param limit as in `nameFor`.
   * @param cost a non-negative integer; 0 asks nobody.
   * @returns the refusal, if there is too little left; a promise if a store must be asked.
   * @throws TypeError if there is no such limit.
   */
  take(caller: Caller, limit: string, cost: number, hasPriority: boolean): Answer | Promise<Answer>;
}

type Answer = AuthError | undefined;

/** Both sizes of a limit. */
interface Opened {
  readonly name: string;
  readonly regular: Sized;
  readonly priority: Sized;
}

interface Sized {
  readonly points: number;
  readonly take: Take;
}

const NAME = /^[A-Za-z][\w-]{0,63}$/;

/**
 * Reads the limits.
 * @param nowMs the node's clock, milliseconds since the Unix epoch.
 * @returns `undefined` if there are none.
 * @throws TypeError naming what is wrong.
 */
export function createLimits(options: LimitOptions | undefined, nowMs: () => number): Limits | undefined {
  if (options === undefined) return undefined;
  knownOptions(options, optionNames);
  const { keyBy = 'wallet', anonymous, beforeAuthentication } = options;
  if (keyBy !== 'wallet' && keyBy !== 'device') throw new TypeError("limits.keyBy must be 'wallet' or 'device'");
  const memory = memoryStore(integer('limits.maxCallers', options.maxCallers, 100_000, 1, 10_000_000));
  const factor = integer('limits.priorityFactor', options.priorityFactor, 2, 1, 1_000);
  const { store = memory } = options;
  if (typeof store?.open !== 'function')
    throw new TypeError('limits.store must be a LimitStore such as redisLimits(client)');

  const classes = new Map<string, Opened>();
  for (const [name, limit] of classEntries(options.classes)) {
    const { bucket, priorityFactor = factor } = readClass(`limits.classes.${name}`, limit);
    const wider = { ...bucket, points: bucket.points * priorityFactor };
    classes.set(name, {
      name,
      regular: { points: bucket.points, take: store.open(name, bucket, nowMs) },
      priority: { points: wider.points, take: store.open(`${name}:priority`, wider, nowMs) },
    });
  }
  if (!classes.has('default')) throw new TypeError('limits.classes must have a limit called default');
  if (anonymous !== undefined && !classes.has(anonymous)) {
    throw new TypeError(`limits.anonymous: ${JSON.stringify(anonymous)} is not in limits.classes`);
  }
  const before =
    beforeAuthentication === undefined
      ? undefined
      : memory.open('before', readClass('limits.beforeAuthentication', beforeAuthentication).bucket, nowMs);

  const keyOf = (caller: Caller) => (keyBy === 'wallet' ? caller.wallet : caller.deviceId);
  function openedFor(key: string | undefined, named: string): Opened {
    const limit = key === undefined ? (anonymous ?? named) : named;
    const opened = classes.get(limit);
    if (opened === undefined) throw new TypeError(`there is no limit ${JSON.stringify(limit)} in limits.classes`);
    return opened;
  }

  return Object.freeze({
    has: (limit: string) => classes.has(limit),
    takeBefore(caller: Caller): Answer {
      if (before === undefined) return undefined;
      return refusalAfter(before(caller.network, 1) as number, 'beforeAuthentication');
    },
    nameFor: (caller: Caller, named: string) => openedFor(keyOf(caller), named).name,
    take(caller: Caller, named: string, cost: number, hasPriority: boolean): Answer | Promise<Answer> {
      const key = keyOf(caller);
      const { name: limit, regular, priority } = openedFor(key, named);
      if (cost === 0) return undefined;
      const { points, take } = hasPriority ? priority : regular;
      if (cost > points) return refusal('RATE_LIMITED', { cause: `a cost of ${cost} is never in ${limit}` });
      const waitMs = take(key ?? caller.network, cost);
      if (typeof waitMs === 'number') return refusalAfter(waitMs, limit);
      return waitMs.then(
        (late) => refusalAfter(late, limit),
        (cause: unknown) => refusal('AUTH_UNAVAILABLE', { cause }),
      );
    },
  });
}

const optionNames = [
  'classes',
  'priorityFactor',
  'keyBy',
  'anonymous',
  'beforeAuthentication',
  'maxCallers',
  'store',
] as const satisfies readonly (keyof LimitOptions)[];

function classEntries(classes: unknown): [string, LimitClass][] {
  if (typeof classes !== 'object' || classes === null || Array.isArray(classes)) {
    throw new TypeError('limits.classes must be an object');
  }
  const entries = Object.entries(classes as Record<string, LimitClass>);
  for (const [name] of entries) {
    if (!NAME.test(name))
      throw new TypeError(`limits.classes: ${JSON.stringify(name)} is no name of letters, digits, _ and -`);
  }
  return entries;
}

function readClass(name: string, limit: LimitClass): { bucket: Bucket; priorityFactor: number | undefined } {
  if (typeof limit !== 'object' || limit === null) throw new TypeError(`${name} must be { points, windowMs }`);
  try {
    knownOptions(limit, ['points', 'windowMs', 'blockMs', 'priorityFactor']);
  } catch (error) {
    throw new TypeError(`${name}: ${(error as Error).message}`, { cause: error });
  }
  const { points, windowMs, blockMs, priorityFactor } = limit;
  return {
    bucket: Object.freeze({
      points: integer(`${name}.points`, points ?? null, 0, 1, 1_000_000),
      windowMs: integer(`${name}.windowMs`, windowMs ?? null, 0, 1_000, 86_400_000),
      blockMs: integer(`${name}.blockMs`, blockMs, 0, 0, 86_400_000),
    }),
    priorityFactor:
      priorityFactor === undefined ? undefined : integer(`${name}.priorityFactor`, priorityFactor, 1, 1, 1_000),
  };
}

function refusalAfter(waitMs: number, limit: string): Answer {
  if (waitMs === 0) return undefined;
  return refusal('RATE_LIMITED', { info: { retry_after_ms: String(waitMs) }, cause: { limit } });
}
