import { it } from 'vitest';
import { tryModel } from './registry-model.js';
import { PLANTS } from './plants.js';
it('tries', async () => {
  for (const plant of PLANTS) {
  const t = performance.now();
  const r = await tryModel(500, 1, plant, 20_000);
  console.log(plant.name, ':', r.runs, 'runs', ((performance.now() - t) / 1000).toFixed(1), 's\n', r.failure);
  }
}, 600_000);
