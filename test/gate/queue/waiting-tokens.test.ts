import { describe, expect, it, vi } from 'vitest';

import { createGate } from '../../../src/gate/create-gate.js';
import type { Decision, DecisionEvent } from '../../../src/gate/decision.js';
import type { GateOptions } from '../../../src/gate/options.js';
import type { TokenEvent } from '../../../src/gate/steps/report-token.js';
import { refusalDetails } from '../../../src/status-details.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { heldTurns } from '../../support/held-turns.js';
import { incomingCall, type CallFacts } from '../../support/incoming-call.js';
import { bearerToken, tokens } from '../../support/tokens.js';

const from = (address: string): CallFacts => ({ peer: `${address}:1` });
const forger = from('203.0.113.66');
const neighbour = from('203.0.113.67');
/** Tokens of one device, all different; each older than the one before. */
const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => bearerToken({ now: () => new Date(settableClock().now().getTime() - i) }));

const reason = (decision: Decision) =>
  decision.admitted ? 'admitted' : refusalDetails(decision.status.details)?.reason;

/** A gate whose turns are held: the first token that reaches the curve uses up the slice of the turn. */
function heldGate(options: GateOptions = {}) {
  const turns = heldTurns();
  const clock = settableClock();
  const events: DecisionEvent[] = [];
  const order: string[] = [];
  const gate = createGate({
    now: clock.now,
    curve: turns.curve,
    timers: turns.timers,
    onDecision: (event) => events.push(event),
    ...options,
  });
  const decide = (authorization: string, facts?: CallFacts, more: object = {}) =>
    gate.decide({ ...incomingCall(facts), ...more }, authorization);
  /** Decides about a call that has to wait. @param name what stands in the order of the answers. */
  const wait = async (authorization: string, facts?: CallFacts, name = '', more: object = {}) => {
    const decision = decide(authorization, facts, more);
    if (!(decision instanceof Promise)) throw new Error('it did not wait');
    const answer = reason(await decision);
    order.push(name);
    return answer;
  };
  return { ...turns, clock, events, order, gate, decide, wait };
}

/** The same, with the slice of this turn used up. */
function busyGate(options: GateOptions = {}) {
  const held = heldGate(options);
  void held.decide(tokens.bobs, neighbour);
  held.events.length = 0;
  Object.assign(held.curve.calls, { verify: 0, recover: 0 });
  return held;
}

describe('a token that needs the curve', () => {
  it('is verified at once, without a promise, while nothing waits', async () => {
    const { decide, turnAll, gate } = heldGate();
    for (const token of [tokens.good, tokens.bobs, tokens.forged]) {
      expect(decide(token)).not.toBeInstanceOf(Promise);
      expect(await turnAll()).toBeLessThanOrEqual(2);
    }
    expect(gate.waitingTokens).toBe(0);
  });

  it('waits once the slice of a turn is used up, and is admitted in a later one', async () => {
    const { wait, turnAll, gate, curve } = busyGate();
    const answer = wait(tokens.good);
    expect([gate.waitingTokens, curve.calls.verify]).toEqual([1, 0]);
    await turnAll();
    expect([await answer, gate.waitingTokens, curve.calls.verify]).toEqual(['admitted', 0, 1]);
  });

  it('is verified at once where there is no queue', () => {
    const { decide } = busyGate({ verificationQueue: false });
    for (const token of [tokens.good, tokens.forged]) expect(decide(token)).not.toBeInstanceOf(Promise);
  });

  it.each(['optional', 'public'] as const)('waits on %s methods too', async (auth) => {
    const { wait, turnAll } = busyGate({ rules: { '*': { auth } } });
    const [good, forged] = [wait(tokens.good), wait(tokens.forged)];
    await turnAll();
    expect([await good, await forged]).toEqual(['admitted', 'INVALID_AUTH_DATA_SIGNATURE']);
  });
});

describe('what needs no curve never waits', () => {
  it('a token that is cached', () => {
    const { decide, wait } = busyGate();
    void wait(tokens.good);
    const decision = decide(tokens.bobs, neighbour);
    expect(decision).toMatchObject({ admitted: true });
  });

  it.each(['expired', 'fromFuture', 'uncertified'] as const)('a token that is %s', (name) => {
    const { decide } = busyGate();
    expect(decide(tokens[name])).toMatchObject({ admitted: false });
  });

  it('a call without a token, where none is required', () => {
    const { gate } = busyGate({ rules: { '*': { auth: 'optional' } } });
    expect(gate.decide(incomingCall(), undefined)).toMatchObject({ admitted: true });
  });

  it('a token of an address that is over the limit of failed ones, or denied', () => {
    const { decide } = busyGate({
      failedTokenLimit: { failures: 1, countUncached: true },
      access: { deny: ['198.51.100.0/24'] },
    });
    expect(decide(tokens.good, neighbour)).toMatchObject({ admitted: false });
    expect(decide(tokens.good, from('198.51.100.1'))).toMatchObject({ admitted: false });
  });
});

describe('tokens that wait', () => {
  it('are served in turns by address: an honest caller comes before the rest of a flood', async () => {
    const { wait, order, turnAll } = busyGate();
    const flood = numbered(20).map((token, i) => wait(token, forger, `f${i}`));
    const good = wait(bearerToken({ wallet: testWallets.carol }), neighbour, 'honest');
    await turnAll();
    expect(await good).toBe('admitted');
    await Promise.all(flood);
    expect(order.indexOf('honest')).toBe(1);
  });

  it('have turns by the address behind a trusted proxy, IPv6 by its /64 network', async () => {
    const { wait, order, turnAll } = busyGate({ trustedProxies: ['10.0.0.1'] });
    const behind = (address: string) => ({ peer: '10.0.0.1:5', forwardedFor: [address] });
    const [one, two, three, four] = numbered(4);
    const all = [
      wait(one!, behind('2001:db8::1'), 'a1'),
      wait(two!, behind('2001:db8::2'), 'a2'),
      wait(three!, behind('2001:db8:0:1::1'), 'b1'),
      wait(four!, behind('203.0.113.1'), 'c1'),
    ];
    await turnAll();
    await Promise.all(all);
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2']);
  });

  it('share one turn where calls have no address', async () => {
    const { wait, order, turnAll } = busyGate();
    const [one, two, three] = numbered(3);
    const more = { peer: undefined };
    const all = [wait(one!, {}, 'a1', more), wait(two!, {}, 'a2', more), wait(three!, forger, 'b1')];
    await turnAll();
    await Promise.all(all);
    expect(order).toEqual(['a1', 'b1', 'a2']);
  });

  it('cost one verification if they are the same, and are reported once', async () => {
    const reported: TokenEvent[] = [];
    const { wait, curve, turnAll, events } = busyGate({ onToken: (event) => reported.push(event) });
    reported.length = 0;
    const all = [wait(tokens.good), wait(tokens.good, forger), wait(tokens.good, neighbour)];
    await turnAll();
    expect(await Promise.all(all)).toEqual(['admitted', 'admitted', 'admitted']);
    expect(curve.calls).toEqual({ verify: 1, recover: 1 });
    expect(reported).toHaveLength(1);
    expect(events.map(({ cached }) => cached)).toEqual([false, true, true]);
  });

  it('cost one recovery if they are of one device', async () => {
    const { wait, curve, turnAll } = busyGate();
    const all = numbered(3).map((token) => wait(token));
    await turnAll();
    await Promise.all(all);
    expect(curve.calls).toEqual({ verify: 3, recover: 1 });
  });

  it('are refused without the curve if they expire meanwhile', async () => {
    const { wait, curve, turnAll, clock } = busyGate();
    const answer = wait(tokens.good);
    clock.advance(3_600_001);
    await turnAll();
    expect([await answer, curve.calls.verify]).toEqual(['TOKEN_EXPIRED', 0]);
  });

  it('are refused as a revoked device is, by a list as by the node', async () => {
    const revoked = { is: false };
    const { wait, turnAll } = busyGate({ isRevoked: () => revoked.is });
    const answer = wait(tokens.good);
    revoked.is = true;
    await turnAll();
    expect(await answer).toBe('DEVICE_REVOKED');
  });

  it('are not verified once their calls are over, and hold up nobody', async () => {
    const { wait, curve, turnAll } = busyGate();
    const all = [wait(tokens.forged, forger, '', { isOver: true }), wait(tokens.good)];
    await turnAll();
    expect(await Promise.all(all)).toEqual(['RATE_LIMITED', 'admitted']);
    expect(curve.calls.verify).toBe(1);
  });
});

describe('a full queue', () => {
  it('refuses with RATE_LIMITED and a time, and says so in the event', async () => {
    const { decide, wait, events, gate } = busyGate({ verificationQueue: { maxWaiting: 2 } });
    const [one, two, three] = numbered(3);
    void wait(one!, forger);
    void wait(two!, forger);
    const refused = await decide(three!, forger);
    if (refused.admitted) throw new Error('admitted');
    expect(refusalDetails(refused.status.details)).toMatchObject({ reason: 'RATE_LIMITED', retryAfterMs: 1_000 });
    expect(events).toMatchObject([
      { decision: 'refused', reason: 'RATE_LIMITED', limit: 'verificationQueue', cached: false },
    ]);
    expect(gate.waitingTokens).toBe(2);
  });

  it('cannot be filled by one address: its newest token leaves for that of another', async () => {
    const { wait, turnAll, gate } = busyGate({ verificationQueue: { maxWaiting: 3 } });
    const flood = numbered(3).map((token) => wait(token, forger));
    const honest = wait(bearerToken({ wallet: testWallets.carol }), neighbour);
    expect(gate.waitingTokens).toBe(3);
    expect(await flood[2]).toBe('RATE_LIMITED');
    await turnAll();
    expect(await Promise.all([...flood.slice(0, 2), honest])).toEqual(['admitted', 'admitted', 'admitted']);
  });
});

describe('failedTokenLimit and tokens that wait', () => {
  const forged = (count: number) =>
    Array.from({ length: count }, (_, i) =>
      bearerToken({
        refusedFor: 'INVALID_AUTH_DATA_SIGNATURE',
        now: () => new Date(settableClock().now().getTime() - i),
      }),
    );

  it.each([
    ['forged ones', {}, forged(6), 'INVALID_AUTH_DATA_SIGNATURE'],
    ['good ones, where they count', { countUncached: true }, numbered(6), 'admitted'],
  ] as const)('lets no more %s reach the curve than without a queue', async (_, option, sent, first) => {
    const { wait, curve, turnAll } = busyGate({ failedTokenLimit: { failures: 2, ...option } });
    const answers = sent.map((token) => wait(token, forger));
    await turnAll();
    expect(await Promise.all(answers)).toEqual([first, first, ...Array(4).fill('RATE_LIMITED')]);
    expect(curve.calls.verify).toBe(2);
  });

  it('does not count tokens that were refused by a full queue, or found in the cache after a wait', async () => {
    const limit = { failures: 2, countUncached: true };
    const { wait, decide, turnAll } = busyGate({ failedTokenLimit: limit, verificationQueue: { maxWaiting: 2 } });
    const [one, two] = numbered(2);
    const all = [wait(one!, forger), wait(one!, forger), wait(two!, forger)];
    await turnAll();
    expect(await Promise.all(all)).toEqual(['admitted', 'admitted', 'RATE_LIMITED']);
    expect(await decide(two!, forger)).toMatchObject({ admitted: true });
  });
});

describe('verificationMs', () => {
  it('holds the time of the checks before and after the wait, and not the wait', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const { wait, turnAll, events } = busyGate();
    const answer = wait(tokens.good);
    now.mockReturnValue(10_000);
    await turnAll();
    await answer;
    now.mockRestore();
    expect(events).toMatchObject([{ decision: 'admitted', cached: false, verificationMs: 0 }]);
  });
});
