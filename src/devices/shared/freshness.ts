import type { Timers } from '../../options.js';

/** When a copy is too old. */
export interface FreshnessSettings {
  readonly timers: Timers;
  /** The oldest that it may be, in milliseconds. */
  readonly staleAfterMs: number;
  /** Whether there is something that it is a copy of; what a node has for itself is never stale. */
  readonly isShared: boolean;
}

/** How old a node's copy of what is revoked is: the time since the store told all that it had. */
export class Freshness {
  /** Whether it is older than it may be. A field that a timer sets: each call reads it. */
  isStale = false;
  readonly #settings: FreshnessSettings;
  readonly #changed: (isStale: boolean) => void;
  #freshAtMs: number;
  #cancelTimer: (() => void) | undefined;

  /** @param changed called when the copy has become stale, and when it is fresh again. */
  constructor(settings: FreshnessSettings, changed: (isStale: boolean) => void) {
    this.#settings = settings;
    this.#changed = changed;
    this.#freshAtMs = settings.timers.monotonicMs();
  }

  /** In milliseconds. */
  get ageMs(): number {
    return this.#settings.isShared ? this.#settings.timers.monotonicMs() - this.#freshAtMs : 0;
  }

  /** The copy was complete so many milliseconds ago. */
  fresh(agoMs: number): void {
    this.#freshAtMs = Math.max(this.#freshAtMs, this.#settings.timers.monotonicMs() - Math.max(agoMs, 0));
    if (this.isStale && this.#leftMs() > 0) this.#become(false);
    this.#watch();
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #leftMs(): number {
    return this.#settings.staleAfterMs - this.ageMs;
  }

  /** One timer, which waits again where it finds that the copy has become fresh meanwhile. */
  #watch(): void {
    if (this.isStale || !this.#settings.isShared || this.#cancelTimer !== undefined) return;
    this.#cancelTimer = this.#settings.timers.after(this.#leftMs(), () => {
      this.#cancelTimer = undefined;
      if (this.#leftMs() > 0) this.#watch();
      else this.#become(true);
    });
  }

  #become(isStale: boolean): void {
    this.isStale = isStale;
    this.#changed(isStale);
  }
}
