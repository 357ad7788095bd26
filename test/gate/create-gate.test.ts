import { describe, expect, it } from 'vitest';

import { AuthError, type AuthReason } from '../../src/errors.js';
import { createGate } from '../../src/gate/create-gate.js';
import { walletAuth } from '../../src/grpc/server/wallet-auth.js';
import type { AuthorizationValue } from '../../src/index.js';
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
