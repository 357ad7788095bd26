import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { fastestCurve } from 'grpc-wallet-auth/curves';

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
  options: { json: { type: 'boolean' }, only: { type: 'string', multiple: true }, help: { type: 'boolean' } },
});
const names = flags.only ?? Object.keys(ROWS);
const isWrong = names.some((name) => !Object.hasOwn(ROWS, name));

if (flags.help || isWrong) {
  console.error(`npm run bench -- [--json] [--only ROW]...\nRows: ${Object.keys(ROWS).join(', ')}`);
  process.exitCode = isWrong ? 2 : 0;
} else {
  const started = performance.now();
  const lines = [];
  for (const row of names) {
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
  console.log(flags.json ? JSON.stringify({ machine, lines }, undefined, 2) : report(machine, lines));
}

function report({ processor, cores, node, platform, fastestCurve: curve, seconds }, lines) {
  const head = `${processor}, ${cores} cores, ${platform}, Node ${node}; fastest curve: ${curve}; ${seconds} s`;
  return `${head}\n\n${table(lines)}`;
}
