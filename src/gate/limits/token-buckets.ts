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
   * @param size what the bucket holds for this taker. Default: as all of them. What was used stays used at another size.
   * @returns how long until they are there, in milliseconds; 0 if they were taken.
   */
  take(key: string, points: number, nowMs: number, size?: number): number;
  /** The same without taking them. */
  waitMs(key: string, points: number, nowMs: number): number;
  /** How many keys are tracked. */
  readonly size: number;
}

/** Times are fractions of a millisecond: a rounding error of a thousandth refuses nobody. */
const TOLERANCE_MS = 0.001;

/**
 * Makes buckets that start full; `redis/bucket-script.ts` does the same in Redis.
 *
 * What is kept of a bucket is how many points of it are used. They come back at the rate of the size at which the latest were
 * taken, so all of them within a window, and a taker who is refused changes nothing. Time is what passes between two looks at the
 * clock: while it is put back none does, so that what was taken before lasts no longer and no shorter than it would have.
 * @param maxKeys how many keys to track; the least recently used makes room, and starts full again.
 */
export function createTokenBuckets({ points: ownSize, windowMs, blockMs }: Bucket, maxKeys: number): TokenBuckets {
  const buckets = new LRUCache<string, Level>({ max: maxKeys });
  const passed = passedTime(windowMs + blockMs);

  /** Gives back what has come back since the last time. */
  function settle(level: Level, atMs: number): void {
    level.used = Math.max(0, level.used - ((atMs - level.atMs) * level.size) / windowMs);
    level.atMs = atMs;
  }

  /** How long until so many points are there; negative or within the tolerance if they are. */
  function waitFor(level: Level, points: number, size: number): number {
    return ((level.used + points - size) * windowMs) / level.size;
  }

  return {
    get size() {
      return buckets.size;
    },
    waitMs(key, points, nowMs) {
      const atMs = passed(nowMs);
      const level = buckets.get(key) ?? newLevel(atMs, ownSize);
      settle(level, atMs);
      const waitMs = waitFor(level, points, ownSize);
      const blockedMs = level.blockedToMs - atMs;
      return waitMs <= TOLERANCE_MS && blockedMs <= 0 ? 0 : Math.ceil(Math.max(waitMs, blockedMs));
    },
    take(key, points, nowMs, size = ownSize) {
      const atMs = passed(nowMs);
      let level = buckets.get(key);
      if (level === undefined) buckets.set(key, (level = newLevel(atMs, size)));
      settle(level, atMs);
      if (level.used === 0) level.size = size;
      const waitMs = waitFor(level, points, size);
      const isBlocked = level.blockedToMs > atMs;
      if (waitMs <= TOLERANCE_MS && !isBlocked) {
        level.used += points;
        level.size = size;
        return 0;
      }
      if (!isBlocked) level.blockedToMs = atMs + blockMs;
      return Math.ceil(Math.max(waitMs, level.blockedToMs - atMs));
    },
  };
}

interface Level {
  used: number;
  /** When that was so. */
  atMs: number;
  /** The size at which points were taken last. */
  size: number;
  blockedToMs: number;
}

function newLevel(atMs: number, size: number): Level {
  return { used: 0, atMs, size, blockedToMs: 0 };
}

/**
 * Turns a clock that may be put back into time that passes.
 * @param longestMs what may pass at once; more makes no difference.
 */
function passedTime(longestMs: number): (nowMs: number) => number {
  let lastMs: number | undefined;
  let totalMs = 0;
  return (nowMs) => {
    totalMs += Math.min(Math.max(nowMs - (lastMs ?? nowMs), 0), longestMs);
    lastMs = nowMs;
    return totalMs;
  };
}
