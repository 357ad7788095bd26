import { hasTime } from './budget.js';

/**
 * Times functions in turns, so that other load of the machine affects all of them alike.
 * @param cases functions by name, synchronous or not; the first is what the others are compared with.
 * @param options how many rounds, milliseconds of one function in one round, milliseconds of warming up per function;
 *   `within`: as many rounds again, up to four times, until the quartiles of each ratio are that near to its median, as part of it, or the
 *   row's time is up.
 * @returns by name: the median in nanoseconds per call, and the median and quartiles of its ratio to the first, taken
 *   round by round.
 */
export async function pairs(cases, { rounds = 61, batchMs = 5, warmMs = 200, within = 0.03 } = {}) {
  const entries = Object.entries(cases);
  const sizes = [];
  for (const [, run] of entries) sizes.push(await batchSize(run, batchMs, warmMs));
  const times = entries.map(() => []);
  const isWide = () => !times.every((series) => isSure(ratioOf(series, times[0]), within));
  for (let round = 0; round < rounds || (round < 5 * rounds && isWide() && hasTime()); round++) {
    for (let turn = 0; turn < entries.length; turn++) {
      const i = (turn + round) % entries.length;
      times[i].push(await nanoseconds(entries[i][1], sizes[i]));
    }
  }
  return Object.fromEntries(
    entries.map(([name], i) => [name, { ns: quantile(times[i], 0.5), ...ratioOf(times[i], times[0]) }]),
  );
}

/** Median and quartiles of the ratio of two series that were taken side by side. */
export function ratioOf(numerators, denominators) {
  const ratios = numerators.map((value, round) => value / denominators[round]);
  return { ratio: quantile(ratios, 0.5), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) };
}

/** Whether the quartiles of a ratio are as near to its median as a part of it. */
export function isSure({ ratio, low, high }, part) {
  return high - ratio <= part * ratio && ratio - low <= part * ratio;
}

/** The value below which a part of the numbers lies: 0.5 gives the median. */
export function quantile(numbers, part) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(part * (numbers.length - 1))];
}

/** Calls `use` with the elements of a list in turns, endlessly. */
export function cycle(list, use) {
  let next = 0;
  return () => use(list[next++ % list.length]);
}

async function batchSize(run, batchMs, warmMs) {
  let ns = 1e6;
  for (let spentMs = 0; spentMs < warmMs;) {
    const calls = Math.max(1, Math.round(2e6 / ns));
    ns = Math.max(1, await nanoseconds(run, calls));
    spentMs += (ns * calls) / 1e6;
  }
  return Math.max(1, Math.round((batchMs * 1e6) / ns));
}

let sink;

/** CPU time of this process per call, so that the machine's other work does not count and the collector's does. */
async function nanoseconds(run, times) {
  const start = process.cpuUsage();
  for (let i = 0; i < times; i++) {
    sink = run();
    if (sink instanceof Promise) await sink;
  }
  const { user, system } = process.cpuUsage(start);
  void sink; // so that no compiler finds the results unused and leaves the calls out
  return ((user + system) * 1e3) / times;
}
