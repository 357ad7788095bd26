// npm run flood: the latency of honest callers during a flood of forged tokens. Loopback only, bounded in count and time.
import { fork } from 'node:child_process';
import { once } from 'node:events';

import { number } from '../table.js';

const DURATION_MS = 4_000;
const HEAD = [
  'curve',
  'failed-token limit',
  'flood',
  'honest calls/s',
  'p99 ms',
  'longest stall ms',
  'forged calls/s',
  'of them on the curve/s',
];

const rows = [];
for (const curve of ['native', 'noble']) {
  rows.push(await measure(curve, 'off', false));
  for (const limit of ['off', 'on']) rows.push(await measure(curve, limit, true));
}
const widths = HEAD.map((_, i) => Math.max(...[HEAD, ...rows].map((cells) => cells[i].length)));
for (const cells of [HEAD, ...rows])
  console.log(
    cells
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );

/** One server, two honest callers and perhaps a flooder, each a process of its own. */
async function measure(curve, limit, flood) {
  process.stderr.write(`${curve}, failed-token limit ${limit}, flood ${flood ? 'on' : 'off'} …\n`);
  const node = start('node', [curve, limit]);
  try {
    const [port] = await once(node, 'message');
    const callers = ['phone', 'laptop'].map((device) => start('caller', [port, device, DURATION_MS]));
    const flooders = flood ? [start('flooder', [port, DURATION_MS])] : [];
    await Promise.all([...callers, ...flooders].map((child) => once(child, 'message')));
    const reports = [...callers, ...flooders].map((child) => once(child, 'message'));
    for (const child of [node, ...callers, ...flooders]) child.send('begin');
    const [[one], [other], [forged] = [0]] = await Promise.all(reports);
    node.send('report');
    const [{ longestStallMs, decisions }] = await once(node, 'message');
    const times = [...one, ...other].sort((a, b) => a - b);
    const perSecond = (count) => number((count * 1_000) / DURATION_MS);
    const p99 = times[Math.floor(times.length * 0.99)];
    const onCurve = decisions.WALLET_MISMATCH ?? 0;
    const label = flood ? 'yes' : 'no';
    return [
      curve,
      limit,
      label,
      perSecond(times.length),
      number(p99),
      number(longestStallMs),
      perSecond(forged),
      perSecond(onCurve),
    ];
  } finally {
    node.kill();
  }
}

function start(name, args) {
  return fork(new URL(`${name}.js`, import.meta.url), args.map(String));
}
