/** A binary heap of things to look at, the earliest first. Pushing and popping take logarithmic time. */
export class DeadlineHeap<T> {
  readonly #entries: { readonly atMs: number; readonly item: T }[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The earliest time; `Infinity` if there is nothing. */
  get nextMs(): number {
    return this.#entries[0]?.atMs ?? Infinity;
  }

  push(atMs: number, item: T): void {
    const entries = this.#entries;
    const entry = { atMs, item };
    let at = entries.length;
    entries.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = entries[above];
      if (parent === undefined || parent.atMs <= atMs) break;
      entries[at] = parent;
      at = above;
    }
    entries[at] = entry;
  }

  /** Takes out the earliest. */
  pop(): { readonly atMs: number; readonly item: T } | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (last !== undefined && entries.length > 0) this.#sinkFromTop(last);
    return first;
  }

  /** Keeps only what passes. */
  filter(keep: (atMs: number, item: T) => boolean): void {
    const kept = this.#entries.filter(({ atMs, item }) => keep(atMs, item));
    this.#entries.length = 0;
    for (const { atMs, item } of kept) this.push(atMs, item);
  }

  #sinkFromTop(entry: { readonly atMs: number; readonly item: T }): void {
    const entries = this.#entries;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const [left, right] = [entries[below], entries[below + 1]];
      if (left === undefined) break;
      const earlier = right !== undefined && right.atMs < left.atMs ? right : left;
      if (earlier === right) below++;
      if (earlier.atMs >= entry.atMs) break;
      entries[at] = earlier;
      at = below;
    }
    entries[at] = entry;
  }
}
