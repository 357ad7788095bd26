/** @throws TypeError if the options are no object or hold a name that is not listed: a misspelt limit must not be silently off. */
export function knownOptions(options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('options must be an object');
  for (const name of Object.keys(options)) {
    if (!names.includes(name))
      throw new TypeError(`unknown option ${JSON.stringify(name)}; known are ${names.join(', ')}`);
  }
}

/** @throws TypeError unless the value is `undefined` or an integer in the range. */
export function integer(name: string, value: unknown, fallback: number, low: number, high: number): number {
  return value === undefined ? fallback : requiredInteger(name, value, low, high);
}

/** @throws TypeError unless the value is an integer in the range. */
export function requiredInteger(name: string, value: unknown, low: number, high: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
  throw new TypeError(`${name} must be an integer from ${low} to ${high}`);
}

/** @throws TypeError unless the value is `undefined` or a function. */
export function optionalFunction<F>(name: string, value: F): F {
  if (value === undefined || typeof value === 'function') return value;
  throw new TypeError(`${name} must be a function`);
}

/** The clock as milliseconds since the Unix epoch; it throws when `now` gives an invalid Date. */
export function clock(now: (() => Date) | undefined): () => number {
  if (now === undefined) return () => Date.now();
  return () => {
    const date = now();
    const ms: unknown = typeof date?.getTime === 'function' ? date.getTime() : dropPromise(date);
    if (typeof ms === 'number' && Number.isSafeInteger(ms)) return ms;
    throw new Error('now() gave an invalid Date');
  };
}

/** Runs something whose answer and whose failure, now or later, concern nobody: a listener cannot stop what it listens to. */
export function quietly(run: () => unknown): void {
  try {
    const answer = run();
    if (answer !== undefined) Promise.resolve(answer).catch(() => undefined);
  } catch {
    // as promised
  }
}

/**
 * Lets go of an answer that may be a promise: a hook that has to answer at once may have been written `async`, and a
 * rejection that nobody waits for ends the process.
 */
export function dropPromise(answer: unknown): void {
  quietly(() => answer);
}

/** Whether other people's code answered with something to wait for. */
export function isPromiseLike<T>(answer: T | PromiseLike<T>): answer is PromiseLike<T> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function';
}

/** What waits for times to come. */
export interface Timers {
  /** Milliseconds since some moment; never goes back, whatever happens to the clock. */
  monotonicMs(): number;
  /**
   * Calls a function once, after so many milliseconds. It keeps no process alive.
   * @returns what cancels it.
   */
  after(delayMs: number, run: () => void): () => void;
  /** Calls a function once, when the event loop has seen to what else there is to do. Default: the system's. */
  readonly nextTurn?: ((run: () => void) => void) | undefined;
}

/** Longest delay of a timer; a longer one would end at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The system's. A time further away than 24 days is reached in several steps by who waits for it. */
export const systemTimers: Timers = Object.freeze({
  monotonicMs: () => performance.now(),
  after(delayMs: number, run: () => void): () => void {
    const timer = setTimeout(run, Math.min(delayMs, MAX_DELAY_MS));
    (timer as { unref?: () => unknown }).unref?.(); // a number in browsers
    return () => clearTimeout(timer);
  },
});

/** @throws TypeError unless the value is `undefined` or has both methods. */
export function timersOption(value: Timers | undefined): Timers {
  if (value === undefined) return systemTimers;
  if (typeof value?.monotonicMs !== 'function' || typeof value.after !== 'function')
    throw new TypeError('timers must have monotonicMs() and after()');
  optionalFunction('timers.nextTurn', value.nextTurn);
  return safeTimers(value);
}

/** Timers of others, which may answer with something else than what cancels them. */
function safeTimers(timers: Timers): Timers {
  return {
    nextTurn: timers.nextTurn && ((run) => quietly(() => timers.nextTurn?.(run))),
    monotonicMs: () => timers.monotonicMs(),
    after(delayMs, run) {
      const cancel: unknown = timers.after(delayMs, run);
      if (typeof cancel === 'function') return () => quietly(() => Reflect.apply(cancel, undefined, []));
      dropPromise(cancel);
      return () => undefined;
    },
  };
}
