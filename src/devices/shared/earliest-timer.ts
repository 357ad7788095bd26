import type { Timers } from '../../options.js';

/** One timer for a thing that is wanted at several times: it runs at the earliest of them, once. */
export class EarliestTimer {
  readonly #timers: Timers;
  readonly #run: () => unknown;
  #cancel: (() => void) | undefined;
  #atMs = Infinity;
  #isStopped = false;

  constructor(timers: Timers, run: () => unknown) {
    this.#timers = timers;
    this.#run = run;
  }

  /** Has it run in `delayMs` milliseconds at the latest. */
  within(delayMs: number): void {
    const atMs = this.#timers.monotonicMs() + delayMs;
    if (this.#isStopped || atMs >= this.#atMs) return;
    this.#cancel?.();
    this.#atMs = atMs;
    this.#cancel = this.#timers.after(delayMs, () => {
      this.#atMs = Infinity;
      void this.#run();
    });
  }

  /** It does not run any more. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }
}
