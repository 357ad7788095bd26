import type { Timers } from '../../options.js';
import type { OpenStream } from '../call/call.js';

/** How long the status of a stream that the gate ended may take to its caller, in milliseconds. */
export const HARD_CLOSE_AFTER_MS = 5_000;

/** Closes streams hard that the gate ended and whose caller does not take their status, as it reads nothing. */
export interface HardCloses {
  /** How many streams were closed hard so far. */
  readonly count: number;
  /** Looks at a stream that the gate has ended, once, after 5 seconds. */
  watch(stream: OpenStream): void;
}

interface Ended {
  readonly stream: OpenStream;
  readonly dueMs: number;
}

/** Streams that are closed in one turn of the event loop. */
const SLICE = 200;

/** Makes what closes streams hard. One timer serves all of them, and there is none while no stream has ended. */
export function createHardCloses(timers: Timers, onClose: () => void = () => undefined): HardCloses {
  /** In the order of their ends, which is that of their times. */
  const ended = new Set<Ended>();
  let count = 0;

  function run(): void {
    let left = SLICE;
    for (const each of ended) {
      const waitMs = each.dueMs - timers.monotonicMs();
      if (waitMs > 0 || left-- <= 0) return void timers.after(Math.max(waitMs, 0), run);
      ended.delete(each);
      if (!isClosed(each.stream)) continue;
      count++;
      onClose();
    }
  }

  function add(stream: OpenStream): void {
    ended.add({ stream, dueMs: timers.monotonicMs() + HARD_CLOSE_AFTER_MS });
    if (ended.size === 1) timers.after(HARD_CLOSE_AFTER_MS, run);
  }

  return {
    get count() {
      return count;
    },
    watch(stream) {
      queueMicrotask(() => add(stream)); // a test may advance its clock by hours at once: the status goes first
    },
  };
}

/** @returns whether that was necessary; `false` where the transport fails. */
function isClosed(stream: OpenStream): boolean {
  try {
    return stream.close?.() === true;
  } catch {
    return false;
  }
}
