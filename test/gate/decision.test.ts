import { afterEach, describe, expect, it, vi } from 'vitest';

import { compileProto, serviceOf } from '../support/compile-proto.js';
import { countingCurve } from '../support/counting-curve.js';
import { testGate } from '../support/test-gate.js';
import { tokens } from '../support/tokens.js';

const registry = compileProto(`
  message Order { uint32 size = 1; }
  service Shop {
    option (walletauth.v1.service).auth = AUTH_OPTIONAL;
    rpc Look(Order) returns (Order) { option (walletauth.v1.method).auth = AUTH_PUBLIC; }
    rpc Ask(Order) returns (Order);
    rpc Buy(Order) returns (Order);
  }`);

const asking = { method: '/test.v1.Shop/Ask' };
const windowMs = 60_000;

describe('source', () => {
  it('is where the rule of the method is written', async () => {
    const { eventOf } = testGate({
      services: [serviceOf(registry, 'Shop')],
      rules: { '/test.v1.Shop/Buy': 'required' },
    });
    const sourceOf = async (method: string) => (await eventOf(undefined, { method })).source;
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
    guests: { points: 9, windowMs },
  };

  it('is the one in which the call was counted, admitted or not', async () => {
    const { eventOf } = testGate({ limits: { classes }, rules: { '/test.v1.Shop/Ask': { limit: 'rare' } } });
    expect(await eventOf(tokens.good)).toMatchObject({ decision: 'admitted', limit: 'default' });
    expect(await eventOf(tokens.good, asking)).toMatchObject({ decision: 'admitted', limit: 'rare' });
    expect(await eventOf(tokens.good, asking)).toMatchObject({ reason: 'RATE_LIMITED', limit: 'rare' });
  });

  it('is that of unauthenticated callers for them', async () => {
    const { eventOf } = testGate({ limits: { classes, anonymous: 'guests' }, rules: { '*': 'optional' } });
    expect((await eventOf()).limit).toBe('guests');
    expect((await eventOf(tokens.good)).limit).toBe('default');
  });

  it('is told by the message where the message decides', async () => {
    const limit = ({ size }: { size: number }) => (size > 1 ? 'rare' : 'nowhere');
    const { events, admit } = testGate({ limits: { classes }, rules: { '*': { limit, chargeMessages: true } } });
    const { checkMessage } = await admit(tokens.good);
    expect(events).toMatchObject([{ decision: 'admitted', limit: 'default' }]); // of which it has paid a point
    await checkMessage?.({ size: 2 });
    expect(events).toHaveLength(1);
    await checkMessage?.({ size: 2 });
    expect(events.at(-1)).toMatchObject({ decision: 'ended', reason: 'RATE_LIMITED', limit: 'rare' });
  });

  it('is never a name that nobody has defined', async () => {
    const { events, admit } = testGate({ limits: { classes }, rules: { '*': { limit: () => 'of-a-caller' } } });
    const { checkMessage } = await admit(tokens.good);
    await checkMessage?.({});
    expect(events.at(-1)).toMatchObject({ decision: 'ended', reason: 'INTERNAL', limit: 'default' });
  });

  it('is beforeAuthentication only where that refuses', async () => {
    const { eventOf } = testGate({ limits: { classes, beforeAuthentication: { points: 1, windowMs } } });
    expect((await eventOf(tokens.good)).limit).toBe('default');
    expect(await eventOf(tokens.good)).toMatchObject({
      reason: 'RATE_LIMITED',
      limit: 'beforeAuthentication',
      cached: undefined,
      verificationMs: undefined,
    });
  });

  it('is none where the token is refused before the call is counted', async () => {
    const { eventOf } = testGate({ limits: { classes, beforeAuthentication: { points: 9, windowMs } } });
    expect(await eventOf(tokens.expired)).toMatchObject({ reason: 'TOKEN_EXPIRED', limit: undefined });
  });

  it('is none without limits, and where the failed-token limit is spent', async () => {
    const { decide, eventOf } = testGate({ failedTokenLimit: { failures: 1 } });
    expect((await eventOf(tokens.good)).limit).toBeUndefined();
    await decide(tokens.wrongWallet);
    expect(await eventOf(tokens.wrongWallet)).toMatchObject({
      reason: 'RATE_LIMITED',
      limit: undefined,
    });
  });
});

describe('cached', () => {
  it.each([
    ['without', undefined],
    ['with', {}],
  ])('tells whether the token was known, %s a failed-token limit', async (_, failedTokenLimit) => {
    const { eventOf } = testGate({ failedTokenLimit });
    expect((await eventOf(tokens.good)).cached).toBe(false);
    expect((await eventOf(tokens.good)).cached).toBe(true);
    expect((await eventOf(tokens.wrongWallet)).cached).toBe(false);
  });

  it('is open where it did not come to that', async () => {
    const { eventOf } = testGate({ rules: { '/test.v1.Shop/Look': 'optional' } });
    expect((await eventOf('Bearer junk')).cached).toBeUndefined();
    expect((await eventOf(tokens.expired)).cached).toBeUndefined();
    expect((await eventOf(undefined, { method: '/test.v1.Shop/Look' })).cached).toBeUndefined();
  });

  it('is open for a known token that is too old by now', async () => {
    const { clock, decide, eventOf } = testGate({ maxAgeMs: 10 });
    await decide(tokens.good);
    clock.advance(11);
    expect(await eventOf(tokens.good)).toMatchObject({ reason: 'TOKEN_EXPIRED', cached: undefined });
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
    const { eventOf } = testGate({ curve: slow, authorize });
    expect((await eventOf(tokens.good)).verificationMs).toBe(7);
    expect((await eventOf(tokens.good)).verificationMs).toBe(0);
    expect((await eventOf(tokens.wrongWallet)).verificationMs).toBe(7);
  });

  it('is not there where no token was looked at, nor where a message ends the call', async () => {
    const authorize = () => true;
    const { events, eventOf, admit } = testGate({
      rules: { '*': { auth: 'optional', cost: () => Number.NaN } },
      authorize,
    });
    expect((await eventOf()).verificationMs).toBeUndefined();
    const { checkMessage } = await admit(tokens.good);
    expect(events.at(-1)?.verificationMs).toBeGreaterThanOrEqual(0);
    await checkMessage?.({});
    expect(events.at(-1)).toMatchObject({ decision: 'ended', reason: 'INTERNAL', verificationMs: undefined });
  });

  it('costs nothing where nobody listens', async () => {
    const now = vi.spyOn(performance, 'now');
    const { reasonOf } = testGate({ onDecision: undefined });
    expect(reasonOf(tokens.good)).toBe('admitted');
    expect(now).not.toHaveBeenCalled();
  });
});

it('every event has the curve, and is frozen', async () => {
  const { gate, eventOf } = testGate();
  const event = await eventOf();
  expect(event.curve).toBe(gate.curve);
  expect(Object.isFrozen(event)).toBe(true);
});

it('a gate tells how many tokens it caches', async () => {
  const { gate, decide } = testGate({ maxCachedTokens: 1 });
  expect(gate.cachedTokens).toBe(0);
  await decide(tokens.good);
  expect(gate.cachedTokens).toBe(1);
  await decide(tokens.good);
  expect(gate.cachedTokens).toBe(1);
});
