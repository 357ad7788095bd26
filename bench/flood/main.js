// npm run flood: the latency of honest callers during a flood of forged tokens.
import { number } from '../table.js';
import { measureFlood } from './measure.js';

const DURATION_MS = 4_000;
const HEAD = [
  'curve',
  'failed-token limit',
  'queue',
  'flood',
  'honest calls/s',
  'p99 ms',
  'longest stall ms',
  'forged calls/s',
  'of them on the curve/s',
];

const rows = [];
for (const curve of ['native', 'noble']) {
  rows.push(await measure({ curve, flood: false }));
  for (const limit of [false, true])
    for (const queue of [false, true]) rows.push(await measure({ curve, limit, queue }));
}
const widths = HEAD.map((_, i) => Math.max(...[HEAD, ...rows].map((cells) => cells[i].length)));
for (const cells of [HEAD, ...rows])
  console.log(
    cells
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );

async function measure({ curve, limit = false, queue = true, flood = true }) {
  const switches = [limit, queue, flood].map((on) => (on ? 'on' : 'off'));
  process.stderr.write(`${curve}, failed-token limit ${switches[0]}, queue ${switches[1]}, flood ${switches[2]} …\n`);
  const { honest, p99, longestStallMs, forged, onCurve } = await measureFlood(
    { curve, limit, queue, flood },
    DURATION_MS,
  );
  return [curve, ...switches, ...[honest, p99, longestStallMs, forged, onCurve].map(number)];
}
