import { describe, expect, it } from 'vitest';

import { AuthError } from '../../../src/errors.js';
import { createAccess } from '../../../src/gate/access/access.js';
import { createAddressReader } from '../../../src/gate/call/client-address.js';
import { compileRules } from '../../../src/gate/rules/rule-table.js';
import { CallContext, type Answer } from '../../../src/gate/steps/pipeline.js';
import { createSweep, recheckOf } from '../../../src/gate/steps/recheck.js';
import { walletIdentity } from '../../../src/identity.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { incomingCall } from '../../support/incoming-call.js';

const alice = testWallets.alice.address;

/** A call of Alice's phone, or of an anonymous caller, from an address. */
function callOf(isKnown = true): CallContext {
  const call = new CallContext(incomingCall(), undefined, compileRules().ruleOf('/a.S/M'), createAddressReader());
  if (isKnown) {
    const facts = { deviceId: `${alice}/1`, identityKey: new Uint8Array(65), issuedAtMs: 0, expiresAtMs: 1 };
    call.identity = walletIdentity({ wallet: alice, ...facts });
  }
  return call;
}

describe('what is looked at again for an open stream', () => {
  it('is nothing where nothing may change', () => {
    expect(recheckOf(createAccess({ priority: [alice] }), undefined)).toBeUndefined();
  });

  it.each([
    ['a denied wallet', { deny: [alice] }],
    ['a denied address', { deny: [callOf().address ?? ''] }],
    ['a wallet that is not allowed', { allow: [testWallets.bob.address] }],
  ])('is %s', (_, access) => {
    expect(recheckOf(createAccess(access), undefined)?.(callOf())).toMatchObject({ reason: 'ACCESS_DENIED' });
  });

  it('is the address alone, where nothing else is checked', () => {
    const { checkAddress, hasPriority } = createAccess({ deny: [callOf().address ?? ''] });
    const recheck = recheckOf({ checkAddress, checkCaller: undefined, hasPriority }, undefined);
    expect(recheck?.(callOf())).toMatchObject({ reason: 'ACCESS_DENIED' });
  });

  it('is the device, where there is one', () => {
    const seen: string[] = [];
    const recheck = recheckOf(createAccess(), (deviceId) => (seen.push(deviceId), false));
    expect([recheck?.(callOf()), recheck?.(callOf(false))]).toEqual([undefined, undefined]);
    expect(seen).toEqual([`${alice}/1`]);
    expect(() => recheckOf(createAccess(), () => true)?.(callOf())).toThrow('device revoked');
  });
});

describe('a sweep', () => {
  function start(recheck: (call: CallContext) => Answer = () => undefined) {
    const clock = settableClock();
    const timers = new Set<() => void>();
    const after = (delayMs: number, run: () => void) => {
      const cancel = clock.timers.after(delayMs, () => (timers.delete(cancel), run()));
      timers.add(cancel);
      return () => (timers.delete(cancel), cancel());
    };
    const looked: CallContext[] = [];
    const ended: [CallContext, string | undefined][] = [];
    const sweep = createSweep({
      everyMs: 1_000,
      timers: { ...clock.timers, after },
      recheck: (call) => (looked.push(call), recheck(call)),
      endCall: (call, error: AuthError | undefined) => (ended.push([call, error?.reason]), call.end()),
    });
    return { clock, sweep, looked, ended, timers: () => timers.size };
  }

  it('looks at every open stream in each round, and at none that is over', () => {
    const { clock, sweep, looked, timers } = start();
    const [one, other] = [callOf(), callOf()];
    sweep.watch(one);
    sweep.watch(other);
    expect(timers()).toBe(1);
    clock.advance(999);
    expect(looked).toEqual([]);
    clock.advance(1);
    expect(looked).toEqual([one, other]);
    one.end();
    clock.advance(1_000);
    expect(looked).toEqual([one, other, other]);
    expect([sweep.size, timers()]).toEqual([1, 1]);
    other.end();
    expect([sweep.size, timers()]).toEqual([0, 0]);
  });

  it('begins again after the last stream was over', () => {
    const { clock, sweep, looked } = start();
    const [one, other] = [callOf(), callOf()];
    sweep.watch(one);
    one.end();
    sweep.watch(other);
    clock.advance(1_000);
    expect(looked).toEqual([other]);
  });

  it('ends those that are refused, and those about whom a hook fails, and no other', () => {
    const [good, denied, broken] = [callOf(), callOf(), callOf()];
    const { clock, sweep, ended, timers } = start((call) => {
      if (call === broken) throw new Error('database');
      return call === denied ? new AuthError('ACCESS_DENIED') : undefined;
    });
    for (const call of [good, denied, broken]) sweep.watch(call);
    clock.advance(1_000);
    expect(ended).toEqual([
      [denied, 'ACCESS_DENIED'],
      [broken, 'INTERNAL'],
    ]);
    expect([sweep.size, timers()]).toEqual([1, 1]);
  });

  it('has no timer once it has ended the last stream', () => {
    const { clock, sweep, timers } = start(() => new AuthError('ACCESS_DENIED'));
    sweep.watch(callOf());
    clock.advance(1_000);
    expect([sweep.size, timers()]).toEqual([0, 0]);
  });

  it('looks at thousands in slices of 500, each in a turn of its own', () => {
    const { clock, sweep, looked } = start();
    const turns: (() => void)[] = [];
    const calls = Array.from({ length: 1_200 }, () => callOf());
    const sliced = createSweep({
      everyMs: 1_000,
      timers: { ...clock.timers, after: (_, run) => (turns.push(run), () => undefined) },
      recheck: (call) => void looked.push(call),
      endCall: () => undefined,
    });
    for (const call of calls) sliced.watch(call);
    const counts = [1, 2, 3].map(() => (turns.pop()?.(), looked.length));
    expect(counts).toEqual([500, 1_000, 1_200]);
    expect(turns).toHaveLength(1); // the next round
    expect(sweep.size).toBe(0);
  });
});
