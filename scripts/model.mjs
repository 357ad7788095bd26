// npm run model [-- --runs N] [--seed N]: the model of a registry on several nodes at length, and whether it finds planted faults.
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { build } from 'esbuild';

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } });
const runs = Number(values.runs ?? 20_000);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed))
  throw new Error('--runs and --seed are whole numbers');
/** Runs in which a planted fault has to be found. */
const PLANTED_RUNS = 1_000;

const { PLANTS, tryModel } = await bundled();
console.log(`seed ${seed}`);
let isGood = true;
for (const plant of PLANTS) {
  const { runs: tried, failure } = await tryModel({ runs: PLANTED_RUNS, seed, plant, shrinks: false });
  console.log(`${failure === undefined ? 'NOT FOUND in' : 'found in run'} ${String(tried).padStart(4)}: ${plant.name}`);
  isGood &&= failure !== undefined;
}
const startMs = performance.now();
const { runs: tried, failure } = await tryModel({ runs, seed });
console.log(`${tried} scripts in ${((performance.now() - startMs) / 1_000).toFixed(1)} s`);
if (failure !== undefined) console.error(failure);
console.log(`${failure === undefined ? 'nothing wrong' : 'SOMETHING WRONG'}; seed ${seed}`);
process.exitCode = isGood && failure === undefined ? 0 : 1;

/** Loads the model. */
async function bundled() {
  const reports = new URL('../reports/model/', import.meta.url);
  mkdirSync(reports, { recursive: true });
  const { outputFiles } = await build({
    stdin: {
      contents: "export * from './registry-model.js'; export * from './plants.js';",
      resolveDir: new URL('../test/devices/model', import.meta.url).pathname,
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['fast-check', 'secp256k1', '@noble/*', 'lru-cache', '@bufbuild/*', 'ipaddr.js'],
    alias: { '#curves': new URL('../src/curves/fastest-curve.ts', import.meta.url).pathname },
    write: false,
    logLevel: 'error',
  });
  const outfile = new URL('model.mjs', reports);
  writeFileSync(outfile, outputFiles[0].contents);
  return import(outfile);
}
