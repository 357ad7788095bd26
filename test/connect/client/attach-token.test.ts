import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Code, createClient, type ConnectError, type Interceptor, type Transport } from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from '@connectrpc/connect-node';
import * as web from '@connectrpc/connect-web';
import { describe, expect, it, onTestFinished } from 'vitest';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { createTokenSource } from '../../../src/client/create-token-source.js';
import type { TargetTokenSource, TokenSource } from '../../../src/client/token-source.js';
import { attachToken, type AttachTokenOptions } from '../../../src/connect/client/attach-token.js';
import { fixedToken } from '../../../src/testing/fixed-token.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { callKinds, kindsOver, statusOf, type CallKind } from '../../transports/calls.js';
import { connect } from '../../transports/connect.js';
import { grpcJs } from '../../transports/grpc-js.js';
import type { Protocol, Transport as ServerTransport } from '../../transports/node.js';
import { startNode as startOn, type NodeOptions } from '../../transports/start.js';

const HOUR_MS = 3_600_000;
const alice = testWallets.alice.address;

/** A source that cannot tell nodes apart. */
const { forTarget: _forTarget, ...bare } = fixedToken('x');

/** A way from a client library to a server library. */
interface Way {
  readonly name: string;
  readonly server: ServerTransport;
  readonly protocol: Protocol;
  readonly make: (baseUrl: string, interceptors: Interceptor[]) => Transport;
}

const h2 = (baseUrl: string) => {
  const sessionManager = new Http2SessionManager(baseUrl);
  onTestFinished(() => sessionManager.abort());
  return sessionManager;
};
const grpc: Protocol = { name: 'grpc', httpVersion: '2' };
const connect1: Protocol = { name: 'connect', httpVersion: '1.1' };
const connect2: Protocol = { name: 'connect', httpVersion: '2' };
const grpcWeb: Protocol = { name: 'grpc-web', httpVersion: '1.1' };

const ways: Way[] = [
  {
    name: 'connect-node (Connect, HTTP/1.1) → Connect',
    server: connect,
    protocol: connect1,
    make: (baseUrl, interceptors) => createConnectTransport({ baseUrl, httpVersion: '1.1', interceptors }),
  },
  {
    name: 'connect-node (Connect, HTTP/2) → Connect',
    server: connect,
    protocol: connect2,
    make: (baseUrl, interceptors) =>
      createConnectTransport({ baseUrl, httpVersion: '2', sessionManager: h2(baseUrl), interceptors }),
  },
  {
    name: 'connect-node (gRPC-Web) → Connect',
    server: connect,
    protocol: grpcWeb,
    make: (baseUrl, interceptors) => createGrpcWebTransport({ baseUrl, httpVersion: '1.1', interceptors }),
  },
  {
    name: 'connect-node (gRPC) → Connect',
    server: connect,
    protocol: grpc,
    make: (baseUrl, interceptors) => createGrpcTransport({ baseUrl, sessionManager: h2(baseUrl), interceptors }),
  },
  {
    name: 'connect-node (gRPC) → grpc-js',
    server: grpcJs,
    protocol: grpc,
    make: (baseUrl, interceptors) => createGrpcTransport({ baseUrl, sessionManager: h2(baseUrl), interceptors }),
  },
  {
    name: 'connect-web (Connect) → Connect',
    server: connect,
    protocol: connect1,
    make: (baseUrl, interceptors) => web.createConnectTransport({ baseUrl, interceptors }),
  },
  {
    name: 'connect-web (gRPC-Web) → Connect',
    server: connect,
    protocol: grpcWeb,
    make: (baseUrl, interceptors) => web.createGrpcWebTransport({ baseUrl, interceptors }),
  },
];

/** Kinds that a way can carry: browsers stream no requests. */
const kindsOf = ({ name, protocol }: Way): CallKind[] =>
  kindsOver(protocol).filter((kind) => !name.startsWith('connect-web') || kind === 'unary' || kind === 'server stream');

describe.each(ways)('$name', (way) => {
  async function start(options: NodeOptions = {}, attach: AttachTokenOptions = {}, source?: TargetTokenSource) {
    const node = await startOn(way.server, way.protocol, options);
    const tokens = source ?? createTokenSource(mintIdentity(), { now: node.clock.now });
    const baseUrl = node.running.baseUrl(way.protocol);
    const client = createClient(DemoService, way.make(baseUrl, [attachToken(tokens, attach)]));
    const call = (kind: CallKind) => callKinds[kind](client, {});
    return { ...node, client, call, baseUrl };
  }

  /** A source whose clock goes ahead of that of the node. */
  const ahead = (now: () => Date) =>
    createTokenSource(mintIdentity(), { now: () => new Date(now().getTime() + 5 * HOUR_MS) });

  it.each(kindsOf(way))('%s: sends a token', async (kind) => {
    const { call } = await start();
    const { wallets, reason } = await call(kind);
    expect([reason, new Set(wallets)]).toEqual([undefined, new Set([alice])]);
  });

  it.each(kindsOf(way).filter((kind) => kind === 'unary' || kind === 'server stream'))(
    '%s: is made once more with a new token when the clock is wrong',
    async (kind) => {
      const clock = settableClock();
      const { call, handlersRun, events } = await start({ clock }, {}, ahead(clock.now));
      expect(new Set((await call(kind)).wallets)).toEqual(new Set([alice]));
      expect(events.map(({ reason }) => reason)).toEqual(['TOKEN_FROM_FUTURE', undefined]);
      expect((await call(kind)).reason).toBeUndefined();
      expect([events.length, handlersRun()]).toEqual([3, 2]);
    },
  );

  it.each(kindsOf(way).filter((kind) => kind === 'client stream' || kind === 'bidi stream'))(
    '%s: is not made again once a message of the caller went out, but the source learns',
    async (kind) => {
      const clock = settableClock();
      const { call, handlersRun, events } = await start({ clock }, {}, ahead(clock.now));
      expect((await call(kind)).reason).toBe('TOKEN_FROM_FUTURE');
      expect((await call(kind)).reason).toBeUndefined();
      expect([events.length, handlersRun()]).toEqual([2, 1]);
    },
  );

  it.each(kindsOf(way))('%s: is not repeated where that is off, but the source learns', async (kind) => {
    const clock = settableClock();
    const { call, handlersRun, events } = await start({ clock }, { retry: false }, ahead(clock.now));
    expect((await call(kind)).reason).toBe('TOKEN_FROM_FUTURE');
    expect((await call(kind)).reason).toBeUndefined();
    expect([events.length, handlersRun()]).toEqual([2, 1]);
  });

  it.each(kindsOf(way))('%s: a rate limit is not waited for, unless asked', async (kind) => {
    const limits = { classes: { default: { points: 1, windowMs: 10_000 } } };
    const { call, events } = await start({ limits });
    await call(kind);
    expect(await call(kind)).toMatchObject({ reason: 'RATE_LIMITED', retryAfterMs: 10_000 });
    expect(events.length).toBe(2);
  });

  it('waits for a rate limit where that is set, and no longer than allowed', async () => {
    const limits = { classes: { default: { points: 50, windowMs: 1_000 } } };
    const rules = { '*': { cost: 30 } };
    const clock = settableClock(Date.now());
    const node = await start({ limits, rules, clock, now: undefined }, { retryRateLimited: {} });
    for (let i = 0; i < 2; i++) expect((await node.call('unary')).reason).toBeUndefined();
    expect(node.events.map(({ decision }) => decision)).toEqual(['admitted', 'refused', 'admitted']);
    const slow = await start(
      { limits: { classes: { default: { points: 1, windowMs: 60_000 } } } },
      { retryRateLimited: {} },
    );
    await slow.call('unary');
    expect((await slow.call('unary')).reason).toBe('RATE_LIMITED');
    expect(slow.events.length).toBe(2);
  });

  it('begins no wait that would end after the deadline', async () => {
    const limits = { classes: { default: { points: 1, windowMs: 20_000 } } };
    const { client, events } = await start({ limits }, { retryRateLimited: {} });
    await client.whoAmI({});
    const error = await client.whoAmI({}, { timeoutMs: 10_000 }).catch((thrown: unknown) => thrown);
    expect(statusOf(error)).toMatchObject({ reason: 'RATE_LIMITED' });
    expect(events.length).toBe(2);
  });

  it('a stream that the gate ended is not made again', async () => {
    const { client, own, clock, handlersRun } = await start({ rules: { '*': { stream: 'until-expiry' } } });
    const began = new Promise<void>((resolve) => {
      own.countUp = async function* ({ signal }) {
        resolve();
        await new Promise((done) => signal.addEventListener('abort', done));
        yield { wallet: '', number: 0 };
      };
    });
    const stream = (async () => {
      for await (const _ of client.countUp({ limit: 1 })) continue;
    })().catch((error: unknown) => error);
    await began;
    clock.advance(HOUR_MS + 1);
    expect(statusOf(await stream)).toMatchObject({ reason: 'TOKEN_EXPIRED' });
    expect(handlersRun()).toBe(1);
  });

  it('learns when its token ends there, for the calls to this node alone', async () => {
    const seen: unknown[] = [];
    const view: TargetTokenSource = {
      ...bare,
      get: () => Promise.resolve('bad'),
      noteExpiry: (...args) => void seen.push(args),
    };
    const targets: string[] = [];
    const source: TokenSource = {
      ...view,
      forTarget: (target: string) => (targets.push(target), { ...view, get: () => real.get() }),
    };
    const { clock, client, baseUrl } = await start({}, {}, source);
    const real = createTokenSource(mintIdentity(), { now: clock.now });
    await client.whoAmI({});
    for await (const _ of client.countUp({ limit: 1 })) continue;
    expect(new Set(targets)).toEqual(new Set([baseUrl]));
    const expected = [await real.get(), clock.now().getTime() + HOUR_MS];
    expect(seen).toEqual([expected, expected]);
  });

  it.each([
    ['an error', new Error('locked'), 'no token: locked'],
    ['no error', 7, 'no token: 7'],
  ])('fails with UNAUTHENTICATED and a cause where the source fails with %s', async (_, cause, message) => {
    const source = { ...bare, get: () => Promise.reject(cause) };
    const { client, events } = await start({}, {}, source);
    const error = (await client.whoAmI({}).catch((thrown: unknown) => thrown)) as ConnectError;
    expect([error.code, error.rawMessage, error.cause]).toEqual([Code.Unauthenticated, message, cause]);
    expect(events).toEqual([]);
  });

  it('does not quote what a source gave that is no token', async () => {
    const { client } = await start({}, {}, { ...bare, get: () => Promise.resolve('secret\n') });
    const error = (await client.whoAmI({}).catch((thrown: unknown) => thrown)) as ConnectError;
    expect(error.message).not.toContain('secret');
    expect(error.rawMessage).toBe('no token: the token source gave no token');
  });

  it('stops waiting for a token when the call is cancelled or its time is up', async () => {
    const { client } = await start({}, {}, { ...bare, get: () => new Promise(() => undefined) });
    const controller = new AbortController();
    const cancelled = client.whoAmI({}, { signal: controller.signal }).catch((thrown: unknown) => thrown);
    const late = client.whoAmI({}, { timeoutMs: 20 }).catch((thrown: unknown) => thrown);
    controller.abort();
    expect(await cancelled).toMatchObject({ code: Code.Canceled });
    expect(await late).toMatchObject({ code: Code.DeadlineExceeded });
  });
});

describe('a plaintext URL', () => {
  const clientOf = (baseUrl: string, options?: AttachTokenOptions) => {
    let gets = 0;
    const source = { ...bare, get: () => (gets++, Promise.resolve('token')) };
    const transport = web.createConnectTransport({
      baseUrl,
      interceptors: [attachToken(source, options)],
      fetch: () => Promise.reject(new Error('sent')),
    });
    return { client: createClient(DemoService, transport), gets: () => gets };
  };
  const messageOf = (call: Promise<unknown>) =>
    call.then(
      () => 'answered',
      (error: ConnectError) => error.rawMessage,
    );

  it.each([
    'http://node.example',
    'http://localhost.example:8080',
    'http://10.0.0.1',
    'http://127.0.0.1.nip.io',
    'http://[::2]/',
    'http://127.0.0.1@node.example/api',
  ])('%s gets no token, and none is made for it', async (baseUrl) => {
    const { client, gets } = clientOf(baseUrl);
    const error = await client.whoAmI({}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: Code.FailedPrecondition });
    expect((error as ConnectError).rawMessage).toMatch(/^tokens do not travel in clear to /);
    expect(gets()).toBe(0);
  });

  it.each([
    'http://localhost:8080',
    'http://127.0.0.1',
    'http://[::1]:1/x',
    'https://node.example',
    'HTTPS://node.example',
  ])('%s gets one', async (baseUrl) => {
    const { client, gets } = clientOf(baseUrl);
    expect(await messageOf(client.whoAmI({}))).toBe('sent');
    expect(gets()).toBe(1);
  });

  it('gets one with allowInsecure', async () => {
    expect(await messageOf(clientOf('http://node.example', { allowInsecure: true }).client.whoAmI({}))).toBe('sent');
  });
});

it.each<[string, unknown, object?]>([
  ['the token source must have a get() method', {}],
  ['unknown option "retries"', fixedToken('x'), { retries: 1 }],
  ['retry must be a boolean', fixedToken('x'), { retry: 1 }],
  ['allowInsecure must be a boolean', fixedToken('x'), { allowInsecure: 'yes' }],
  ['retryRateLimited.maxRetries must be an integer', fixedToken('x'), { retryRateLimited: { maxRetries: 0 } }],
])('is not made: %s', (message, source, options) => {
  expect(() => attachToken(source as TokenSource, options)).toThrow(TypeError);
  expect(() => attachToken(source as TokenSource, options)).toThrow(message);
});

it('an answer that is no refusal of a gate is passed on', async () => {
  const server = createServer((_, response) => response.writeHead(401).end('who are you?'));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const transport = createConnectTransport({
    baseUrl,
    httpVersion: '1.1',
    interceptors: [attachToken(fixedToken('x'))],
  });
  const error = await createClient(DemoService, transport)
    .whoAmI({})
    .catch((thrown: unknown) => thrown);
  expect(statusOf(error)).toMatchObject({ code: Code.Unauthenticated, reason: undefined });
});
