import { describe, expect, it, vi } from 'vitest';

import { deviceServicePaths } from '../../src/devices/service/device-service-paths.js';
import { AuthError, type AuthReason } from '../../src/errors.js';
import { createGate } from '../../src/gate/create-gate.js';
import type { GateOptions } from '../../src/gate/options.js';
import { walletAuth } from '../../src/grpc/server/wallet-auth.js';
import type { AuthorizationValue } from '../../src/index.js';
import type { Timers } from '../../src/options.js';
import { fakeDevices } from '../../src/testing/fake-devices.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { incomingCall } from '../support/incoming-call.js';
import { testGate } from '../support/test-gate.js';
import { now, tokens } from '../support/tokens.js';

/** The values of a transport that has none, one or several; all that is missing is missing for every rule. */
const values: [AuthorizationValue, AuthReason | undefined][] = [
  [undefined, undefined],
  [null, undefined],
  [[], undefined],
  ['', 'MALFORMED_HEADER'],
  [[''], 'MALFORMED_HEADER'],
  [[undefined], 'MALFORMED_HEADER'],
  [['', ''], 'MULTIPLE_CREDENTIALS'],
];

describe('a caller without a token', () => {
  it.each(values)('who sends %j is anonymous only if that is nothing at all', (authorization, wrong) => {
    for (const rule of ['optional', 'public'] as const) {
      const { decide, reasonOf } = testGate({ rules: { '*': rule } });
      expect(reasonOf(authorization)).toBe(wrong ?? 'admitted');
      if (wrong === undefined) expect(decide(authorization)).toEqual({ admitted: true });
    }
    expect(testGate().reasonOf(authorization)).toBe(wrong ?? 'MISSING_CREDENTIALS');
  });
});

describe('an admitted call', () => {
  const limits = { classes: { default: { points: 9, windowMs: 60_000 } } };

  it('has no check of messages where none is checked and none costs', () => {
    expect(testGate({ limits, rules: { '*': 'optional' } }).decide()).toEqual({ admitted: true });
  });

  it('of an anonymous caller that opens a stream is looked at again until it is over', async () => {
    let looks = 0;
    const { gate, clock } = streamGate({ access: { deny: { size: 1, has: () => (looks++, false) } } });
    const decision = await gate.decide({ ...incomingCall(), stream: { end: () => expect.unreachable() } }, undefined);
    looks = 0;
    clock.advance(5_000);
    expect(looks).toBe(1);
    if (decision.admitted) decision.onEnd?.();
    clock.advance(60_000);
    expect(looks).toBe(1);
  });

  it('that opens a stream which is at-open is held by nothing where there are no devices', async () => {
    const { gate, after } = streamGate({ rules: { '*': { stream: 'at-open' } } });
    const stream = { end: () => expect.unreachable() };
    const decision = await gate.decide({ ...incomingCall(), stream }, tokens.good);
    expect(decision).toMatchObject({ admitted: true, lease: undefined, onEnd: undefined });
    expect(after).not.toHaveBeenCalled();
  });

  it('whose caller does not take the status of its end is closed hard, without devices too', async () => {
    const { gate, clock } = streamGate({});
    const happened: string[] = [];
    const stream = { end: () => void happened.push('end'), close: () => (happened.push('close'), true) };
    for (let i = 0; i < 2; i++) await gate.decide({ ...incomingCall(), stream }, tokens.good);
    clock.advance(3_600_000 + 30_000);
    await Promise.resolve();
    expect([happened, gate.hardCloses]).toEqual([['end', 'end'], 0]);
    clock.advance(5_000);
    expect([happened, gate.hardCloses]).toEqual([['end', 'end', 'close', 'close'], 2]);
  });

  it('that is unary and ends for a message sets no timer: there is no stream to be closed hard', async () => {
    const { gate, after } = streamGate({ rules: { '*': { auth: 'optional', authorizeMessage: () => false } } });
    const decision = await gate.decide(incomingCall(), undefined);
    expect(decision.admitted && (await decision.checkMessage?.({}))).toMatchObject({ code: 7 });
    await Promise.resolve();
    expect(after).not.toHaveBeenCalled();
  });

  /** A gate that waits by its own clock. */
  function streamGate(options: GateOptions) {
    const clock = settableClock();
    const after = vi.fn<Timers['after']>(clock.timers.after);
    const timers = { ...clock.timers, after };
    const { gate } = testGate({ now: clock.now, timers, rules: { '*': 'optional' }, ...options });
    return { gate, clock, after };
  }
});

describe.each([...deviceServicePaths])('with devices the method %s, by which a device makes room', (method) => {
  it.each<[string, GateOptions]>([
    ['authorize', { authorize: () => false }],
    ['authorizeMessage', { rules: { '*': { authorizeMessage: () => false } } }],
    ['own_wallet', { rules: { '*': { ownWallet: ['owner'] } } }],
  ])('is not closed by %s', async (_, options) => {
    const { devices, clock } = await fakeDevices();
    const { admit } = testGate({ devices, now: clock.now, ...options });
    const { checkMessage } = await admit(tokens.good, { method });
    expect(await checkMessage?.({})).toBeUndefined();
  });

  it.each(['optional', 'public'] as const)('needs a token where its rule is %s', async (rule) => {
    const { devices, clock } = await fakeDevices();
    const { admit, reasonOf } = testGate({ devices, now: clock.now, rules: { '*': rule } });
    expect(reasonOf(undefined, { method })).toBe('MISSING_CREDENTIALS');
    expect((await admit(tokens.good, { method })).identity?.wallet).toBe(testWallets.alice.address);
  });
});

it('an anonymous caller of an optional method passes where there are devices', async () => {
  const { devices, clock } = await fakeDevices();
  expect(testGate({ devices, now: clock.now, rules: { '*': 'optional' } }).reasonOf()).toBe('admitted');
});

it.each([...deviceServicePaths])('without devices %s is a method as any other', (method) => {
  expect(testGate({ authorize: () => false }).reasonOf(tokens.good, { method })).toBe('ACCESS_DENIED');
});

describe('a caller with a good token', () => {
  it.each(['required', 'optional', 'public'] as const)('gets the expiry of it where it is %s', (rule) => {
    const decision = testGate({ rules: { '*': rule } }).decide(tokens.good);
    expect(decision).toMatchObject({ admitted: true, expiresAtMs: now().getTime() + 3_600_000 });
    const wallet = (decision as { identity?: { wallet: string } }).identity?.wallet;
    expect(wallet).toBe(rule === 'public' ? undefined : testWallets.alice.address);
  });
});

describe('the answer of authorize', () => {
  it.each([true, false, new AuthError('ACCESS_DENIED'), undefined, null, 0, {}, { then: 1 }])(
    'if it is %j, decides at once',
    (answer) => {
      expect(testGate({ authorize: () => answer as boolean }).reasonOf(tokens.good)).toBeDefined();
    },
  );

  it('if it is a promise, decides in a promise', async () => {
    const decision = testGate({ authorize: async () => true }).decide(tokens.good);
    expect(decision).toBeInstanceOf(Promise);
    expect(await decision).toMatchObject({ admitted: true });
  });

  it.each([undefined, null, 0, 'yes', {}])('if it is %j, is none, and the operator is told so', (answer) => {
    const { reasonOf, events } = testGate({ authorize: () => answer as boolean });
    expect(reasonOf(tokens.good)).toBe('INTERNAL');
    expect(events).toMatchObject([{ decision: 'refused', reason: 'INTERNAL' }]);
    expect(events[0]?.error?.cause).toEqual(new TypeError('authorize must answer true, false or an AuthError'));
  });

  it('if it is an AuthError that cannot be sent, is told to the operator with what is wrong about it', () => {
    const { reasonOf, events } = testGate({
      authorize: () => new AuthError('ACCESS_DENIED', { info: { attempts: 3 as never } }),
    });
    expect(reasonOf(tokens.good)).toBe('INTERNAL');
    expect(events[0]).toMatchObject({ reason: 'INTERNAL', error: { reason: 'INTERNAL' } });
    expect(events[0]?.error?.cause).toBeInstanceOf(TypeError);
  });
});

describe('a gate that several adapters share', () => {
  it('has one cache for all of them, and shows how much is in it', () => {
    const gate = createGate({ now: settableClock().now });
    const [one, other] = [walletAuth(gate), walletAuth(gate)];
    expect([gate.cachedTokens, gate.cachedDevices]).toEqual([0, 0]);
    void gate.decide(incomingCall(), tokens.good);
    for (const each of [gate, one, other]) expect([each.cachedTokens, each.cachedDevices]).toEqual([1, 1]);
    expect(one.curve).toBe(gate.curve);
  });

  it('is what createGate made, and nothing that looks like it', () => {
    expect(() => walletAuth({ ...createGate() })).toThrow(TypeError);
  });
});
