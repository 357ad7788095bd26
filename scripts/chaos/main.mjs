// npm run chaos [-- --only NAME,NAME] [--seed N]: real nodes and a real Redis, one fault after the other, and what became of it.
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { run as killLevelStore } from './level.mjs';
import { nodeFaults } from './scenarios/node-faults.mjs';
import { redisFaults } from './scenarios/redis-faults.mjs';
import { together } from './scenarios/together.mjs';
import { ms, quantile, tableOf } from './table.mjs';
import { World } from './world.mjs';

const { values } = parseArgs({ options: { only: { type: 'string' }, seed: { type: 'string' } } });
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const all = [...together, ...redisFaults, ...nodeFaults];
const known = [...all.map(({ name }) => name), 'level'];
const names = values.only?.split(',') ?? known;
const unknown = names.filter((name) => !known.includes(name));
if (!Number.isInteger(seed) || unknown.length > 0)
  throw new Error(`--seed is a whole number, --only some of ${known.join(', ')}`);

/** What may be late at most, in milliseconds: `staleness.maxMs`. */
const LATEST_MS = 10_000;
const HEAD = [
  [
    'fault',
    'revocations',
    'events',
    'events',
    'clean-ups',
    'clean-ups',
    'clean-ups',
    'refused on all',
    'streams cut',
    'recovery',
    '',
  ],
  ['', 'lost', 'lost', 'doubled', 'lost', 'at once', 'again', 'ms, median / p99', 'ms, median / p99', 'ms', ''],
];

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
console.log(`seed ${seed}`);
const wanted = all.filter(({ name }) => names.includes(name));
const verdicts = new Map();
for (const scenario of wanted.filter(({ isLong }) => isLong !== true)) verdicts.set(scenario, await play(scenario));
const long = wanted.filter(({ isLong }) => isLong === true); // they wait most of the time
await Promise.all(long.map(async (scenario) => verdicts.set(scenario, await play(scenario))));

/** kill -9 of a process that uses a store in a folder, so many times; it throws where something is lost. */
const LEVEL_ROUNDS = 200;
const level = names.includes('level') ? await killLevelStore(LEVEL_ROUNDS, { seed }) : undefined;

const rows = [...HEAD, HEAD[0].map(() => '')];
for (const scenario of wanted) rows.push(rowOf(scenario, verdicts.get(scenario)));
if (wanted.length > 0) console.log(`\n${tableOf(rows)}\n`);
console.log(tableOf(wanted.map(({ name, fault, done }) => [name, `${fault}: ${done}`])));
console.log(`
lost, doubled   in processes that lived; 0 is promised, and 0 clean-ups of one device at once while their leases are good
again           clean-ups that were done more than once, one after the other, which may happen
refused on all  from the revocation to the refused call on every node; the last revocations of each run, after the fault
streams cut     the same until the device's stream has ended
recovery        from the end of the fault until all nodes are fresh, and all that is revoked is so on every node and in Redis
load            ${loadavg()[0].toFixed(1)} processes that run, at the end`);
if (level !== undefined)
  console.log(`\nlevel, a store in a folder, its process killed again and again: ${JSON.stringify(level)}`);
const failed = [...verdicts.values()].filter(({ isGood }) => !isGood).length;
console.log(`\n${wanted.length - failed} of ${wanted.length} as promised; seed ${seed}`);
process.exitCode = failed === 0 ? 0 : 1;

async function play(scenario) {
  const started = performance.now();
  process.stderr.write(`${scenario.name} …\n`);
  let world;
  let verdict;
  try {
    await scenario.run(async (options) => (world = await World.start(randomOf(scenario.name), options)));
    verdict = await world.verdict();
  } catch (error) {
    verdict = { wrongs: [error.stack], warnings: new Map(), notes: new Set(), callsRefusedMs: [], streamsCutMs: [] };
  } finally {
    await world?.end();
  }
  const { callsRefusedMs, streamsCutMs, recoveryMs } = verdict;
  const latest = Math.max(...[callsRefusedMs, streamsCutMs].map((times) => quantile(times, 0.99) ?? 0));
  const limitMs = scenario.limitMs ?? LATEST_MS;
  if (latest > limitMs) verdict.wrongs.push(`a revocation took ${ms(latest)} ms, ${limitMs} at most are promised`);
  verdict.isGood = verdict.wrongs.length === 0;
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  process.stderr.write(
    `${scenario.name}: ${verdict.isGood ? 'as promised' : 'NOT AS PROMISED'}, recovery ${ms(recoveryMs)} ms, ${seconds} s\n`,
  );
  for (const wrong of verdict.wrongs) process.stderr.write(`  ${wrong}\n`);
  for (const note of verdict.notes) process.stderr.write(`  note: ${note}\n`);
  for (const [warning, count] of verdict.warnings) process.stderr.write(`  warning × ${count}: ${warning}\n`);
  return verdict;
}

function rowOf({ name }, verdict) {
  const { revoked, revocationsLost, eventsLost, eventsDoubled, cleanUps, cleanUpsLost, cleanUpsAtOnce, cleanUpsAgain } =
    verdict;
  const of = (lost, count) => (lost === undefined ? '?' : `${lost} of ${count}`);
  const both = (times) => `${ms(quantile(times, 0.5))} / ${ms(quantile(times, 0.99))}`;
  return [
    name,
    of(revocationsLost, revoked),
    String(eventsLost ?? '?'),
    String(eventsDoubled ?? '?'),
    of(cleanUpsLost, cleanUps),
    String(cleanUpsAtOnce ?? '?'),
    String(cleanUpsAgain ?? '?'),
    both(verdict.callsRefusedMs),
    both(verdict.streamsCutMs),
    ms(verdict.recoveryMs),
    verdict.isGood ? 'PASS' : 'FAIL',
  ];
}

/** Numbers of [0, 1) that follow from the seed, the same in each run of one scenario. */
function randomOf(name) {
  let state = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, seed);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
