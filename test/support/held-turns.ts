import type { Timers } from '../../src/options.js';
import { countingCurve, type CountingCurve } from './counting-curve.js';

/** Turns of the event loop that come when a test says so, and time on the curve that passes as it says. */
export interface HeldTurns {
  readonly timers: Timers;
  /** A curve each of whose verifications takes 10 ms by these timers: the whole slice of a turn. */
  readonly curve: CountingCurve;
  /** Has the next turn come. */
  readonly turn: () => void;
  /** Has turns come until nothing asks for one, each with the microtasks behind it. @returns how many there were. */
  readonly turnAll: () => Promise<number>;
}

export function heldTurns(): HeldTurns {
  const asked: (() => void)[] = [];
  let ms = 0;
  const counting = countingCurve();
  const curve: CountingCurve = {
    ...counting,
    verify(...args) {
      ms += 10;
      return counting.verify(...args);
    },
  };
  const turn = () => {
    for (const run of asked.splice(0)) run();
  };
  return {
    timers: { monotonicMs: () => ms, after: () => () => undefined, nextTurn: (run) => void asked.push(run) },
    curve,
    turn,
    async turnAll() {
      let turns = 0;
      for (; asked.length > 0; turns++) {
        turn();
        await new Promise((resolve) => setImmediate(resolve));
      }
      return turns;
    },
  };
}
