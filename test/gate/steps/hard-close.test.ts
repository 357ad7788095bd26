import { describe, expect, it } from 'vitest';

import { createHardCloses, HARD_CLOSE_AFTER_MS } from '../../../src/gate/steps/hard-close.js';
import { settableClock } from '../../../src/testing/settable-clock.js';

/** What closes hard, and streams that have to be. */
function start() {
  const clock = settableClock();
  const counted = { closes: 0 };
  const hardCloses = createHardCloses(clock.timers, () => counted.closes++);
  const closed: string[] = [];
  async function watch(name: string, isNecessary = true) {
    hardCloses.watch({ end: () => undefined, close: () => (closed.push(name), isNecessary) });
    await Promise.resolve();
  }
  return { clock, counted, hardCloses, closed, watch };
}

describe('streams that the gate ended', () => {
  it('are looked at once, each 5 seconds after its end', async () => {
    const { clock, closed, watch } = start();
    await watch('first');
    clock.advance(1_000);
    await watch('second');
    await watch('third');
    clock.advance(HARD_CLOSE_AFTER_MS - 1_001);
    expect(closed).toEqual([]);
    clock.advance(1);
    expect(closed).toEqual(['first']);
    clock.advance(1_000);
    expect(closed).toEqual(['first', 'second', 'third']);
    clock.advance(10 * HARD_CLOSE_AFTER_MS);
    expect(closed).toHaveLength(3);
    await watch('fourth');
    clock.advance(HARD_CLOSE_AFTER_MS);
    expect(closed).toHaveLength(4);
  });

  it('are counted where it was necessary to close them', async () => {
    const { clock, counted, hardCloses, watch } = start();
    await watch('reads', false);
    await watch('reads nothing');
    clock.advance(HARD_CLOSE_AFTER_MS);
    expect([hardCloses.count, counted.closes]).toEqual([1, 1]);
  });

  it('of a transport that cannot close are left', async () => {
    const { clock, hardCloses } = start();
    hardCloses.watch({ end: () => undefined });
    await Promise.resolve();
    clock.advance(HARD_CLOSE_AFTER_MS);
    expect(hardCloses.count).toBe(0);
  });

  it('are closed 200 in one turn of the event loop', async () => {
    const turns: (() => void)[] = [];
    const timers = {
      monotonicMs: () => nowMs,
      after: (_: number, run: () => void) => (turns.push(run), () => undefined),
    };
    let nowMs = 0;
    const hardCloses = createHardCloses(timers);
    for (let i = 0; i < 450; i++) hardCloses.watch({ end: () => undefined, close: () => true });
    await Promise.resolve();
    nowMs = HARD_CLOSE_AFTER_MS;
    const counts: number[] = [];
    for (const turn of turns) {
      turn();
      counts.push(hardCloses.count);
    }
    expect(counts).toEqual([200, 400, 450]);
  });
});
