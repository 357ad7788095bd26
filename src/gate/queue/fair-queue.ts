/** A bounded queue that is served in turns by address. All of its operations take the same time, however much waits. */
export interface FairQueue<T> {
  /** How many items wait. */
  readonly size: number;
  /**
   * Puts an item behind those of its address.
   * @returns what has no room: the newest item of the address with the most waiting, or this one if its own address would then
   *   have as many as that. `undefined` if the queue was not full.
   */
  add(address: string, item: T): T | undefined;
  /** Takes the oldest item of the address whose turn it is, which has its next turn after all others. `undefined` if none waits. */
  next(): T | undefined;
}

/** What waits of one address, the oldest first; never empty. */
interface Lane<T> {
  readonly address: string;
  readonly items: T[];
}

/** Makes a queue with room for so many items. */
export function createFairQueue<T>(maxSize: number): FairQueue<T> {
  /** In the order of their turns. */
  const lanes = new Map<string, Lane<T>>();
  /** The lanes by how many items they hold. */
  const bySize: Set<Lane<T>>[] = [];
  let size = 0;
  let longest = 0;

  /** Notes that a lane holds one item more or less than before. */
  function resized(lane: Lane<T>, before: number): void {
    const now = lane.items.length;
    size += now - before;
    bySize[before]?.delete(lane);
    if (now > 0) (bySize[now] ??= new Set()).add(lane);
    if (now > longest) longest = now;
    else if (before === longest && bySize[before]?.size === 0) longest = now;
  }

  /** Takes the newest item of the address with the most. */
  function popLongest(): T | undefined {
    for (const lane of bySize[longest] ?? []) {
      const item = lane.items.pop();
      resized(lane, lane.items.length + 1);
      return item;
    }
    return undefined;
  }

  return {
    get size() {
      return size;
    },
    add(address, item) {
      let lane = lanes.get(address);
      const held = lane?.items.length ?? 0;
      if (size >= maxSize && held + 1 >= longest) return item;
      const left = size >= maxSize ? popLongest() : undefined;
      if (lane === undefined) lanes.set(address, (lane = { address, items: [] }));
      lane.items.push(item);
      resized(lane, held);
      return left;
    },
    next() {
      for (const lane of lanes.values()) {
        const item = lane.items.shift();
        resized(lane, lane.items.length + 1);
        lanes.delete(lane.address);
        if (lane.items.length > 0) lanes.set(lane.address, lane);
        return item;
      }
      return undefined;
    },
  };
}
