import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { atOnce, inSlices } from '../../../src/gate/access/slices.js';

let nowMs = 0;
let done = 0;
const clock = vi.spyOn(performance, 'now');

/** Work of so many steps, each of which takes so long. */
function* work(steps: number, stepMs = 0): Generator<undefined, string> {
  for (done = 0; done < steps; done++) {
    nowMs += stepMs;
    yield;
  }
  return 'result';
}

/** How many steps had been done at each pause of the work. */
async function pausesOf(taken: Promise<unknown>): Promise<number[]> {
  const pauses: number[] = [];
  while (vi.getTimerCount() > 0) {
    pauses.push(done + 1);
    await vi.runOnlyPendingTimersAsync();
  }
  await taken;
  return pauses;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  nowMs = 0;
  clock.mockReset().mockImplementation(() => nowMs);
});
afterEach(() => vi.useRealTimers());

describe('work in slices', () => {
  it('gives the result of the work, as work at once does', async () => {
    expect(await inSlices(work(5), () => false)).toBe('result');
    expect(atOnce(work(5))).toBe('result');
  });

  it('makes no pause while a slice has time left', async () => {
    expect(await pausesOf(inSlices(work(1_000), () => false))).toEqual([]);
  });

  it('looks at the clock at its start and at every 32nd step alone', async () => {
    await inSlices(work(31), () => false);
    expect(clock).toHaveBeenCalledTimes(1);
    clock.mockClear();
    await inSlices(work(96), () => false);
    expect(clock).toHaveBeenCalledTimes(4);
  });

  it('pauses once 3 milliseconds are over, which each slice has again', async () => {
    expect(await pausesOf(inSlices(work(200, 3 / 64), () => false))).toEqual([64, 128, 192]);
    expect(await pausesOf(inSlices(work(100, 1), () => false))).toEqual([32, 64, 96]);
  });

  it('does no step more once it is over, and has no result then', async () => {
    let isOver = false;
    const taken = inSlices(work(100, 1), () => isOver);
    expect(done + 1).toBe(32);
    isOver = true;
    await vi.runAllTimersAsync();
    expect(await taken).toBeUndefined();
    expect(done + 1).toBe(32);
    expect(await inSlices(work(3), () => true)).toBeUndefined();
  });

  it('rejects with what the work throws', async () => {
    function* broken(): Generator<undefined, string> {
      yield;
      throw new Error('mine');
    }
    await expect(inSlices(broken(), () => false)).rejects.toThrow('mine');
  });
});
