import { afterEach, describe, expect, it, vi } from 'vitest';

import type { IncomingCall } from '../../src/gate/call/call.js';
import { createGate } from '../../src/gate/create-gate.js';
import type { DecisionEvent } from '../../src/gate/decision.js';
import type { GateOptions } from '../../src/gate/options.js';
import { mintToken, type MintTokenOptions } from '../../src/testing/mint-token.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { compileProto, serviceOf } from '../support/compile-proto.js';
import { countingCurve } from '../support/counting-curve.js';

const registry = compileProto(`
  message Order { uint32 size = 1; }
  service Shop {
    option (walletauth.v1.service).auth = AUTH_OPTIONAL;
    rpc Look(Order) returns (Order) { option (walletauth.v1.method).auth = AUTH_PUBLIC; }
    rpc Ask(Order) returns (Order);
    rpc Buy(Order) returns (Order);
  }`);

const clock = settableClock();
const token = (options: MintTokenOptions = {}) => `Bearer ${mintToken({ now: clock.now, ...options })}`;
const windowMs = 60_000;

/** A door and what it says about calls. */
function door(options: GateOptions = {}) {
  const events: DecisionEvent[] = [];
  const gate = createGate({ now: clock.now, onDecision: (event) => events.push(event), ...options });
  const call = (method: string): IncomingCall => ({
    method,
    peer: '203.0.113.1:1',
    metadata: undefined,
    header: () => [],
  });
  async function decide(authorization?: string, method = '/test.v1.Shop/Buy') {
    const decision = await gate.decide(call(method), authorization);
    return { event: events.at(-1), decision };
  }
  return { gate, events, decide };
}

describe('source', () => {
  it('is where the rule of the method is written', async () => {
    const { decide } = door({ services: [serviceOf(registry, 'Shop')], rules: { '/test.v1.Shop/Buy': 'required' } });
    const sourceOf = async (method: string) => (await decide(undefined, method)).event?.source;
    expect(await sourceOf('/test.v1.Shop/Buy')).toBe('code');
    expect(await sourceOf('/test.v1.Shop/Look')).toBe('method option');
    expect(await sourceOf('/test.v1.Shop/Ask')).toBe('service option');
    expect(await sourceOf('/grpc.health.v1.Health/Check')).toBe('default');
  });
});

describe('limit', () => {
  const classes = {
    default: { points: 2, windowMs },
    rare: { points: 1, windowMs },
    strangers: { points: 9, windowMs },
  };

  it('is the one in which the call was counted, admitted or not', async () => {
    const { decide } = door({ limits: { classes }, rules: { '/test.v1.Shop/Ask': { limit: 'rare' } } });
    expect((await decide(token())).event).toMatchObject({ decision: 'admitted', limit: 'default' });
    expect((await decide(token(), '/test.v1.Shop/Ask')).event).toMatchObject({ decision: 'admitted', limit: 'rare' });
    expect((await decide(token(), '/test.v1.Shop/Ask')).event).toMatchObject({ reason: 'RATE_LIMITED', limit: 'rare' });
  });

  it('is that of strangers for them', async () => {
    const { decide } = door({ limits: { classes, anonymous: 'strangers' }, rules: { '*': 'optional' } });
    expect((await decide()).event?.limit).toBe('strangers');
    expect((await decide(token())).event?.limit).toBe('default');
  });

  it('is told by the message where the message decides', async () => {
    const limit = ({ size }: { size: number }) => (size > 1 ? 'rare' : 'nowhere');
    const { decide, events } = door({ limits: { classes }, rules: { '*': { limit, chargeMessages: true } } });
    const { event, decision } = await decide(token());
    expect(event).toMatchObject({ decision: 'admitted', limit: 'default' }); // of which it has paid a point
    if (!decision.admitted) throw new Error('not admitted');
    await decision.checkMessage?.({ size: 2 });
    expect(events).toHaveLength(1);
    await decision.checkMessage?.({ size: 2 });
    expect(events.at(-1)).toMatchObject({ decision: 'ended', reason: 'RATE_LIMITED', limit: 'rare' });
  });

  it('is never a name that nobody has defined', async () => {
    const { decide, events } = door({ limits: { classes }, rules: { '*': { limit: () => 'of-a-caller' } } });
    const { decision } = await decide(token());
    if (!decision.admitted) throw new Error('not admitted');
    await decision.checkMessage?.({});
    expect(events.at(-1)).toMatchObject({ decision: 'ended', reason: 'INTERNAL', limit: 'default' });
  });

  it('is beforeAuthentication only where that refuses', async () => {
    const { decide } = door({ limits: { classes, beforeAuthentication: { points: 1, windowMs } } });
    expect((await decide(token())).event?.limit).toBe('default');
    expect((await decide(token())).event).toMatchObject({
      reason: 'RATE_LIMITED',
      limit: 'beforeAuthentication',
      cached: undefined,
      verificationMs: undefined,
    });
  });

  it('is none without limits, and where the failure allowance is spent', async () => {
    const { decide } = door({ failedTokenLimit: { failures: 1 } });
    expect((await decide(token())).event?.limit).toBeUndefined();
    await decide(token({ refusedFor: 'WALLET_MISMATCH' }));
    expect((await decide(token({ refusedFor: 'WALLET_MISMATCH' }))).event).toMatchObject({
      reason: 'RATE_LIMITED',
      limit: undefined,
    });
  });
});

describe('cached', () => {
  it.each([
    ['without', undefined],
    ['with', {}],
  ])('tells whether the token was known, %s an allowance', async (_, failedTokenLimit) => {
    const { decide } = door({ failedTokenLimit });
    const text = token();
    expect((await decide(text)).event?.cached).toBe(false);
    expect((await decide(text)).event?.cached).toBe(true);
    expect((await decide(token({ refusedFor: 'WALLET_MISMATCH' }))).event?.cached).toBe(false);
  });

  it('is open where it did not come to that', async () => {
    const { decide } = door({ rules: { '/test.v1.Shop/Look': 'optional' } });
    expect((await decide('Bearer junk')).event?.cached).toBeUndefined();
    expect((await decide(token({ refusedFor: 'TOKEN_EXPIRED' }))).event?.cached).toBeUndefined();
    expect((await decide(undefined, '/test.v1.Shop/Look')).event?.cached).toBeUndefined();
  });

  it('is open for a known token that is too old by now', async () => {
    const { decide } = door({ maxAgeMs: 10 });
    const text = token();
    await decide(text);
    clock.advance(11);
    expect((await decide(text)).event).toMatchObject({ reason: 'TOKEN_EXPIRED', cached: undefined });
  });
});

describe('verificationMs', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is the time of the verification, not of what the operator does with it', async () => {
    let time = 100;
    vi.spyOn(performance, 'now').mockImplementation(() => time);
    const curve = countingCurve();
    const slow = { ...curve, verify: (...all: Parameters<typeof curve.verify>) => ((time += 7), curve.verify(...all)) };
    const authorize = () => ((time += 1_000), true);
    const { decide } = door({ curve: slow, authorize });
    const text = token();
    expect((await decide(text)).event?.verificationMs).toBe(7);
    expect((await decide(text)).event?.verificationMs).toBe(0);
    expect((await decide(token({ refusedFor: 'WALLET_MISMATCH' }))).event?.verificationMs).toBe(7);
  });

  it('is not there where no token was looked at, nor where a message ends the call', async () => {
    const authorize = () => true;
    const { decide, events } = door({ rules: { '*': { auth: 'optional', cost: () => Number.NaN } }, authorize });
    expect((await decide()).event?.verificationMs).toBeUndefined();
    const { event, decision } = await decide(token());
    expect(event?.verificationMs).toBeGreaterThanOrEqual(0);
    if (!decision.admitted) throw new Error('not admitted');
    await decision.checkMessage?.({});
    expect(events.at(-1)).toMatchObject({ decision: 'ended', reason: 'INTERNAL', verificationMs: undefined });
  });

  it('costs nothing where nobody listens', async () => {
    const now = vi.spyOn(performance, 'now');
    const { decide } = door({ onDecision: undefined });
    const { decision } = await decide(token());
    expect(decision.admitted).toBe(true);
    expect(now).not.toHaveBeenCalled();
  });
});

it('every event has the curve, and is frozen', async () => {
  const { gate, decide } = door();
  const { event } = await decide();
  expect(event?.curve).toBe(gate.curve);
  expect(Object.isFrozen(event)).toBe(true);
});

it('a door tells how many tokens it caches', async () => {
  const { gate, decide } = door({ maxCachedTokens: 1 });
  expect(gate.cachedTokens).toBe(0);
  await decide(token());
  expect(gate.cachedTokens).toBe(1);
  await decide(token());
  expect(gate.cachedTokens).toBe(1);
});
