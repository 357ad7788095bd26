import { setImmediate } from 'node:timers/promises';

import type { Timers } from '../../../src/options.js';

interface Waiting {
  readonly atMs: number;
  readonly run: () => void;
}

/** Real time in the model. Between two timers, everything that waits for answers goes on. */
export class ModelClock {
  readonly startMs = Date.UTC(2025, 0);
  /** Grows with each timer, so that it tells what happened at once from what happened later. */
  turn = 0;
  #monotonicMs = 0;
  readonly #waiting = new Set<Waiting>();

  get nowMs(): number {
    return this.startMs + this.#monotonicMs;
  }

  get monotonicMs(): number {
    return this.#monotonicMs;
  }

  readonly now = (): Date => new Date(this.nowMs);

  /** Timers that never run once their process has died. */
  timersOf(process: { readonly isAlive: boolean }): Timers {
    return {
      monotonicMs: () => this.#monotonicMs,
      after: (delayMs, run) => {
        const entry = {
          atMs: this.#monotonicMs + Math.max(delayMs, 0),
          run: () => void (process.isAlive && run()),
        };
        this.#waiting.add(entry);
        return () => void this.#waiting.delete(entry);
      },
    };
  }

  /** Lets time pass, from one timer to the next. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#monotonicMs + ms;
    this.turn++;
    await settled();
    for (;;) {
      let next: Waiting | undefined;
      for (const each of this.#waiting) if (each.atMs <= untilMs && !(next && next.atMs <= each.atMs)) next = each;
      if (next === undefined) break;
      this.#waiting.delete(next);
      this.#monotonicMs = Math.max(next.atMs, this.#monotonicMs);
      this.turn++;
      next.run();
      await settled();
    }
    this.#monotonicMs = untilMs;
  }
}

/** What is answered already has gone on: the event loop has emptied its queue of promises. */
export async function settled(): Promise<void> {
  await setImmediate();
}
