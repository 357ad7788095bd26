import { measureFlood } from '../flood/measure.js';
import { quantile, ratioOf } from '../pairs.js';
import { line } from '../table.js';

const DURATION_MS = 1_500;
const ROUNDS = 3;
const RATIO = 3.5;

/** What stands between a flood and the curve. */
const DEFENCES = {
  'neither queue nor limit': { queue: false, limit: false },
  'failedTokenLimit alone': { queue: false, limit: true },
  'the queue, as by default': { queue: true, limit: false },
  'queue and failedTokenLimit': { queue: true, limit: true },
};

/** The 99th percentile of honest callers' calls while forged tokens come as fast as they are answered, compared with calm. */
export const rows = {
  async flood() {
    const lines = [];
    for (const curve of ['native', 'noble']) {
      const calm = [];
      const flooded = Object.fromEntries(Object.keys(DEFENCES).map((name) => [name, []]));
      for (let round = 0; round < ROUNDS; round++) {
        calm.push((await measureFlood({ curve, flood: false }, DURATION_MS)).p99);
        for (const [name, defence] of Object.entries(DEFENCES)) {
          if (round > 0 && !defence.queue) continue; // once, to show what the queue is worth
          flooded[name].push((await measureFlood({ curve, ...defence }, DURATION_MS)).p99);
        }
      }
      for (const [name, series] of Object.entries(flooded)) {
        const figures = { ...ratioOf(series, calm), amount: quantile(series, 0.5), unit: 'ms' };
        const goal = DEFENCES[name].queue ? { ratioAtMost: RATIO } : {};
        lines.push(line(`p99 under a flood, ${curve}: ${name}`, 'calm', figures, goal));
      }
    }
    return lines;
  },
};
