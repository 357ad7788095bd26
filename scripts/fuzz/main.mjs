// npm run fuzz [-- --cases N] [--seed N]: the models of test/hostile at length, fast verifiers beside portable ones, then
// fuzzing guided by coverage.
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { build } from 'esbuild';

import { guidedRun } from './guided.mjs';
import { countersOf, instrumentation } from './instrumentation.mjs';

const { values } = parseArgs({ options: { cases: { type: 'string' }, seed: { type: 'string' } } });
const cases = Number(values.cases ?? 1_000_000);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!Number.isInteger(cases) || cases < 1 || !Number.isInteger(seed))
  throw new Error('--cases and --seed are whole numbers');
console.log(`seed ${seed}`);

const reports = new URL('../../reports/fuzz/', import.meta.url);
mkdirSync(reports, { recursive: true });

const { longRun } = await bundled('long-run', []);
const seconds = timer();
const run = longRun(cases, seed);
for (const [answer, count] of [...run.answers].sort((a, b) => b[1] - a[1]))
  console.log(`${String(count).padStart(9)} ${answer}`);
console.log(`models: ${run.cases} cases in ${seconds()} s, slowest answer ${run.slowestMs.toFixed(1)} ms`);

const { differentialRun } = await bundled('differential', []);
const differentialSeconds = timer();
const differential = differentialRun(cases, seed);
console.log(`fast and portable verifiers: ${differential.cases} tokens compared in ${differentialSeconds()} s`);

const { policyRun } = await bundled('policy-models', []);
const policySeconds = timer();
const policies = policyRun(Math.ceil(cases / 100), seed);
console.log(
  `policy: ${policies.map(({ name, cases: tried }) => `${tried} of ${name}`).join(', ')} in ${policySeconds()} s`,
);

const target = await bundled('guided-target', [instrumentation]);
const guidedSeconds = timer();
const guided = guidedRun(target, countersOf(globalThis), Math.ceil(cases / 4), seed);
console.log(
  `guided by coverage: ${guided.runs} inputs in ${guidedSeconds()} s, ${guided.corpus} kept, ${guided.features} features`,
);

const failures = [run.failure, differential.failure, guided.failure, ...policies.map(({ failure }) => failure)].filter(
  (failure) => failure !== undefined,
);
for (const failure of failures) console.error(failure);
console.log(
  `${run.cases + differential.cases + guided.runs + policies.reduce((sum, { cases: tried }) => sum + tried, 0)} tried, ${failures.length === 0 ? 'nothing wrong' : 'SOMETHING WRONG'}; seed ${seed}`,
);
process.exitCode = failures.length === 0 ? 0 : 1;

/** Loads a TypeScript file of test/hostile. */
async function bundled(name, plugins) {
  const outfile = new URL(`${name}.mjs`, reports);
  const { outputFiles } = await build({
    entryPoints: [new URL(`../../test/hostile/${name}.ts`, import.meta.url).pathname],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['ethers', 'fast-check', 'secp256k1', '@noble/*', 'lru-cache', '@bufbuild/*', 'ipaddr.js'],
    alias: {
      '#bytes': new URL('../../src/bytes/node-bytes.ts', import.meta.url).pathname,
      '#curves': new URL('../../src/curves/fastest-curve.ts', import.meta.url).pathname,
      '#keccak': new URL('../../src/keccak/fastest-keccak.ts', import.meta.url).pathname,
      '#protobuf': new URL('../../src/protobuf/at-once.ts', import.meta.url).pathname,
    },
    plugins,
    write: false,
    logLevel: 'error',
  });
  writeFileSync(outfile, outputFiles[0].contents);
  return import(outfile);
}

function timer() {
  const start = performance.now();
  return () => ((performance.now() - start) / 1_000).toFixed(1);
}
