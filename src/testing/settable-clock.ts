/** The last time that a Date can show. */
const LAST_DATE_MS = 8.64e15;

/** A clock that stands still until it is told otherwise. Each of its functions works on its own: `{ now: clock.now }`. */
export interface SettableClock {
  /** The time it shows; usable as every `now` option. */
  readonly now: () => Date;
  /** Shows another time. @param time a date, or milliseconds since the Unix epoch. */
  readonly set: (time: Date | number) => void;
  /** Moves on, or back if negative. @param ms milliseconds. */
  readonly advance: (ms: number) => void;
}

/**
 * Makes a clock for tests.
 * @param start a date, or milliseconds since the Unix epoch. Default: the first moment of 2025, in UTC.
 * @throws TypeError here, in `set` and in `advance`, if the time is none.
 */
export function settableClock(start: Date | number = Date.UTC(2025, 0)): SettableClock {
  let timeMs = wholeMs(start);
  return Object.freeze({
    now: () => new Date(timeMs),
    set: (time: Date | number) => {
      timeMs = wholeMs(time);
    },
    advance: (ms: number) => {
      timeMs = wholeMs(timeMs + wholeMs(ms));
    },
  });
}

function wholeMs(time: Date | number): number {
  const ms = time instanceof Date ? time.getTime() : time;
  if (Number.isInteger(ms) && Math.abs(ms) <= LAST_DATE_MS) return ms;
  throw new TypeError('not a time: expected a valid Date or whole milliseconds since the Unix epoch');
}
