import { it } from 'vitest';
import { tryModel } from './registry-model.js';
it('tries', async () => {
  const t = performance.now();
  const r = await tryModel(Number(process.env['RUNS'] ?? 100), Number(process.env['SEED'] ?? 1));
  console.log(r.runs, 'runs', ((performance.now() - t) / 1000).toFixed(1), 's');
  console.log(r.failure);
}, 600_000);
