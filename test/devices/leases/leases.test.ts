import { describe, expect, it } from 'vitest';

import type { LeaseKind } from '../../../src/devices/leases/lease.js';
import { createLeases, type Leases } from '../../../src/devices/leases/leases.js';
import { refusal, type AuthError } from '../../../src/errors.js';
import { settableClock } from '../../../src/testing/settable-clock.js';

const GRACE_MS = 30_000;
const HOUR_MS = 3_600_000;

function start() {
  const clock = settableClock();
  const nowMs = () => clock.now().getTime();
  const leases = createLeases({ graceMs: GRACE_MS, nowMs, timers: clock.timers });
  /** A stream whose token ends in so many milliseconds, and the reasons for which it was ended. */
  const open = (inMs: number, kind: LeaseKind = 'while-renewed', deviceId = 'phone') => {
    const ended: string[] = [];
    const end = (error: AuthError) => void ended.push(error.reason);
    const release = leases.hold({ kind, deviceId, expiresAtMs: nowMs() + inMs, end });
    return { ended, release };
  };
  const renew = (inMs: number, deviceId = 'phone') => leases.renew(deviceId, nowMs() + inMs);
  return { clock, leases, open, renew };
}

const counts = ({ streams, devices }: Leases) => [streams, devices];

describe('a stream while its device renews', () => {
  it('ends a grace period after the newest token ended, and not before', () => {
    const { clock, leases, open } = start();
    const stream = open(HOUR_MS);
    clock.advance(HOUR_MS + GRACE_MS - 1);
    expect(stream.ended).toEqual([]);
    clock.advance(1);
    expect(stream.ended).toEqual(['TOKEN_EXPIRED']);
    expect(counts(leases)).toEqual([0, 0]);
  });

  it('goes on with every newer token, in whatever order they come', () => {
    const { clock, open, renew } = start();
    const stream = open(HOUR_MS);
    renew(2 * HOUR_MS);
    renew(HOUR_MS + 5);
    clock.advance(2 * HOUR_MS + GRACE_MS - 1);
    expect(stream.ended).toEqual([]);
    renew(HOUR_MS);
    clock.advance(HOUR_MS + GRACE_MS - 1);
    expect(stream.ended).toEqual([]);
    clock.advance(1);
    expect(stream.ended).toEqual(['TOKEN_EXPIRED']);
  });

  it('is carried by a newer stream of the same device, and by no other device', () => {
    const { clock, open } = start();
    const [old, other] = [open(HOUR_MS), open(HOUR_MS, 'while-renewed', 'laptop')];
    open(3 * HOUR_MS);
    clock.advance(2 * HOUR_MS);
    expect([old.ended, other.ended]).toEqual([[], ['TOKEN_EXPIRED']]);
  });

  it('is not cut by a clock that is set', () => {
    const { clock, open } = start();
    const stream = open(HOUR_MS);
    clock.set(clock.now().getTime() + 30 * HOUR_MS);
    clock.advance(HOUR_MS);
    expect(stream.ended).toEqual([]);
    clock.advance(GRACE_MS);
    expect(stream.ended).toEqual(['TOKEN_EXPIRED']);
  });
});

describe('a stream until expiry', () => {
  it('ends behind the last millisecond of its own token, whatever is renewed', () => {
    const { clock, leases, open, renew } = start();
    const [strict, lasting] = [open(HOUR_MS, 'until-expiry'), open(HOUR_MS)];
    renew(9 * HOUR_MS);
    clock.advance(HOUR_MS);
    expect(strict.ended).toEqual([]);
    clock.advance(1);
    expect([strict.ended, lasting.ended]).toEqual([['TOKEN_EXPIRED'], []]);
    expect(counts(leases)).toEqual([1, 1]);
  });

  it('of a later token ends later', () => {
    const { clock, open } = start();
    const [first, second] = [open(2 * HOUR_MS, 'until-expiry'), open(HOUR_MS, 'until-expiry')];
    clock.advance(HOUR_MS + 1);
    expect([first.ended, second.ended]).toEqual([[], ['TOKEN_EXPIRED']]);
    clock.advance(HOUR_MS);
    expect(first.ended).toEqual(['TOKEN_EXPIRED']);
  });
});

describe('leases', () => {
  it('of a stream that is over end nothing, and are over once', () => {
    const { clock, leases, open } = start();
    const stream = open(HOUR_MS);
    stream.release();
    stream.release();
    clock.advance(9 * HOUR_MS);
    expect(stream.ended).toEqual([]);
    expect(counts(leases)).toEqual([0, 0]);
  });

  it('end all streams of a device when asked, once', () => {
    const { clock, leases, open } = start();
    const [some, more, other] = [
      open(HOUR_MS),
      open(HOUR_MS, 'until-expiry'),
      open(HOUR_MS, 'while-renewed', 'laptop'),
    ];
    leases.endDevice('phone', refusal('DEVICE_REVOKED'));
    leases.endDevice('nobody', refusal('DEVICE_REVOKED'));
    clock.advance(HOUR_MS / 2);
    expect([some.ended, more.ended, other.ended]).toEqual([['DEVICE_REVOKED'], ['DEVICE_REVOKED'], []]);
    expect(counts(leases)).toEqual([1, 1]);
  });

  it('end thousands of streams in slices, so that calls come in between', () => {
    const { clock, leases, open } = start();
    const turns: (() => void)[] = [];
    const timers = { ...clock.timers, after: (_: number, run: () => void) => (turns.push(run), () => undefined) };
    const nowMs = () => clock.now().getTime();
    const sliced = createLeases({ graceMs: GRACE_MS, nowMs, timers });
    for (let i = 0; i < 1_000; i++) {
      sliced.hold({ kind: 'while-renewed', deviceId: `d${i % 300}`, expiresAtMs: nowMs(), end: () => undefined });
    }
    clock.advance(GRACE_MS);
    turns.pop()?.();
    expect(sliced.streams).toBeGreaterThanOrEqual(800);
    expect(sliced.streams).toBeLessThan(1_000);
    while (sliced.streams > 0) turns.pop()?.();
    expect(counts(sliced)).toEqual([0, 0]);
    open(1);
    expect(leases.streams).toBe(1);
  });

  it('wait for few different lengths of time, since a runtime keeps something for each', () => {
    const { clock } = start();
    const delays = new Set<number>();
    const nowMs = () => clock.now().getTime();
    const after = (delayMs: number, run: () => void) => {
      delays.add(delayMs);
      return clock.timers.after(delayMs, run);
    };
    const leases = createLeases({ graceMs: GRACE_MS, nowMs, timers: { ...clock.timers, after } });
    for (let i = 0; i < 3_000; i++) {
      const release = leases.hold({
        kind: 'while-renewed',
        deviceId: `d${i}`,
        expiresAtMs: nowMs() + HOUR_MS - 2 * i,
        end: () => undefined,
      });
      clock.advance(1);
      release();
    }
    expect(delays.size).toBeLessThanOrEqual(12);
  });

  it('hold nothing of devices that came and went', () => {
    const { clock, leases, open } = start();
    for (let i = 0; i < 5_000; i++) open(HOUR_MS, 'until-expiry', `d${i}`).release();
    const kept = open(HOUR_MS);
    expect(counts(leases)).toEqual([1, 1]);
    clock.advance(HOUR_MS + GRACE_MS);
    expect(kept.ended).toEqual(['TOKEN_EXPIRED']);
  });

  it('survive a stream that fails to end', () => {
    const { clock, leases, open } = start();
    const end = () => {
      throw new Error('broken');
    };
    leases.hold({ kind: 'while-renewed', deviceId: 'phone', expiresAtMs: clock.now().getTime(), end });
    const other = open(0);
    clock.advance(GRACE_MS);
    expect(other.ended).toEqual(['TOKEN_EXPIRED']);
  });
});
