import { describe, expect, it } from 'vitest';

import { PLANTS } from './plants.js';
import { tryModel } from './registry-model.js';

/** `npm run model` tries more, with any seed. */
const RUNS = 400;
const SEED = 2026;
const LIMIT_MS = 60_000;

describe('a registry on several nodes, whatever happens to them and to their store', () => {
  it(
    'admits nobody who is revoked, forgets nobody who is there, tells all in order, and cleans up each device once',
    async () => {
      const { runs, failure } = await tryModel({ runs: RUNS, seed: SEED });
      expect(failure).toBeUndefined();
      expect(runs).toBe(RUNS);
    },
    LIMIT_MS,
  );
});

describe('the model of a registry', () => {
  it.each(PLANTS)(
    'finds: $name',
    async (plant) => {
      const { failure } = await tryModel({ runs: 100, seed: plant.seed, plant, shrinks: false });
      expect(failure).toBeDefined();
    },
    LIMIT_MS,
  );

  it(
    'says in sentences how it came to a fault, and leaves out what does not matter',
    async () => {
      const plant = PLANTS.find(({ name }) => name.includes('does not hear of purges'))!;
      const { failure = '' } = await tryModel({ runs: 400, seed: plant.seed, plant });
      const [first = '', ...lines] = failure.split('\n');
      expect(first).toMatch(/^seed \d+, run \d+: node \d has \w+ of \d+, the store undefined$/);
      const script = lines.filter((line) => /^ +\d+ /.test(line)).map((line) => line.replace(/^ +\d+ /, ''));
      expect(script.length).toBeLessThanOrEqual(4);
      expect(script.join('\n')).toMatch(/node \d: (\w+) (calls|opens a stream).*\nnode \d: \1 is removed/);
    },
    LIMIT_MS,
  );
});
