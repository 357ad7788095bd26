import { describe, expect, it } from 'vitest';

import { mintToken } from '../../src/testing/mint-token.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { incomingCall } from '../support/incoming-call.js';
import { testGate } from '../support/test-gate.js';

describe('a stream that ends while one of its messages is decided about', () => {
  it('is reported as ended once, for the reason of its end', async () => {
    const clock = settableClock();
    const events: string[] = [];
    let answer: (isAllowed: boolean) => void = () => undefined;
    const { gate } = testGate({
      now: clock.now,
      timers: clock.timers,
      onDecision: ({ decision, reason }) => void events.push(`${decision} ${reason ?? ''}`.trim()),
      rules: { '/a.S/M': { authorizeMessage: () => new Promise<boolean>((resolve) => (answer = resolve)) } },
    });
    const ends: (() => void)[] = [];
    const stream = { end: () => ends.forEach((end) => end()) };
    const decision = await gate.decide({ ...incomingCall(), stream }, `Bearer ${mintToken({ now: clock.now })}`);
    if (!decision.admitted) throw new Error('not admitted');
    if (decision.onEnd) ends.push(decision.onEnd);
    const checked = decision.checkMessage?.({});
    clock.advance(3_600_000 + 30_000);
    expect(events).toEqual(['admitted', 'ended TOKEN_EXPIRED']);
    answer(false);
    expect(await checked).toBeDefined();
    expect(events).toEqual(['admitted', 'ended TOKEN_EXPIRED']);
  });
});
