import { inspect } from 'node:util';

import {
  Metadata,
  ServerInterceptingCall,
  ServerListenerBuilder,
  type ServerInterceptor,
  type ServiceError,
} from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { fastestCurve } from '../../../src/curves/fastest-curve.js';
import { AuthError } from '../../../src/errors.js';
import type { CallInfo } from '../../../src/gate/call/call.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import { authDetailsOf, authReasonOf } from '../../../src/grpc/status.js';
import type { WalletIdentity } from '../../../src/identity.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { authorization, callKinds, definition, kinds, methodOf } from '../../support/demo-server.js';
import { hostileValues } from '../../support/hostile-values.js';
import { startNode } from '../../support/start-node.js';
import { bearerToken, now, tokens } from '../../support/tokens.js';
import { withResolvers } from '../../support/with-resolvers.js';

const { alice, bob } = testWallets;
const good = authorization(tokens.good);

describe('the answer to a refused caller', () => {
  it('has the status, the fixed message and the details of PROTOCOL.md section 5', async () => {
    const { client } = await startNode();
    const { error } = await callKinds.unary(client(), authorization(tokens.expired));
    expect(error).toMatchObject({ code: 16, details: 'token expired' });
    expect(authDetailsOf(error)).toEqual({
      reason: 'TOKEN_EXPIRED',
      info: { server_time_ms: String(now().getTime()), max_age_ms: '3600000' },
      retryAfterMs: undefined,
    });
  });

  it('carries nothing of the token and no cause', async () => {
    const { client } = await startNode();
    const { error } = await callKinds.unary(client(), authorization(tokens.wrongWallet));
    const said = error!.message + inspect(error!.metadata.getMap()) + error!.metadata.get('grpc-status-details-bin');
    for (const secret of [tokens.wrongWallet.slice(7, 47), alice.address.slice(2), bob.address.slice(2)]) {
      expect(said.toLowerCase()).not.toContain(secret.toLowerCase());
    }
  });
});

describe('authorize', () => {
  it.each(kinds)('decides about a %s after authentication', async (kind) => {
    const seen: [string | undefined, string][] = [];
    const { client, handlersRun } = await startNode({
      authorize(identity, call) {
        seen.push([identity?.wallet, call.method]);
        return false;
      },
    });
    const { error } = await callKinds[kind](client(), good);
    expect(error).toMatchObject({ code: 7, details: 'access denied' });
    expect(authReasonOf(error)).toBe('ACCESS_DENIED');
    expect(seen).toEqual([[alice.address, methodOf[kind]]]);
    expect(handlersRun()).toBe(0);
  });

  it('is not asked about a caller who is refused already', async () => {
    let asked = 0;
    const { client } = await startNode({ authorize: () => (asked++, true) });
    await callKinds.unary(client());
    await callKinds.unary(client(), authorization('Bearer AAAA'));
    expect(asked).toBe(0);
  });

  it('sees an anonymous caller on an optional method and nobody on a public one', async () => {
    const seen: unknown[] = [];
    const { client } = await startNode({
      rules: { [methodOf.unary]: 'optional', '*': 'public' },
      authorize: (identity) => (seen.push(identity), true),
    });
    expect((await callKinds.unary(client())).wallets).toEqual(['nobody']);
    expect((await callKinds['server stream'](client())).wallets).toEqual(['nobody', 'nobody']);
    expect(seen).toEqual([undefined]);
  });

  it('knows the address and the metadata of the call, and prints neither', async () => {
    let facts: CallInfo<Metadata> | undefined;
    let address: string | undefined;
    const { client } = await startNode({ authorize: (_, call) => ((facts = call), (address = call.address), true) });
    const metadata = good.clone();
    metadata.set('tenant', 'blue');
    await callKinds.unary(client(), metadata);
    expect(address).toBe('127.0.0.1');
    expect(facts?.metadata.get('tenant')).toEqual(['blue']);
    expect(inspect(facts, { depth: 9, showHidden: true })).not.toContain('Bearer');
    expect(JSON.stringify(facts)).toBe(JSON.stringify({ method: methodOf.unary }));
  });

  it.each<[string, WalletAuthOptions['authorize'], Partial<ServiceError>]>([
    ['false', () => false, { code: 7, details: 'access denied' }],
    ['a promise of false', async () => false, { code: 7, details: 'access denied' }],
    [
      'an AuthError',
      () => new AuthError('ACCESS_DENIED', { message: 'owners only' }),
      { code: 7, details: 'owners only' },
    ],
    [
      'a promise of an AuthError',
      async () => new AuthError('RATE_LIMITED'),
      { code: 8, details: 'rate limit exceeded' },
    ],
    ['nothing', (() => undefined) as never, { code: 13, details: 'authentication failed' }],
  ])('that answers %s refuses', async (_, authorize, expected) => {
    const { client, handlersRun } = await startNode({ authorize });
    expect((await callKinds.unary(client(), good)).error).toMatchObject(expected);
    expect(handlersRun()).toBe(0);
  });

  it.each(hostileValues.filter(([, value]) => value !== true && value !== false))(
    'that answers %s ends the call with INTERNAL, at once or later',
    async (_, value) => {
      for (const authorize of [() => value, async () => [value], async () => Promise.reject(value)]) {
        const { client, handlersRun, close } = await startNode({ authorize: authorize as never });
        const { error } = await callKinds.unary(client(), good);
        expect(error).toMatchObject({ code: 13, details: 'authentication failed' });
        expect(authReasonOf(error)).toBe('INTERNAL');
        expect(handlersRun()).toBe(0);
        close();
      }
    },
  );

  it('that throws ends the call with INTERNAL and tells only the operator why', async () => {
    const { client, events } = await startNode({
      authorize: () => {
        throw new Error('password of the database');
      },
    });
    const { error } = await callKinds.unary(client(), good);
    expect(error!.message + inspect(error!.metadata)).not.toContain('password');
    expect(events.map(({ error: refused }) => refused?.cause)).toEqual([new Error('password of the database')]);
  });

  it('that throws an AuthError refuses with its reason', async () => {
    const { client } = await startNode({
      authorize: () => {
        throw new AuthError('AUTH_UNAVAILABLE');
      },
    });
    expect((await callKinds.unary(client(), good)).error).toMatchObject({ code: 14 });
  });

  it('with a message that no header can carry still ends the call', async () => {
    const message = `${'x'.repeat(1023)}\ud83d\ude00\ud800 \n\0`;
    const { client } = await startNode({
      authorize: () => new AuthError('ACCESS_DENIED', { message, info: { '\ud800': '\ud800' } }),
    });
    const { error } = await callKinds.unary(client(), good);
    expect(error?.code).toBe(7);
    expect(error?.details).toBe(`${'x'.repeat(1023)}\ufffd`);
  });

  it('with info of the wrong type ends the call with INTERNAL', async () => {
    const { client } = await startNode({
      authorize: () => new AuthError('ACCESS_DENIED', { info: { n: 1 as never } }),
    });
    expect((await callKinds.unary(client(), good)).error?.code).toBe(13);
  });

  it.each(kinds)('that never answers a %s ends it with AUTH_UNAVAILABLE when its time is up', async (kind) => {
    const { client, handlersRun } = await startNode({
      authorize: () => new Promise(() => undefined),
      authorizeTimeoutMs: 5,
    });
    const { error } = await callKinds[kind](client(), good);
    expect(error).toMatchObject({ code: 14, details: 'authentication is temporarily unavailable' });
    expect(authReasonOf(error)).toBe('AUTH_UNAVAILABLE');
    expect(handlersRun()).toBe(0);
  });

  it('that answers after the caller has gone starts no handler', async () => {
    const asked = withResolvers<() => void>();
    const { client, handlersRun } = await startNode({
      authorize: (_, call) =>
        call.method === methodOf.unary || new Promise((resolve) => asked.resolve(() => resolve(true))),
    });
    const shared = client();
    const gone = withResolvers<unknown>();
    const call = shared.countUp({ limit: 1 }, good).on('error', gone.resolve);
    const allow = await asked.promise;
    call.cancel();
    await gone.promise;
    await callKinds.unary(shared, good); // on the same connection: the server has seen the reset before it
    allow();
    await callKinds.unary(shared, good);
    expect(handlersRun()).toBe(2);
  });
});

describe('onDecision', () => {
  it('is told every decision in bounded words', async () => {
    const { client, events } = await startNode({ rules: { [methodOf['server stream']]: 'public' } });
    await callKinds.unary(client(), good);
    await callKinds.unary(client());
    await callKinds['server stream'](client());
    const both = { curve: expect.stringMatching(/^(native|wasm|noble)$/), limit: undefined };
    const unary = { ...both, method: methodOf.unary, rule: 'required', source: 'default' };
    const stream = { ...both, method: methodOf['server stream'], rule: 'public', source: 'code' };
    const verificationMs = expect.any(Number);
    expect(events.map(({ error, ...labels }) => [labels, error?.reason])).toEqual([
      [{ ...unary, decision: 'admitted', reason: undefined, cached: false, verificationMs }, undefined],
      [
        { ...unary, decision: 'refused', reason: 'MISSING_CREDENTIALS', cached: undefined, verificationMs },
        'MISSING_CREDENTIALS',
      ],
      [{ ...stream, decision: 'admitted', reason: undefined, cached: undefined, verificationMs: undefined }, undefined],
    ]);
  });

  it.each<[string, WalletAuthOptions['onDecision']]>([
    [
      'throws',
      () => {
        throw new Error('listener');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('listener');
      },
    ],
    ['never ends', () => new Promise(() => undefined)],
    [
      'answers a thenable that throws',
      () => ({
        get then() {
          throw new Error('then');
        },
      }),
    ],
    ['tries to change the decision', (event) => Object.assign(event, { decision: 'admitted' })],
  ])('that %s changes nothing', async (_, onDecision) => {
    const { client } = await startNode({ onDecision });
    expect((await callKinds.unary(client(), good)).wallets).toEqual([alice.address]);
    expect(authReasonOf((await callKinds.unary(client())).error)).toBe('MISSING_CREDENTIALS');
  });
});

describe('the identity', () => {
  it.each(kinds)('reaches the handler of a %s through an interceptor that clones the metadata', async (kind) => {
    const cloning: ServerInterceptor = (_, call) =>
      new ServerInterceptingCall(call, {
        start: (next) => {
          const listener = new ServerListenerBuilder().withOnReceiveMetadata((metadata, pass) =>
            pass(metadata.clone()),
          );
          next(listener.build());
        },
      });
    const { client } = await startNode({ after: [cloning] });
    expect(new Set((await callKinds[kind](client(), good)).wallets)).toEqual(new Set([alice.address]));
  });

  it("is each caller's own among many calls at once", async () => {
    const { client } = await startNode();
    const shared = client();
    const wallets = Object.values(testWallets);
    const calls = Array.from({ length: 60 }, (_, i) => {
      const wallet = wallets[i % 3]!;
      const metadata = authorization(bearerToken({ wallet }));
      return callKinds[kinds[i % 4]!](shared, metadata).then(({ wallets: got }) => [wallet.address, ...new Set(got)]);
    });
    for (const [expected, ...got] of await Promise.all(calls)) expect(got).toEqual([expected]);
  });

  it('leaves no trace in metadata that a handler sends to many callers', async () => {
    const shared = new Metadata();
    shared.set('region', 'north');
    const sending: ServerInterceptor = (_, call) =>
      new ServerInterceptingCall(call, { sendMetadata: (_own, next) => next(shared) });
    const { client } = await startNode({ rules: { '*': 'optional' }, after: [sending] });
    const first = await callKinds.unary(client(), good);
    const second = await callKinds.unary(client());
    expect(first.metadata?.getMap()).toMatchObject({
      region: 'north',
      'wallet-token-expires-at-ms': expect.any(String),
    });
    expect(second.metadata?.get('wallet-token-expires-at-ms')).toEqual([]);
  });

  it('has the end of its token in all headers that a handler or an interceptor sends by itself', async () => {
    const { client } = await startNode({ after: [(_, call) => new ServerInterceptingCall(call)] });
    for (let i = 0; i < 3; i++)
      expect((await callKinds.unary(client(), good)).metadata?.get('wallet-token-expires-at-ms')).toHaveLength(1);
  });

  it('cannot be sent by a client', async () => {
    const { client } = await startNode({ rules: { '*': 'optional' } });
    const metadata = new Metadata();
    for (const key of ['identity', 'wallet', 'auth-context', 'wallet-identity', 'x-wallet'])
      metadata.set(key, alice.address);
    expect((await callKinds.unary(client(), metadata)).wallets).toEqual(['nobody']);
  });
});

describe('rules', () => {
  it('are closed where none matches and follow the most specific pattern', async () => {
    const { client } = await startNode({
      rules: { '*': 'public', 'walletauth.demo.v1.DemoService/*': 'optional', [methodOf.unary]: 'required' },
    });
    expect(authReasonOf((await callKinds.unary(client())).error)).toBe('MISSING_CREDENTIALS');
    expect((await callKinds['server stream'](client(), good)).wallets[0]).toBe(alice.address);
  });

  it('are compared with the services at start-up, whichever form those have', () => {
    const auth = walletAuth({ rules: { 'walletauth.demo.v1.DemoService/*': 'optional', [methodOf.unary]: 'public' } });
    for (const services of [[definition], [DemoService]]) {
      expect(auth.checkRules(services).rules).toEqual([
        {
          pattern: 'walletauth.demo.v1.DemoService/*',
          source: 'code',
          auth: 'optional',
          methods: [methodOf['bidi stream'], methodOf['client stream'], methodOf['server stream']],
          overridden: [methodOf.unary],
        },
        { pattern: methodOf.unary, source: 'code', auth: 'public', methods: [methodOf.unary], overridden: [] },
      ]);
    }
    const misspelt = walletAuth({ rules: { 'walletauth.demo.v1.DemoService/WhoIAm': 'public' } });
    expect(() => misspelt.checkRules([definition])).toThrow(
      new TypeError('rules: "walletauth.demo.v1.DemoService/WhoIAm" names no method of the given services'),
    );
  });
});

describe('a broken clock', () => {
  it.each<[string, () => Date]>([
    [
      'throws',
      () => {
        throw new Error('clock');
      },
    ],
    ['shows no time', () => new Date(NaN)],
    ['is none', () => undefined as never],
  ])('that %s refuses the call and keeps the process', async (_, broken) => {
    const { client, handlersRun } = await startNode({ now: broken });
    expect(authReasonOf((await callKinds.unary(client(), good)).error)).toBe('INTERNAL');
    expect(handlersRun()).toBe(0);
  });
});

describe('what a hook sees of an identity', () => {
  it('is frozen', async () => {
    let seen: WalletIdentity | undefined;
    const { client } = await startNode({ authorize: (identity) => ((seen = identity), true) });
    await callKinds.unary(client(), good);
    expect(Object.isFrozen(seen)).toBe(true);
    expect(seen?.deviceId).toBe(mintIdentity().deviceId);
  });
});

describe('walletAuth', () => {
  it('takes the fastest curve unless told', () => {
    expect(walletAuth().curve).toBe(fastestCurve()?.name ?? 'noble');
    expect(walletAuth({ now }).curve).toBe(walletAuth().curve);
  });

  it('refuses options that are none', () => {
    expect(() => walletAuth(null as never)).toThrow(new TypeError('options must be an object'));
  });
});
