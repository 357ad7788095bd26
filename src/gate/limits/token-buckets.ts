import { LRUCache } from 'lru-cache';

/** The size of a token bucket. */
export interface Bucket {
  /** How many points it holds. */
  readonly points: number;
  /** Time in which an empty one fills, evenly, in milliseconds. */
  readonly windowMs: number;
  /** How long a caller who asked for more than was left gets nothing while his bucket fills, in milliseconds; 0 for none. */
  readonly blockMs: number;
}

/** Equal buckets, one for each key. */
export interface TokenBuckets {
  /**
   * Takes points out of a bucket: all of them, or none if there are too few.
   * @param nowMs milliseconds since the Unix epoch.
   * @returns how long until they are there, in milliseconds; 0 if they were taken.
   */
  take(key: string, points: number, nowMs: number): number;
  /** How many keys there are books on. */
  readonly size: number;
}

/** Times are fractions of a millisecond: a rounding error of a thousandth refuses nobody. */
const TOLERANCE_MS = 0.001;

/**
 * Makes buckets that start full.
 *
 * What is kept of a bucket is the time at which it will be full again (GCRA, the arithmetic of a token bucket in one number);
 * `redis/bucket-script.ts` does the same in Redis. A clock that is put back makes nobody wait longer than an empty bucket, or
 * a whole block, would.
 * @param maxKeys how many keys to keep books on; the one that was quiet longest makes room, and starts full again.
 */
export function createTokenBuckets({ points: size, windowMs, blockMs }: Bucket, maxKeys: number): TokenBuckets {
  const stepMs = windowMs / size;
  const buckets = new LRUCache<string, Level>({ max: maxKeys });
  return {
    get size() {
      return buckets.size;
    },
    take(key, points, nowMs) {
      let level = buckets.get(key);
      if (level === undefined) buckets.set(key, (level = { fullAtMs: nowMs, blockedToMs: 0 }));
      level.fullAtMs = Math.min(Math.max(level.fullAtMs, nowMs), nowMs + windowMs);
      level.blockedToMs = Math.min(level.blockedToMs, nowMs + blockMs);
      const fullAtMs = level.fullAtMs + points * stepMs;
      const waitMs = fullAtMs - nowMs - windowMs;
      const isBlocked = level.blockedToMs > nowMs;
      if (waitMs <= TOLERANCE_MS && !isBlocked) {
        level.fullAtMs = fullAtMs;
        return 0;
      }
      if (!isBlocked) level.blockedToMs = nowMs + blockMs;
      return Math.ceil(Math.max(waitMs, level.blockedToMs - nowMs));
    },
  };
}

interface Level {
  fullAtMs: number;
  blockedToMs: number;
}
