import { describe, expect, it } from 'vitest';

import { AuthError } from '../../../src/errors.js';
import type { Caller } from '../../../src/gate/call/caller.js';
import type { LimitOptions } from '../../../src/gate/limits/limit-options.js';
import type { LimitStore } from '../../../src/gate/limits/limit-store.js';
import { createLimits } from '../../../src/gate/limits/limits.js';
import { xmtpLimits } from '../../../src/gate/limits/xmtp-limits.js';

const START = Date.UTC(2025, 0);
const classes = { default: { points: 3, windowMs: 3_000 }, publish: { points: 2, windowMs: 60_000 } };

const caller = (facts: { wallet?: string; deviceId?: string; network?: string }) =>
  ({ network: '203.0.113.7', ...facts }) as unknown as Caller;
const alice = caller({ wallet: '0xA', deviceId: '0xA/1' });
const alicesPhone = caller({ wallet: '0xA', deviceId: '0xA/2' });
const unknown = caller({});

/** Limits, by whose names a caller is charged, before authentication too. */
function limitsOf(options: LimitOptions) {
  const limits = createLimits(options, () => START);
  return {
    has: (name: string) => limits.pointsOf(name) !== undefined,
    takeBefore: (who: Caller) => limits.takeBefore?.(who.network),
    take: (who: Caller, limit: string, cost: number, hasPriority: boolean, paid = 0) =>
      limits.limitFor(who, limit).take(who, cost, hasPriority, paid),
  };
}
const withClasses = (options: Partial<LimitOptions> = {}) => limitsOf({ classes, ...options });

/** How many calls of one point go through, out of ten. */
function admitted(limits: ReturnType<typeof limitsOf>, who: Caller, limit = 'default', hasPriority = false): number {
  return Array.from({ length: 10 }, () => limits.take(who, limit, 1, hasPriority)).filter((each) => !each).length;
}

describe('limits', () => {
  it('refuse with RATE_LIMITED and the time to wait', () => {
    const limits = withClasses();
    expect(limits.take(alice, 'default', 2, false)).toBeUndefined();
    const refused = limits.take(alice, 'default', 2, false);
    expect(refused).toMatchObject({ reason: 'RATE_LIMITED', info: { retry_after_ms: '1000' } });
    expect(refused).toMatchObject({ cause: { limit: 'default' } });
  });

  it('take what is left to pay, and say when all of it can be paid again', () => {
    const limits = withClasses();
    expect(limits.take(alice, 'default', 1, false)).toBeUndefined();
    expect(limits.take(alice, 'default', 3, false, 1)).toBeUndefined();
    expect(limits.take(alice, 'default', 2, false, 1)).toMatchObject({ info: { retry_after_ms: '2000' } });
    expect(limits.take(alice, 'default', 4, false, 1)).toMatchObject({ reason: 'RATE_LIMITED', info: {} });
  });

  it('count each limit by itself', () => {
    const limits = withClasses();
    expect([admitted(limits, alice), admitted(limits, alice, 'publish')]).toEqual([3, 2]);
  });

  it('count a wallet, whatever its devices', () => {
    const limits = withClasses();
    expect([admitted(limits, alice), admitted(limits, alicesPhone)]).toEqual([3, 0]);
  });

  it('count each device when told so', () => {
    const limits = withClasses({ keyBy: 'device' });
    expect([admitted(limits, alice), admitted(limits, alicesPhone)]).toEqual([3, 3]);
  });

  it('count those without identity by address, in the limit of the method', () => {
    const limits = withClasses();
    expect(admitted(limits, unknown, 'publish')).toBe(2);
    expect(admitted(limits, caller({}), 'publish')).toBe(0);
    expect(admitted(limits, caller({ network: '203.0.113.8' }), 'publish')).toBe(2);
    expect(admitted(limits, alice, 'publish')).toBe(2);
  });

  it('count those without identity in the limit that is named for them', () => {
    const limits = withClasses({ anonymous: 'publish' });
    expect([admitted(limits, unknown), admitted(limits, alice)]).toEqual([2, 3]);
  });

  it('are wider for priority callers: twice, or what the options say, or what the limit says', () => {
    expect(admitted(withClasses(), alice, 'default', true)).toBe(6);
    expect(admitted(withClasses({ priorityFactor: 3 }), alice, 'default', true)).toBe(9);
    const own = { ...classes, default: { ...classes.default, priorityFactor: 1 } };
    expect(admitted(withClasses({ classes: own, priorityFactor: 3 }), alice, 'default', true)).toBe(3);
  });

  it('refuse what a full bucket never holds, with no time to wait for', () => {
    const refused = withClasses().take(alice, 'default', 4, false);
    expect(refused).toMatchObject({ reason: 'RATE_LIMITED' });
    expect((refused as AuthError).info).toEqual({});
    expect(withClasses().take(alice, 'default', 4, true)).toBeUndefined();
  });

  it.each(['nope', 'toString', '__proto__'])('throw for %j, of which there is none', (limit) => {
    expect(() => withClasses().take(alice, limit, 0, false)).toThrow(/^there is no limit/);
    expect(withClasses().has(limit)).toBe(false);
  });

  it('have one for all calls of an address before authentication, if asked', () => {
    const limits = withClasses({ beforeAuthentication: { points: 2, windowMs: 1_000 } });
    const before = [1, 2, 3].map(() => limits.takeBefore(unknown));
    expect(before.slice(0, 2)).toEqual([undefined, undefined]);
    expect(before[2]).toMatchObject({
      reason: 'RATE_LIMITED',
      info: { retry_after_ms: '500' },
      cause: { limit: 'beforeAuthentication' },
    });
    expect(limits.takeBefore(caller({ network: '203.0.113.8' }))).toBeUndefined();
    expect(withClasses().takeBefore(unknown)).toBeUndefined();
  });

  it('track a bounded number of callers', () => {
    const limits = withClasses({ maxCallers: 1 });
    expect(admitted(limits, alice)).toBe(3);
    expect(admitted(limits, unknown)).toBe(3);
    expect(admitted(limits, alice)).toBe(3);
  });
});

describe('limits in a store', () => {
  const store = (take: (key: string, points: number) => number | Promise<number>): LimitStore => ({
    open: () => take,
  });

  it('wait for its answer', async () => {
    expect(await withClasses({ store: store(async () => 0) }).take(alice, 'default', 1, false)).toBeUndefined();
    const refused = withClasses({ store: store(async () => 70) }).take(alice, 'default', 1, false);
    expect(await refused).toMatchObject({ reason: 'RATE_LIMITED', info: { retry_after_ms: '70' } });
  });

  it('are closed when it fails', async () => {
    const failure = new Error('gone');
    const limits = withClasses({ store: store(() => Promise.reject(failure)) });
    const answer = await limits.take(alice, 'default', 1, false);
    expect(answer).toBeInstanceOf(AuthError);
    expect(answer).toMatchObject({ reason: 'AUTH_UNAVAILABLE', cause: failure });
  });

  it('give it names and sizes, and never a token', () => {
    const opened: unknown[] = [];
    const taken: unknown[] = [];
    const limits = withClasses({
      store: { open: (name, bucket) => (opened.push([name, bucket]), (...take) => (taken.push(take), 0)) },
    });
    for (const hasPriority of [true, false]) expect(limits.take(alice, 'publish', 2, hasPriority)).toBeUndefined();
    expect(taken).toEqual([
      ['0xA', 2, 4],
      ['0xA', 2, 2],
    ]);
    expect(opened).toEqual([
      ['default', { points: 3, windowMs: 3_000, blockMs: 0 }],
      ['publish', { points: 2, windowMs: 60_000, blockMs: 0 }],
    ]);
  });

  it('do not ask it before authentication', () => {
    const limits = withClasses({
      store: store(() => Promise.reject(new Error('asked'))),
      beforeAuthentication: { points: 1, windowMs: 1_000 },
    });
    expect(limits.takeBefore(unknown)).toBeUndefined();
    expect(limits.takeBefore(unknown)).toMatchObject({ reason: 'RATE_LIMITED' });
  });
});

describe('wrong options are refused by name', () => {
  const good = { points: 1, windowMs: 1_000 };
  it.each<[string, unknown]>([
    ['options must be', null],
    ['limits.classes must', {}],
    ['limits.classes must', { classes: null }],
    ['limits.classes must', { classes: [good] }],
    ['limits.classes must have a limit called default', { classes: { publish: good } }],
    ['limits.classes: "a b" is no name', { classes: { default: good, 'a b': good } }],
    ['limits.classes: "" is no name', { classes: { default: good, '': good } }],
    ['limits.classes.default must be', { classes: { default: null } }],
    ['limits.classes.default must be', { classes: { default: 5 } }],
    ['limits.classes.default.points must be', { classes: { default: { windowMs: 1_000 } } }],
    ['limits.classes.default.points must be', { classes: { default: { ...good, points: 0 } } }],
    ['limits.classes.default.points must be', { classes: { default: { ...good, points: 1.5 } } }],
    ['limits.classes.default.points must be', { classes: { default: { ...good, points: '5' } } }],
    ['limits.classes.default.windowMs must be', { classes: { default: { points: 1 } } }],
    ['limits.classes.default.windowMs must be', { classes: { default: { ...good, windowMs: 999 } } }],
    ['limits.classes.default.windowMs must be', { classes: { default: { ...good, windowMs: Number.NaN } } }],
    ['limits.classes.default.blockMs must be', { classes: { default: { ...good, blockMs: -1 } } }],
    ['limits.classes.default.priorityFactor must be', { classes: { default: { ...good, priorityFactor: 0 } } }],
    ['limits.classes.default: unknown option "window"', { classes: { default: { ...good, window: 5 } } }],
    ['limits.priorityFactor must be', { classes, priorityFactor: 0.5 }],
    ['limits.keyBy must be', { classes, keyBy: 'token' }],
    ['limits.anonymous: "nobody" is not in', { classes, anonymous: 'nobody' }],
    ['limits.beforeAuthentication.points must be', { classes, beforeAuthentication: { windowMs: 1_000 } }],
    ['limits.beforeAuthentication must be', { classes, beforeAuthentication: null }],
    ['limits.maxCallers must be', { classes, maxCallers: 0 }],
    ['limits.store must be', { classes, store: {} }],
    ['limits.store must be', { classes, store: null }],
    ['unknown option "class"', { classes, class: 5 }],
  ])('%s', (message, options) => {
    const construct = () => createLimits(options as LimitOptions, () => START);
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(new RegExp(`^${message.replaceAll('.', '\\.')}`));
  });
});

it('xmtpLimits are limits', () => {
  const limits = limitsOf(xmtpLimits);
  expect(limits.take(alice, 'default', 20_000, false)).toBeUndefined();
  expect(limits.take(alice, 'default', 1, false)).toMatchObject({ info: { retry_after_ms: '15' } });
  expect(limits.take(alice, 'publish', 12_000, true)).toBeUndefined();
  expect(limits.take(alice, 'publish', 3_001, false)).toMatchObject({ reason: 'RATE_LIMITED' });
});
