/** A binary heap of things to look at, the earliest first. Pushing and popping take logarithmic time. */
export class DeadlineHeap<T> {
  // two flat lists rather than one of pairs: a third of the memory, and times are compared without a detour
  readonly #times: number[] = [];
  readonly #items: T[] = [];

  get size(): number {
    return this.#times.length;
  }

  /** The earliest time; `Infinity` if there is nothing. */
  get nextMs(): number {
    return this.#times[0] ?? Infinity;
  }

  push(atMs: number, item: T): void {
    const [times, items] = [this.#times, this.#items];
    let at = times.length;
    times.push(atMs);
    items.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const aboveMs = times[above] as number;
      if (aboveMs <= atMs) break;
      times[at] = aboveMs;
      items[at] = items[above] as T;
      at = above;
    }
    times[at] = atMs;
    items[at] = item;
  }

  /** Takes out the earliest. */
  pop(): { readonly atMs: number; readonly item: T } | undefined {
    if (this.size === 0) return undefined;
    const first = { atMs: this.#times[0] as number, item: this.#items[0] as T };
    const [lastMs, last] = [this.#times.pop() as number, this.#items.pop() as T];
    if (this.size > 0) this.#sinkFromTop(lastMs, last);
    return first;
  }

  /** Keeps only what passes. */
  filter(keep: (atMs: number, item: T) => boolean): void {
    const kept = this.#times.map((atMs, i) => keep(atMs, this.#items[i] as T));
    const [times, items] = [this.#times.splice(0), this.#items.splice(0)];
    for (const [i, atMs] of times.entries()) if (kept[i]) this.push(atMs, items[i] as T);
  }

  #sinkFromTop(atMs: number, item: T): void {
    const [times, items] = [this.#times, this.#items];
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= times.length) break;
      if (below + 1 < times.length && (times[below + 1] as number) < (times[below] as number)) below++;
      const belowMs = times[below] as number;
      if (belowMs >= atMs) break;
      times[at] = belowMs;
      items[at] = items[below] as T;
      at = below;
    }
    times[at] = atMs;
    items[at] = item;
  }
}
