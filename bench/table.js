import { styleText } from 'node:util';

const HEAD = ['row', 'measured', 'compared with', 'ratio', 'quartiles', 'each', 'reach'];

/**
 * One line of the table.
 * @param measured what was measured.
 * @param against what it is compared with.
 * @param figures the ratio, its quartiles, and how much each one is: nanoseconds as `ns`, or `amount` with its `unit`.
 * @param goal `ratioAtMost`, `ratioAtLeast`, `nsAtMost` or `amountAtMost`; none where nothing was aimed at.
 */
export function line(measured, against, figures, goal = {}) {
  const { ratio, low, high, ns, amount, unit } = figures;
  const reachRatio = goal.ratioAtMost ?? goal.ratioAtLeast;
  return { measured, against, ratio, low, high, ns, amount, unit, ...judged(figures, goal), reachRatio };
}

/** The whole table as text. */

export function table(rows) {
  const cells = rows.map(({ row, measured, against, ratio, low, high, ns, amount, unit, reach, reached }) => [
    row,
    measured,
    against,
    number(ratio),
    low === undefined ? '' : `${number(low)}–${number(high)}`,
    ns === undefined ? `${number(amount)} ${unit ?? ''}` : duration(ns),
    reach === undefined ? '' : `${reached ? '✓' : '✗'} ${reach}`,
  ]);
  const widths = HEAD.map((_, i) => Math.max(...[HEAD, ...cells].map((cell) => cell[i].length)));
  const text = (cell) =>
    cell
      .map((part, i) => part.padEnd(widths[i]))
      .join('  ')
      .trimEnd();
  return [styleText('bold', text(HEAD)), ...cells.map(text)].join('\n');
}

/** Nanoseconds for people. */
export function duration(ns) {
  if (ns < 1e3) return `${ns.toFixed(0)} ns`;
  return ns < 1e6 ? `${number(ns / 1e3)} µs` : `${number(ns / 1e6)} ms`;
}

/** Three digits that mean something. */
export function number(value) {
  if (value === undefined) return '';
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function judged({ ratio, ns, amount, unit }, { ratioAtMost, ratioAtLeast, nsAtMost, amountAtMost }) {
  if (ratioAtMost !== undefined) return { reach: `≤ ${ratioAtMost} ×`, reached: ratio <= ratioAtMost };
  if (ratioAtLeast !== undefined) return { reach: `≥ ${ratioAtLeast} ×`, reached: ratio >= ratioAtLeast };
  if (nsAtMost !== undefined) return { reach: `≤ ${duration(nsAtMost)}`, reached: ns <= nsAtMost };
  if (amountAtMost !== undefined) return { reach: `≤ ${amountAtMost} ${unit}`, reached: amount <= amountAtMost };
  return {};
}
