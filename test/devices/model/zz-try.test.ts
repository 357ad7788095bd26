import { it } from 'vitest';
import { tryModel } from './registry-model.js';
it('tries', async () => {
  const from = Number(process.env['SEED'] ?? 1);
  for (let seed = from; seed < from + Number(process.env['SEEDS'] ?? 1); seed++) {
  const t = performance.now();
  const r = await tryModel(Number(process.env['RUNS'] ?? 100), seed, undefined, 60_000);
  console.log(r.runs, 'runs', ((performance.now() - t) / 1000).toFixed(1), 's\n', r.failure);
  }
}, 600_000);
