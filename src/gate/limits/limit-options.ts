import { integer, knownOptions, requiredInteger } from '../../options.js';
import type { LimitStore } from './limit-store.js';
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
  /** How long a caller that was refused gets nothing at all while its bucket fills, in milliseconds. 0 to 86 400 000 (a day). Default 0. */
  blockMs?: number | undefined;
  /** How many times as many points callers in `access.priority` have. 1 to 1 000. Default: that of `LimitOptions`. */
  priorityFactor?: number | undefined;
}

/**
 * The rate limits of a gate. They share the node out among its wallets; they do not bound what an unauthenticated caller can
 * cause, because a wallet costs nothing to make and each new one has a full bucket. That is bounded by address:
 * `beforeAuthentication` for all calls, `failedTokenLimit` for tokens that have to be verified.
 */
export interface LimitOptions {
  /** The limits by name. `default` must be there: it holds for methods that name none. */
  classes: Readonly<Record<string, LimitClass>>;
  /**
   * How many times as many points callers in `access.priority` have. It is the same bucket, only larger: what a caller used
   * stays used when it gets priority or loses it. 1 to 1 000. Default 2.
   */
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
  /** How many callers each limit tracks in this process; the least recently seen makes room. 1 to 10 000 000. Default 100 000. */
  maxCallers?: number | undefined;
  /** Where points are counted, such as `redisLimits(client)` for several nodes. Default: this process. */
  store?: LimitStore | undefined;
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

/** A limit after validation. */
export interface LimitSize {
  readonly bucket: Bucket;
  readonly priorityFactor: number;
}

/** The options after validation: complete. */
export interface LimitSettings {
  readonly classes: ReadonlyMap<string, LimitSize>;
  readonly keyBy: 'wallet' | 'device';
  readonly anonymous: string | undefined;
  readonly beforeAuthentication: Bucket | undefined;
  readonly maxCallers: number;
  readonly store: LimitStore | undefined;
}

/** @throws TypeError naming what is wrong. */
export function limitSettings(options: LimitOptions): LimitSettings {
  knownOptions(options, optionNames);
  const { keyBy = 'wallet', anonymous, beforeAuthentication, store } = options;
  if (keyBy !== 'wallet' && keyBy !== 'device') throw new TypeError("limits.keyBy must be 'wallet' or 'device'");
  const maxCallers = integer('limits.maxCallers', options.maxCallers, 100_000, 1, 10_000_000);
  const factor = integer('limits.priorityFactor', options.priorityFactor, 2, 1, 1_000);
  if (store !== undefined && typeof store?.open !== 'function')
    throw new TypeError('limits.store must be a LimitStore such as redisLimits(client)');
  const classes = readClasses(options.classes, factor);
  if (!classes.has('default')) throw new TypeError('limits.classes must have a limit called default');
  if (anonymous !== undefined && !classes.has(anonymous))
    throw new TypeError(`limits.anonymous: ${JSON.stringify(anonymous)} is not in limits.classes`);
  const before =
    beforeAuthentication === undefined
      ? undefined
      : readClass('limits.beforeAuthentication', beforeAuthentication, factor).bucket;
  return { classes, keyBy, anonymous, beforeAuthentication: before, maxCallers, store };
}

const NAME = /^[A-Za-z][\w-]{0,63}$/;

function readClasses(classes: unknown, factor: number): ReadonlyMap<string, LimitSize> {
  if (typeof classes !== 'object' || classes === null || Array.isArray(classes))
    throw new TypeError('limits.classes must be an object');
  const sizes = new Map<string, LimitSize>();
  for (const [name, limit] of Object.entries(classes as Record<string, LimitClass>)) {
    if (!NAME.test(name))
      throw new TypeError(`limits.classes: ${JSON.stringify(name)} is no name of letters, digits, _ and -`);
    sizes.set(name, readClass(`limits.classes.${name}`, limit, factor));
  }
  return sizes;
}

function readClass(name: string, limit: LimitClass, factor: number): LimitSize {
  if (typeof limit !== 'object' || limit === null) throw new TypeError(`${name} must be { points, windowMs }`);
  try {
    knownOptions(limit, ['points', 'windowMs', 'blockMs', 'priorityFactor']);
  } catch (error) {
    throw new TypeError(`${name}: ${(error as Error).message}`, { cause: error });
  }
  return {
    bucket: Object.freeze({
      points: requiredInteger(`${name}.points`, limit.points, 1, 1_000_000),
      windowMs: requiredInteger(`${name}.windowMs`, limit.windowMs, 1_000, 86_400_000),
      blockMs: integer(`${name}.blockMs`, limit.blockMs, 0, 0, 86_400_000),
    }),
    priorityFactor: integer(`${name}.priorityFactor`, limit.priorityFactor, factor, 1, 1_000),
  };
}
