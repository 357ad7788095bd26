import type { Timers } from '../options.js';

/** The last time that a Date can hold. */
const LAST_DATE_MS = 8.64e15;

/** A clock that stands still until it is set or advanced. Each of its functions works on its own: `{ now: clock.now }`. */
export interface SettableClock {
  /** The clock's time; usable as every `now` option. */
  readonly now: () => Date;
  /**
   * Sets the time.
   * @param time a date, or milliseconds since the Unix epoch.
   */
  readonly set: (time: Date | number) => void;
  /**
   * Moves the time forwards, or backwards if negative.
   * @param ms whole milliseconds.
   */
  readonly advance: (ms: number) => void;
  /** Timers that wait for this clock: `advance` runs those whose time has come, `set` alone runs none. */
  readonly timers: Timers;
}

interface Waiting {
  readonly atMs: number;
  readonly run: () => void;
}

/**
 * Makes a clock for tests.
 * @param start a date, or milliseconds since the Unix epoch. Default: the start of 2025, in UTC.
 * @throws TypeError here, in `set` and in `advance`, if the time is not valid.
 * @example
 * import { createVerifier } from 'grpc-wallet-auth';
 * import { settableClock } from 'grpc-wallet-auth/testing';
 *
 * const clock = settableClock();
 * const verifier = createVerifier({ now: clock.now });
 * clock.advance(3_600_001); // tokens of an hour ago have expired
 */
export function settableClock(start: Date | number = Date.UTC(2025, 0)): SettableClock {
  let timeMs = wholeMs(start);
  let monotonicMs = 0;
  const waiting = new Set<Waiting>();

  /** Goes forwards from one timer to the next, so that each sees the time for which it was set. */
  function runTimers(untilMs: number): void {
    for (;;) {
      let next: Waiting | undefined;
      for (const each of waiting) if (each.atMs <= untilMs && !(next && next.atMs <= each.atMs)) next = each;
      if (next === undefined) break;
      waiting.delete(next);
      timeMs += Math.max(next.atMs - monotonicMs, 0);
      monotonicMs = Math.max(next.atMs, monotonicMs);
      next.run();
    }
  }

  return Object.freeze({
    now: () => new Date(timeMs),
    set: (time: Date | number) => {
      timeMs = wholeMs(time);
    },
    advance: (ms: number) => {
      const endMs = wholeMs(timeMs + wholeMs(ms));
      const untilMs = monotonicMs + Math.max(ms, 0);
      runTimers(untilMs);
      monotonicMs = untilMs;
      timeMs = endMs;
    },
    timers: Object.freeze({
      monotonicMs: () => monotonicMs,
      after(delayMs: number, run: () => void): () => void {
        const entry = { atMs: monotonicMs + Math.max(delayMs, 0), run };
        waiting.add(entry);
        return () => void waiting.delete(entry);
      },
    }),
  });
}

function wholeMs(time: Date | number): number {
  const ms = time instanceof Date ? time.getTime() : time;
  if (Number.isInteger(ms) && Math.abs(ms) <= LAST_DATE_MS) return ms;
  throw new TypeError('not a time: expected a valid Date or whole milliseconds since the Unix epoch');
}
