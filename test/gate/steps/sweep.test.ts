import { describe, expect, it } from 'vitest';

import { refusal } from '../../../src/errors.js';
import { createHardCloses, HARD_CLOSE_AFTER_MS } from '../../../src/gate/steps/hard-close.js';
import type { CallContext } from '../../../src/gate/steps/pipeline.js';
import { createSweep } from '../../../src/gate/steps/recheck.js';
import { settableClock } from '../../../src/testing/settable-clock.js';

/** What a sweep needs of a call. */
function heldCall() {
  const ends: (() => void)[] = [];
  const call = { onEnd: (end: () => void) => void ends.push(end) } as unknown as CallContext;
  return { call, end: () => ends.forEach((end) => end()) };
}

describe('a stream whose transport throws as it is ended', () => {
  it('does not end the process, and the sweep goes on with the others', () => {
    const clock = settableClock();
    const ended: CallContext[] = [];
    const sweep = createSweep({
      everyMs: 5_000,
      timers: clock.timers,
      recheck: () => refusal('ACCESS_DENIED'),
      endCall(call) {
        ended.push(call);
        if (ended.length === 1) throw new Error('sendStatus of an interceptor');
      },
    });
    const [first, second] = [heldCall(), heldCall()];
    sweep.watch(first.call);
    sweep.watch(second.call);
    clock.advance(5_000);
    expect(ended).toEqual([first.call, second.call]);
    first.end();
    second.end();
    expect(sweep.size).toBe(0);
  });

  it('does not end the process when it is closed hard, and others are closed', async () => {
    const clock = settableClock();
    const hardCloses = createHardCloses(clock.timers);
    const fail = () => {
      throw new Error('close');
    };
    hardCloses.watch({ end: () => undefined, close: fail });
    hardCloses.watch({ end: () => undefined, close: () => true });
    await Promise.resolve();
    clock.advance(HARD_CLOSE_AFTER_MS);
    expect(hardCloses.count).toBe(1);
  });
});
