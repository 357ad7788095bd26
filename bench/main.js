import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { fastestCurve } from 'grpc-wallet-auth/curves';

import { beginRow } from './budget.js';
import { plot } from './plot.js';
import { table } from './table.js';

/** Every row with the file that measures it. */
const ROWS = {
  native: 'verification',
  wasm: 'verification',
  noble: 'verification',
  keccak: 'keccak',
  restrictions: 'restrictions',
  refusals: 'refusals',
  peers: 'peers',
  creation: 'creation',
  unary: 'server',
  stream: 'server',
  connect: 'server',
  rules: 'rules',
  growth: 'growth',
  devices: 'devices',
  registry: 'registry',
  redis: 'redis',
  scale: 'scale',
  flood: 'flood',
  bundle: 'bundle',
  start: 'start',
};

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean' },
    svg: { type: 'string' },
    only: { type: 'string', multiple: true },
    help: { type: 'boolean' },
  },
});
const names = flags.only ?? Object.keys(ROWS);
const isWrong = names.some((name) => !Object.hasOwn(ROWS, name));

if (flags.help || isWrong) {
  console.error(`npm run bench -- [--json] [--svg FILE] [--only ROW]...\nRows: ${Object.keys(ROWS).join(', ')}`);
  process.exitCode = isWrong ? 2 : 0;
} else {
  const started = performance.now();
  const lines = [];
  for (const [done, row] of names.entries()) {
    beginRow(names.length - done);
    process.stderr.write(`${row} …\n`);
    const { rows } = await import(`./rows/${ROWS[row]}.js`);
    for (const line of await rows[row]()) lines.push({ row, ...line });
  }
  const machine = {
    processor: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    fastestCurve: fastestCurve()?.name ?? 'noble',
    seconds: Math.round((performance.now() - started) / 1e3),
  };
  if (flags.svg !== undefined) writeFileSync(flags.svg, plot(machine, lines));
  console.log(flags.json ? JSON.stringify({ machine, lines }, undefined, 2) : report(machine, lines));
}

function report({ processor, cores, node, platform, fastestCurve: curve, seconds }, lines) {
  const head = `${processor}, ${cores} cores, ${platform}, Node ${node}; fastest curve: ${curve}; ${seconds} s`;
  return `${head}\n\n${table(lines)}`;
}
