import { describe, expect, it } from 'vitest';

import { createVerifier } from '../../src/index.js';
import { mintToken, settableClock } from '../../src/testing/index.js';

describe('settableClock', () => {
  it('stands still at the start of 2025 unless told otherwise', () => {
    const { now } = settableClock();
    expect(now()).toEqual(new Date('2025-01-01T00:00:00.000Z'));
    expect(now()).toEqual(now());
  });

  it('starts at a number of milliseconds or a date', () => {
    expect(settableClock(0).now()).toEqual(new Date(0));
    expect(settableClock(new Date(7)).now()).toEqual(new Date(7));
  });

  it('can be set, moved on and put back, by functions that work on their own', () => {
    const { now, set, advance } = settableClock();
    set(1_000);
    expect(now().getTime()).toBe(1_000);
    set(new Date(2_000));
    expect(now().getTime()).toBe(2_000);
    advance(500);
    expect(now().getTime()).toBe(2_500);
    advance(-1);
    expect(now().getTime()).toBe(2_499);
  });

  it('does not change through the dates that it gave or was given', () => {
    const start = new Date(5);
    const clock = settableClock(start);
    start.setTime(6);
    clock.now().setTime(7);
    expect(clock.now().getTime()).toBe(5);
  });

  it.each([NaN, Infinity, 0.5, 8.64e15 + 1, '5', null, undefined, new Date(NaN)])('refuses %s', (time) => {
    const clock = settableClock(5);
    expect(() => clock.set(time as never)).toThrow(TypeError);
    expect(() => clock.advance(time as never)).toThrow(TypeError);
    expect(clock.now().getTime()).toBe(5);
  });

  it('serves as the now of a verifier', () => {
    const clock = settableClock();
    const verifier = createVerifier({ now: clock.now });
    const authorization = `Bearer ${mintToken({ now: clock.now })}`;
    expect(() => verifier.verify(authorization)).not.toThrow();
    clock.advance(3_600_001);
    expect(() => verifier.verify(authorization)).toThrow(expect.objectContaining({ reason: 'TOKEN_EXPIRED' }));
  });
});
