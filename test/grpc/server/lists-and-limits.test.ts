import type { Metadata } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';

import type { DecisionEvent } from '../../../src/gate/decision.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import { authDetailsOf, authReasonOf } from '../../../src/grpc/status.js';
import { redisLimits } from '../../../src/redis/redis-limits.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import {
  authorization,
  callKinds,
  kinds,
  methodOf,
  startDemoServer,
  type DemoServer,
} from '../../support/demo-server.js';
import { redisClients, redisIsMissing, redisNote, redisServer } from '../../support/redis-server.js';

const clock = settableClock();
const alice = testWallets.alice.address;
const bob = testWallets.bob.address;
const { deviceId } = mintIdentity();
const token = (wallet?: (typeof testWallets)['alice']) =>
  authorization(`Bearer ${mintToken({ now: clock.now, ...(wallet && { wallet }) })}`);

let demo: DemoServer;
afterEach(() => demo.close());

/** A node, and a way to call it that gives the reason of the refusal. */
async function node(options: WalletAuthOptions) {
  const events: DecisionEvent[] = [];
  const onDecision = (event: DecisionEvent) => events.push(event);
  demo = await startDemoServer(walletAuth({ now: clock.now, onDecision, ...options }));
  const client = demo.client();
  const call = async (kind: (typeof kinds)[number], metadata?: Metadata) =>
    authReasonOf((await callKinds[kind](client, metadata)).error);
  return { call, client, events };
}

describe.each(kinds)('%s', (kind) => {
  it.each([
    ['wallet', alice],
    ['device', deviceId],
    ['address', '127.0.0.1'],
    ['range', '127.0.0.0/8'],
  ])('a denied %s is turned away and its handler does not run', async (_, entry) => {
    const { call } = await node({ access: { deny: [entry] } });
    expect(await call(kind, token())).toBe('ACCESS_DENIED');
    expect([demo.handlersRun(), demo.messagesParsed()]).toEqual([0, 0]);
  });

  it('only those in the list come in', async () => {
    const { call } = await node({ access: { allow: [alice] } });
    expect(await call(kind, token())).toBeUndefined();
    expect(await call(kind, token(testWallets.bob))).toBe('ACCESS_DENIED');
    expect(demo.handlersRun()).toBe(1);
  });

  it('a caller who called too often waits, others do not', async () => {
    const limits = { classes: { default: { points: 2, windowMs: 10_000 } } };
    const { call } = await node({ limits });
    for (let i = 0; i < 2; i++) expect(await call(kind, token())).toBeUndefined();
    const { error } = await callKinds[kind](demo.client(), token());
    expect(error).toMatchObject({ code: 8, details: 'rate limit exceeded' });
    expect(authDetailsOf(error)).toMatchObject({
      reason: 'RATE_LIMITED',
      retryAfterMs: 5_000,
      info: { retry_after_ms: '5000' },
    });
    expect(demo.handlersRun()).toBe(2);
    expect(await call(kind, token(testWallets.bob))).toBeUndefined();
    clock.advance(5_000);
    expect(await call(kind, token())).toBeUndefined();
    clock.set(Date.UTC(2025, 0));
  });
});

describe('the door', () => {
  const limits = { classes: { default: { points: 2, windowMs: 60_000 } } };

  it('turns a denied address away before it looks at the token', async () => {
    const { call, events } = await node({ access: { deny: ['127.0.0.1'] } });
    expect(await call('unary', authorization('Bearer junk'))).toBe('ACCESS_DENIED');
    expect(events.map(({ reason }) => reason)).toEqual(['ACCESS_DENIED']);
  });

  it('believes what a trusted proxy says about the address', async () => {
    const { call } = await node({ access: { deny: ['203.0.113.0/24', '2001:db8::7'] }, trustedProxies: ['127.0.0.1'] });
    const from = (address: string) => {
      const metadata = token();
      metadata.set('x-forwarded-for', address);
      return metadata;
    };
    expect(await call('unary', from('203.0.113.7'))).toBe('ACCESS_DENIED');
    expect(await call('unary', from('2001:db8:0::7'))).toBe('ACCESS_DENIED');
    expect(await call('unary', from('2001:db8::8'))).toBeUndefined();
  });

  it('judges those without identity, and all on public methods, by address', async () => {
    const rules = { [methodOf.unary]: 'public', '*': 'optional' } as const;
    const denying = await node({ rules, access: { deny: [alice] } });
    expect(await denying.call('unary', token())).toBeUndefined();
    expect(await denying.call('bidi stream', token())).toBe('ACCESS_DENIED');
    expect(await denying.call('bidi stream')).toBeUndefined();
    demo.close();
    const allowing = await node({ rules, access: { allow: [alice] } });
    expect(await allowing.call('unary', token())).toBe('ACCESS_DENIED');
    expect(await allowing.call('bidi stream', token())).toBeUndefined();
    expect(await allowing.call('bidi stream')).toBe('ACCESS_DENIED');
    demo.close();
    const local = await node({ rules, access: { allow: ['127.0.0.1'] } });
    expect(await local.call('unary')).toBeUndefined();
  });

  it('asks the lists before authorize, and authorize before the limits', async () => {
    let asked = 0;
    const authorize = () => (asked++, false);
    const { call } = await node({ access: { deny: [bob] }, limits, authorize });
    expect(await call('unary', token(testWallets.bob))).toBe('ACCESS_DENIED');
    expect(asked).toBe(0);
    for (let i = 0; i < 4; i++) expect(await call('unary', token())).toBe('ACCESS_DENIED');
    expect(asked).toBe(4);
  });

  it('gives priority callers more', async () => {
    const { call } = await node({ access: { priority: [alice] }, limits: { ...limits, priorityFactor: 2 } });
    const four = async (metadata: Metadata) => {
      const reasons = [];
      for (let i = 0; i < 5; i++) reasons.push(await call('unary', metadata));
      return reasons.filter((reason) => reason === undefined).length;
    };
    expect([await four(token()), await four(token(testWallets.bob))]).toEqual([4, 2]);
  });

  it('limits all calls of an address before authentication, if asked', async () => {
    const { call } = await node({ limits: { ...limits, beforeAuthentication: { points: 3, windowMs: 60_000 } } });
    const reasons = [];
    for (let i = 0; i < 5; i++) reasons.push(await call('unary', authorization('Bearer junk')));
    expect(reasons).toEqual(['MALFORMED_TOKEN', 'MALFORMED_TOKEN', 'MALFORMED_TOKEN', 'RATE_LIMITED', 'RATE_LIMITED']);
  });

  it('counts those without identity by address, in a limit of their own if there is one', async () => {
    const classes = { ...limits.classes, guests: { points: 1, windowMs: 60_000 } };
    const { call } = await node({ rules: { '*': 'optional' }, limits: { classes, anonymous: 'guests' } });
    expect([await call('unary'), await call('unary')]).toEqual([undefined, 'RATE_LIMITED']);
    expect([await call('unary', token()), await call('unary', token())]).toEqual([undefined, undefined]);
  });

  it('takes the limit and the cost from the rules', async () => {
    const classes = { ...limits.classes, notes: { points: 10, windowMs: 60_000 } };
    const rules = { [methodOf.unary]: { limit: 'notes', cost: 4 }, [methodOf['server stream']]: { cost: 0 } };
    const { call } = await node({ rules, limits: { classes } });
    const reasons = [];
    for (let i = 0; i < 3; i++) reasons.push(await call('unary', token()));
    expect(reasons).toEqual([undefined, undefined, 'RATE_LIMITED']);
    for (let i = 0; i < 3; i++) expect(await call('server stream', token())).toBeUndefined();
  });

  it('ends a stream whose messages cost too much', async () => {
    const rules = { [methodOf['bidi stream']]: { chargeMessages: true } };
    const { client } = await node({ rules, limits });
    const stream = client.chat(token());
    const heard: string[] = [];
    stream.on('data', ({ text }: { text: string }) => heard.push(text));
    for (const text of ['a', 'b', 'c', 'd']) stream.write({ text });
    const error: unknown = await new Promise((resolve) => stream.on('error', resolve));
    expect(authReasonOf(error as Error)).toBe('RATE_LIMITED');
    expect(heard).toEqual(['a', 'b']);
  });

  it('is closed when a function names a limit that there is not', async () => {
    const rules = { '*': { limit: () => 'nope' } };
    const { call } = await node({ rules, limits: { classes: { default: { points: 4, windowMs: 60_000 } } } });
    for (const kind of kinds) expect(await call(kind, token())).toBe('INTERNAL');
  });

  it.each<[string, WalletAuthOptions]>([
    ['rules["*"].limit: "nope" is not in limits.classes', { rules: { '*': { limit: 'nope' } }, limits }],
    ['rules["*"].limit: "publish" is not in limits.classes', { rules: { '*': { limit: 'publish' } } }],
    ['access.deny: "10.0.0.0/33" is no wallet address', { access: { deny: ['10.0.0.0/33'] } }],
    [`access.allow: "${bob}" is in access.deny too`, { access: { deny: [bob], allow: [bob] } }],
    [
      'limits.classes.default.points must be an integer',
      { limits: { classes: { default: { points: 1.5, windowMs: 1_000 } } } },
    ],
  ])('is not made: %s', async (message, options) => {
    demo = await startDemoServer();
    expect(() => walletAuth(options)).toThrow(TypeError);
    expect(() => walletAuth(options)).toThrow(message);
  });
});

describe.skipIf(redisIsMissing)(`two nodes with one Redis${redisNote}`, () => {
  const redis = redisServer();

  it.each(kinds)('%s: share the limits of their callers', async (kind) => {
    const connected = await redisClients.redis(redis);
    await connected.command('FLUSHALL');
    const limits = {
      classes: { default: { points: 3, windowMs: 60_000 } },
      store: redisLimits(connected.client, { onError: () => undefined, pauseMs: 0 }),
    };
    const first = await node({ limits });
    const firstDemo = demo;
    const second = await node({ limits });
    try {
      const reasons = [];
      for (const { call } of [first, second, first, second, first]) reasons.push(await call(kind, token()));
      expect(reasons).toEqual([undefined, undefined, undefined, 'RATE_LIMITED', 'RATE_LIMITED']);
      expect(firstDemo.handlersRun() + demo.handlersRun()).toBe(3);
      await redis.kill();
      expect(await first.call(kind, token())).toBeUndefined();
    } finally {
      firstDemo.close();
      connected.close();
      await redis.start();
    }
  });
});
