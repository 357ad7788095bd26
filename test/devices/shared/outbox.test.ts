import { describe, expect, it } from 'vitest';

import { Outbox } from '../../../src/devices/shared/outbox.js';
import type { Renewal } from '../../../src/devices/store.js';
import { settableClock } from '../../../src/testing/settable-clock.js';

const renewal: Renewal = { deviceId: 'a', expiresAtMs: 2, issuedAtMs: 1, address: undefined };

describe('Outbox', () => {
  it('does not lose the token of a renewal that waits when the device is only still there', async () => {
    const written: Renewal[] = [];
    const outbox = new Outbox(settableClock().timers, async (batch) => void written.push(...batch));
    outbox.add(renewal);
    outbox.add({ ...renewal, issuedAtMs: -Infinity, address: '203.0.113.7' });
    await outbox.flush();
    expect(written).toEqual([{ ...renewal, address: '203.0.113.7' }]);
  });

  it('tries nothing again after its stop, also if a write fails after that', async () => {
    const clock = settableClock();
    let writes = 0;
    let fail = () => {};
    const outbox = new Outbox(clock.timers, () => {
      writes++;
      return new Promise((_, reject) => (fail = () => reject(new Error('away'))));
    });
    outbox.add(renewal);
    const flushed = outbox.flush();
    outbox.stop();
    fail();
    await flushed;
    clock.advance(10_000);
    expect(writes).toBe(1);
  });
});
