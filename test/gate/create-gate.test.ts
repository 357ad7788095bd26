import { describe, expect, it } from 'vitest';

import { AuthError, type AuthReason } from '../../src/errors.js';
import type { IncomingCall } from '../../src/gate/call/call.js';
import { createGate } from '../../src/gate/create-gate.js';
import type { Decision, DecisionEvent } from '../../src/gate/decision.js';
import type { GateOptions } from '../../src/gate/options.js';
import type { AuthorizationValue } from '../../src/index.js';
import { refusalDetails } from '../../src/status-details.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { testWallets } from '../../src/testing/test-wallets.js';

const { now } = settableClock();
const good = `Bearer ${mintToken({ now })}`;
const call: IncomingCall = { method: '/a.S/M', peer: '203.0.113.7:1', metadata: undefined, header: () => [] };

function door(options: GateOptions = {}) {
  const events: DecisionEvent[] = [];
  const gate = createGate({ now, onDecision: (event) => events.push(event), ...options });
  return { events, decide: (authorization: AuthorizationValue) => gate.decide(call, authorization) };
}

function reasonOf(decision: Decision | Promise<Decision>): AuthReason | 'admitted' | undefined {
  if (decision instanceof Promise) throw new Error('a promise');
  return decision.admitted ? 'admitted' : refusalDetails(decision.status.details)?.reason;
}

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
      const decision = door({ rules: { '*': rule } }).decide(authorization);
      expect(reasonOf(decision)).toBe(wrong ?? 'admitted');
      if (wrong === undefined) expect(decision).toEqual({ admitted: true });
    }
    expect(reasonOf(door().decide(authorization))).toBe(wrong ?? 'MISSING_CREDENTIALS');
  });
});

describe('a caller with a good token', () => {
  it.each(['required', 'optional', 'public'] as const)('gets the expiry of it where it is %s', (rule) => {
    const decision = door({ rules: { '*': rule } }).decide(good);
    expect(decision).toMatchObject({ admitted: true, expiresAtMs: now().getTime() + 3_600_000 });
    const wallet = (decision as { identity?: { wallet: string } }).identity?.wallet;
    expect(wallet).toBe(rule === 'public' ? undefined : testWallets.alice.address);
  });
});

describe('the answer of authorize', () => {
  it.each([true, false, new AuthError('ACCESS_DENIED'), undefined, null, 0, {}, { then: 1 }])(
    'if it is %j, decides at once',
    (answer) => {
      expect(reasonOf(door({ authorize: () => answer as boolean }).decide(good))).toBeDefined();
    },
  );

  it('if it is a promise, decides in a promise', async () => {
    const decision = door({ authorize: async () => true }).decide(good);
    expect(decision).toBeInstanceOf(Promise);
    expect(await decision).toMatchObject({ admitted: true });
  });

  it.each([undefined, null, 0, 'yes', {}])('if it is %j, is none, and the operator is told so', (answer) => {
    const { decide, events } = door({ authorize: () => answer as boolean });
    expect(reasonOf(decide(good))).toBe('INTERNAL');
    expect(events).toMatchObject([{ decision: 'refused', reason: 'INTERNAL' }]);
    expect(events[0]?.error?.cause).toEqual(new TypeError('authorize must answer true, false or an AuthError'));
  });

  it('if it is an AuthError that cannot be sent, is told to the operator with what is wrong about it', () => {
    const { decide, events } = door({
      authorize: () => new AuthError('ACCESS_DENIED', { info: { attempts: 3 as never } }),
    });
    expect(reasonOf(decide(good))).toBe('INTERNAL');
    expect(events[0]).toMatchObject({ reason: 'INTERNAL', error: { reason: 'INTERNAL' } });
    expect(events[0]?.error?.cause).toBeInstanceOf(TypeError);
  });
});
