import type { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';

import { walletAuth, type WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import { authDetailsOf, authReasonOf } from '../../../src/grpc/status.js';
import { redisLimits } from '../../../src/redis/redis-limits.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { authorization, callKinds, forwarded, kinds, methodOf } from '../../support/demo-server.js';
import { redisClients, redisIsMissing, redisNote, redisServer } from '../../support/redis-server.js';
import { startNode } from '../../support/start-node.js';
import { tokens } from '../../support/tokens.js';

const alice = testWallets.alice.address;
const bob = testWallets.bob.address;
const { deviceId } = mintIdentity();
const good = authorization(tokens.good);
const bobs = authorization(tokens.bobs);
const junk = authorization('Bearer junk');

describe.each(kinds)('%s', (kind) => {
  it.each([
    ['wallet', alice],
    ['device', deviceId],
    ['address', '127.0.0.1'],
    ['range', '127.0.0.0/8'],
  ])('a denied %s is refused and its handler does not run', async (_, entry) => {
    const { reasonOf, handlersRun, messagesParsed } = await startNode({ access: { deny: [entry] } });
    expect(await reasonOf(kind, good)).toBe('ACCESS_DENIED');
    expect([handlersRun(), messagesParsed()]).toEqual([0, 0]);
  });

  it('only those in the list are admitted', async () => {
    const { reasonOf, handlersRun } = await startNode({ access: { allow: [alice] } });
    expect(await reasonOf(kind, good)).toBeUndefined();
    expect(await reasonOf(kind, bobs)).toBe('ACCESS_DENIED');
    expect(handlersRun()).toBe(1);
  });

  it('a caller who called too often waits, others do not', async () => {
    const limits = { classes: { default: { points: 2, windowMs: 10_000 } } };
    const { reasonOf, client, clock, handlersRun } = await startNode({ limits });
    for (let i = 0; i < 2; i++) expect(await reasonOf(kind, good)).toBeUndefined();
    const { error } = await callKinds[kind](client(), good);
    expect(error).toMatchObject({ code: 8, details: 'rate limit exceeded' });
    expect(authDetailsOf(error)).toMatchObject({
      reason: 'RATE_LIMITED',
      retryAfterMs: 5_000,
      info: { retry_after_ms: '5000' },
    });
    expect(handlersRun()).toBe(2);
    expect(await reasonOf(kind, bobs)).toBeUndefined();
    clock.advance(5_000);
    expect(await reasonOf(kind, good)).toBeUndefined();
  });
});

describe('the gate of a node', () => {
  const limits = { classes: { default: { points: 2, windowMs: 60_000 } } };

  it('denies an address before it looks at the token', async () => {
    const { reasonOf, events } = await startNode({ access: { deny: ['127.0.0.1'] } });
    expect(await reasonOf('unary', junk)).toBe('ACCESS_DENIED');
    expect(events.map(({ reason }) => reason)).toEqual(['ACCESS_DENIED']);
  });

  it('believes what a trusted proxy says about the address', async () => {
    const { reasonOf } = await startNode({
      access: { deny: ['203.0.113.0/24', '2001:db8::7'] },
      trustedProxies: ['127.0.0.1'],
    });
    const from = (address: string) => forwarded(good, address);
    expect(await reasonOf('unary', from('203.0.113.7'))).toBe('ACCESS_DENIED');
    expect(await reasonOf('unary', from('2001:db8:0::7'))).toBe('ACCESS_DENIED');
    expect(await reasonOf('unary', from('2001:db8::8'))).toBeUndefined();
  });

  it('judges those without identity, and all on public methods, by address', async () => {
    const rules = { [methodOf.unary]: 'public', '*': 'optional' } as const;
    const denying = await startNode({ rules, access: { deny: [alice] } });
    expect(await denying.reasonOf('unary', good)).toBeUndefined();
    expect(await denying.reasonOf('bidi stream', good)).toBe('ACCESS_DENIED');
    expect(await denying.reasonOf('bidi stream')).toBeUndefined();
    const allowing = await startNode({ rules, access: { allow: [alice] } });
    expect(await allowing.reasonOf('unary', good)).toBe('ACCESS_DENIED');
    expect(await allowing.reasonOf('bidi stream', good)).toBeUndefined();
    expect(await allowing.reasonOf('bidi stream')).toBe('ACCESS_DENIED');
    const local = await startNode({ rules, access: { allow: ['127.0.0.1'] } });
    expect(await local.reasonOf('unary')).toBeUndefined();
  });

  it('checks the lists before authorize, and authorize before the limits', async () => {
    let asked = 0;
    const authorize = () => (asked++, false);
    const { reasonOf } = await startNode({ access: { deny: [bob] }, limits, authorize });
    expect(await reasonOf('unary', bobs)).toBe('ACCESS_DENIED');
    expect(asked).toBe(0);
    for (let i = 0; i < 4; i++) expect(await reasonOf('unary', good)).toBe('ACCESS_DENIED');
    expect(asked).toBe(4);
  });

  it('gives priority callers more', async () => {
    const { reasonOf } = await startNode({ access: { priority: [alice] }, limits: { ...limits, priorityFactor: 2 } });
    const four = async (metadata: Metadata) => {
      const reasons = [];
      for (let i = 0; i < 5; i++) reasons.push(await reasonOf('unary', metadata));
      return reasons.filter((reason) => reason === undefined).length;
    };
    expect([await four(good), await four(bobs)]).toEqual([4, 2]);
  });

  it('limits all calls of an address before authentication, if asked', async () => {
    const { reasonOf } = await startNode({
      limits: { ...limits, beforeAuthentication: { points: 3, windowMs: 60_000 } },
    });
    const reasons = [];
    for (let i = 0; i < 5; i++) reasons.push(await reasonOf('unary', junk));
    expect(reasons).toEqual(['MALFORMED_TOKEN', 'MALFORMED_TOKEN', 'MALFORMED_TOKEN', 'RATE_LIMITED', 'RATE_LIMITED']);
  });

  it('counts those without identity by address, in a limit of their own if there is one', async () => {
    const classes = { ...limits.classes, guests: { points: 1, windowMs: 60_000 } };
    const { reasonOf } = await startNode({ rules: { '*': 'optional' }, limits: { classes, anonymous: 'guests' } });
    expect([await reasonOf('unary'), await reasonOf('unary')]).toEqual([undefined, 'RATE_LIMITED']);
    expect([await reasonOf('unary', good), await reasonOf('unary', good)]).toEqual([undefined, undefined]);
  });

  it('takes the limit and the cost from the rules', async () => {
    const classes = { ...limits.classes, notes: { points: 10, windowMs: 60_000 } };
    const rules = { [methodOf.unary]: { limit: 'notes', cost: 4 }, [methodOf['server stream']]: { cost: 0 } };
    const { reasonOf } = await startNode({ rules, limits: { classes } });
    const reasons = [];
    for (let i = 0; i < 3; i++) reasons.push(await reasonOf('unary', good));
    expect(reasons).toEqual([undefined, undefined, 'RATE_LIMITED']);
    for (let i = 0; i < 3; i++) expect(await reasonOf('server stream', good)).toBeUndefined();
  });

  it('ends a stream whose messages cost too much', async () => {
    const rules = { [methodOf['bidi stream']]: { chargeMessages: true } };
    const { client } = await startNode({ rules, limits });
    const stream = client().chat(good);
    const heard: string[] = [];
    stream.on('data', ({ text }: { text: string }) => heard.push(text));
    for (const text of ['a', 'b', 'c', 'd']) stream.write({ text });
    const error: unknown = await new Promise((resolve) => stream.on('error', resolve));
    expect(authReasonOf(error as Error)).toBe('RATE_LIMITED');
    expect(heard).toEqual(['a', 'b']);
  });

  it('refuses every call when a function names a limit that there is not', async () => {
    const rules = { '*': { limit: () => 'nope' } };
    const { reasonOf } = await startNode({ rules, limits: { classes: { default: { points: 4, windowMs: 60_000 } } } });
    for (const kind of kinds) expect(await reasonOf(kind, good)).toBe('INTERNAL');
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
    const first = await startNode({ limits });
    const second = await startNode({ limits });
    try {
      const reasons = [];
      for (const { reasonOf } of [first, second, first, second, first]) reasons.push(await reasonOf(kind, good));
      expect(reasons).toEqual([undefined, undefined, undefined, 'RATE_LIMITED', 'RATE_LIMITED']);
      expect(first.handlersRun() + second.handlersRun()).toBe(3);
      await redis.kill();
      expect(await first.reasonOf(kind, good)).toBeUndefined();
    } finally {
      connected.close();
      await redis.start();
    }
  });
});
