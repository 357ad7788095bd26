import { describe, expect, it } from 'vitest';

import { createDeviceRegistry } from '../../src/devices/create-device-registry.js';
import { settableClock } from '../../src/testing/settable-clock.js';

describe('a registry whose clock fails', () => {
  it('throws nothing out of its timers, where it would end the process, and goes on with the next tick', async () => {
    const clock = settableClock();
    let isBroken = false;
    let ticks = 0;
    const now = () => {
      ticks++;
      return isBroken ? new Date(NaN) : clock.now();
    };
    const devices = await createDeviceRegistry({ now, timers: clock.timers });
    isBroken = true;
    clock.advance(30_000);
    isBroken = false;
    const before = ticks;
    clock.advance(30_000);
    expect(ticks).toBeGreaterThan(before);
    await devices.close();
  });
});
