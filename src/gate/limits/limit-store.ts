import { createTokenBuckets, type Bucket } from './token-buckets.js';

/**
 * Takes points out of a caller's bucket: all of them, or none if there are too few. A caller has one bucket, whatever its size:
 * points that were taken at one size are taken at another too.
 * @param size how many points the bucket holds for this caller: more than those of the limit if it has priority. Default:
 *   those of the limit.
 * @returns how long until they are there, in milliseconds; 0 if they were taken. A promise if others must be asked.
 */
export type Take = (key: string, points: number, size?: number) => number | Promise<number>;

/**
 * Where the points are counted. It is asked once for each call that costs anything, before a message is read; once more for the
 * first message, if a function finds its cost and that is more than the point paid ahead; and once for each further message, if
 * messages are charged. Never twice for one call or one message.
 */
export interface LimitStore {
  /**
   * Called once for each limit at construction.
   * @param name of the limit: letters, digits, `_`, `-` and `:`.
   * @param nowMs the node's clock, milliseconds since the Unix epoch.
   */
  open(name: string, bucket: Bucket, nowMs: () => number): Take;
}

/** Counts in this process: synchronous and bounded. */
export function memoryStore(maxCallers: number): LimitStore {
  return {
    open(_, bucket, nowMs) {
      const buckets = createTokenBuckets(bucket, maxCallers);
      return (key, points, size) => buckets.take(key, points, nowMs(), size);
    },
  };
}
