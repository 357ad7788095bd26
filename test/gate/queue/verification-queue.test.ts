import { describe, expect, it } from 'vitest';

import { createVerificationQueue } from '../../../src/gate/queue/verification-queue.js';

/** A queue whose turns and time are the test's. */
function bench(maxWaiting = 10, sliceMs = 1) {
  const time = { ms: 0 };
  const turns: (() => void)[] = [];
  const timers = {
    monotonicMs: () => time.ms,
    after: () => () => undefined,
    nextTurn: (run: () => void) => void turns.push(run),
  };
  const queue = createVerificationQueue({ maxWaiting, sliceMs }, timers);
  const done: string[] = [];
  /** Takes so much time on the curve. */
  const work = (name: string, ms: number) => () => {
    time.ms += ms;
    done.push(name);
    return name;
  };
  const full: string[] = [];
  const wait = (name: string, ms = 0.4, changes: { isOver?: () => boolean; run?: () => never } = {}) => {
    const onFull = () => void full.push(name);
    const answer = queue.wait(name.slice(0, 1), { run: work(name, ms), isOver: () => false, onFull, ...changes });
    answer.catch(() => undefined);
    return answer;
  };
  const turn = () => {
    for (const run of turns.splice(0)) run();
  };
  return { queue, time, turns, turn, done, full, work, wait };
}

describe('a verification queue', () => {
  it('schedules nothing while the curve is not used', () => {
    const { queue, turns } = bench();
    expect([queue.isBusy, queue.waiting, turns.length]).toEqual([false, 0, 0]);
  });

  it('does work at once until the slice of a turn is used up, and again in the next turn', () => {
    const { queue, work, turn, turns, done } = bench();
    expect(queue.runNow(work('a', 0.6))).toBe('a');
    expect(queue.isBusy).toBe(false);
    queue.runNow(work('b', 0.6));
    expect([queue.isBusy, turns.length]).toEqual([true, 1]);
    turn();
    expect([queue.isBusy, turns.length, ...done]).toEqual([false, 0, 'a', 'b']);
  });

  it('counts work that throws, and passes on what it throws', () => {
    const { queue, time } = bench();
    const fail = () => {
      time.ms += 2;
      throw new Error('broken');
    };
    expect(() => queue.runNow(fail)).toThrow('broken');
    expect(queue.isBusy).toBe(true);
  });

  it('does about a slice of what waits in each turn, in turns by address, and stops when it is empty', async () => {
    const { queue, wait, turn, turns, done } = bench();
    const answers = ['a1', 'a2', 'a3', 'a4', 'b1'].map((name) => wait(name));
    expect([queue.isBusy, queue.waiting, ...done]).toEqual([true, 5]);
    turn();
    expect(done).toEqual(['a1', 'b1', 'a2']); // 0.4, 0.8, 1.2 ms
    turn();
    expect([queue.isBusy, queue.waiting, ...done.slice(3)]).toEqual([false, 0, 'a3', 'a4']);
    expect(await Promise.all(answers)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
    turn();
    expect(turns).toEqual([]);
  });

  it('has what comes in the rest of a turn wait behind what waits', () => {
    const { queue, wait, turn, done } = bench();
    for (const name of ['a1', 'a2']) void wait(name, 5);
    turn();
    expect([queue.isBusy, ...done]).toEqual([true, 'a1']);
    void wait('b1');
    turn();
    expect(done).toEqual(['a1', 'a2']);
  });

  it('rejects with what the work throws, and goes on', async () => {
    const { wait, turn, done } = bench();
    const fail = () => {
      throw new Error('broken');
    };
    const failed = wait('a1', 0, { run: fail });
    const good = wait('a2');
    turn();
    await expect(failed).rejects.toThrow('broken');
    expect([await good, ...done]).toEqual(['a2', 'a2']);
  });

  it('refuses what has no room with RATE_LIMITED and a time, at once', async () => {
    const { queue, wait, turn, turns, done, full } = bench(2);
    const [first, second, third] = [wait('a1'), wait('a2'), wait('a3')];
    expect([queue.waiting, ...full]).toEqual([2, 'a3']);
    await expect(third).rejects.toMatchObject({ reason: 'RATE_LIMITED', info: { retry_after_ms: '1000' } });
    turn();
    expect([await first, await second, ...done]).toEqual(['a1', 'a2', 'a1', 'a2']);
    expect(turns.length).toBeLessThanOrEqual(1);
  });

  it('refuses what was there before for another address with fewer', async () => {
    const { wait, turn, full } = bench(3);
    const [first, , newest] = [wait('a1'), wait('a2'), wait('a3')];
    const other = wait('b1');
    expect(full).toEqual(['a3']);
    await expect(newest).rejects.toMatchObject({ reason: 'RATE_LIMITED' });
    turn();
    expect([await first, await other]).toEqual(['a1', 'b1']);
  });

  it('does not do work that nobody waits for any more', async () => {
    const { wait, turn, done } = bench();
    const left = { is: false };
    const gone = wait('a1', 0.4, { isOver: () => left.is });
    const good = wait('a2');
    left.is = true;
    turn();
    await expect(gone).rejects.toMatchObject({ reason: 'RATE_LIMITED' });
    expect([await good, ...done]).toEqual(['a2', 'a2']);
  });

  it('lets one token through in each turn while the clock is broken', () => {
    const { time, wait, turn, done } = bench();
    time.ms = NaN;
    for (const name of ['a1', 'a2']) void wait(name);
    turn();
    expect(done).toEqual(['a1']);
    turn();
    expect(done).toEqual(['a1', 'a2']);
  });
});
