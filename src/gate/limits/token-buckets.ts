import { LRUCache } from 'lru-cache';

/** The size of a token bucket. */
export interface Bucket {
  /** How many points it holds. */
  readonly points: number;
  /** Time in which an empty one fills, evenly, in milliseconds. */
  readonly windowMs: number;
  /** How long a caller that wanted more than was left gets nothing while its bucket fills, in milliseconds; 0 for none. */
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
  /** The same without taking them. */
  waitMs(key: string, points: number, nowMs: number): number;
  /** How many keys are tracked. */
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
 * @param maxKeys how many keys to track; the least recently used makes room, and starts full again.
 */
export function createTokenBuckets({ points: size, windowMs, blockMs }: Bucket, maxKeys: number): TokenBuckets {
  const stepMs = windowMs / size;
  const buckets = new LRUCache<string, Level>({ max: maxKeys });

  /** The level now; the clock may have been put back since it was stored. */
  function settle(level: Level, nowMs: number): void {
    level.fullAtMs = Math.min(Math.max(level.fullAtMs, nowMs), nowMs + windowMs);
    level.blockedToMs = Math.min(level.blockedToMs, nowMs + blockMs);
  }

  /** How long until so many points are there; negative or within the tolerance if they are. */
  function waitFor({ fullAtMs }: Level, points: number, nowMs: number): number {
    return fullAtMs + points * stepMs - nowMs - windowMs;
  }

  return {
    get size() {
      return buckets.size;
    },
    waitMs(key, points, nowMs) {
      const level = buckets.get(key);
      if (level === undefined) return points > size ? Math.ceil((points - size) * stepMs) : 0;
      settle(level, nowMs);
      const waitMs = waitFor(level, points, nowMs);
      const blockedMs = level.blockedToMs - nowMs;
      return waitMs <= TOLERANCE_MS && blockedMs <= 0 ? 0 : Math.ceil(Math.max(waitMs, blockedMs));
    },
    take(key, points, nowMs) {
      let level = buckets.get(key);
      if (level === undefined) buckets.set(key, (level = { fullAtMs: nowMs, blockedToMs: 0 }));
      settle(level, nowMs);
      const waitMs = waitFor(level, points, nowMs);
      const isBlocked = level.blockedToMs > nowMs;
      if (waitMs <= TOLERANCE_MS && !isBlocked) {
        level.fullAtMs += points * stepMs;
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
