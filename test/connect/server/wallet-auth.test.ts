import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { connect as connectSocket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  Code,
  type ConnectError,
  createClient,
  createContextKey,
  createRouterTransport,
  type Interceptor,
} from '@connectrpc/connect';
import { connectNodeAdapter, createConnectTransport, type ConnectNodeAdapterOptions } from '@connectrpc/connect-node';
import { credentials, makeClientConstructor, Metadata, Server, type Client } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { authReasonOf } from '../../../src/auth-details.js';
import { createTokenSource } from '../../../src/client/create-token-source.js';
import { getIdentity, requireIdentity } from '../../../src/connect/server/identity-of.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/connect/server/wallet-auth.js';
import { connectError } from '../../../src/connect/status.js';
import { AuthError } from '../../../src/errors.js';
import { createGate } from '../../../src/gate/create-gate.js';
import { attachToken } from '../../../src/grpc/client/attach-token.js';
import { walletAuth as walletAuthOfGrpc } from '../../../src/grpc/server/wallet-auth.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { bindToLoopback, callKinds, definition, kinds } from '../../support/demo-server.js';
import { now, tokens } from '../../support/tokens.js';
import { statusOf } from '../../transports/calls.js';

const alice = testWallets.alice.address;
const good = { headers: { authorization: tokens.good } };
const HOUR_MS = 3_600_000;

type Adapter = Partial<ReturnType<typeof walletAuth>['adapter']>;
type Routes = ConnectNodeAdapterOptions['routes'];

const whoAmI: Routes = (router) =>
  router.service(DemoService, { whoAmI: (_, context) => ({ wallet: requireIdentity(context).wallet }) });

/** Serves over HTTP/1.1, and gives a client. */
async function serve(adapter: Adapter, routes: Routes = whoAmI, more: Partial<ConnectNodeAdapterOptions> = {}) {
  const server = createServer(connectNodeAdapter({ routes, ...adapter, ...more }) as RequestListener);
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return createClient(DemoService, createConnectTransport({ baseUrl, httpVersion: '1.1' }));
}

const failureOf = async (call: Promise<unknown>) =>
  statusOf(
    await call.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );

describe('an adapter that is not given whole', () => {
  it('without interceptors: bad tokens are refused, and a good one has no identity: INTERNAL', async () => {
    const { adapter } = walletAuth({ now });
    const { contextValues, requestGate } = adapter;
    const client = await serve({ contextValues, requestGate });
    expect(await failureOf(client.whoAmI({}))).toMatchObject({ reason: 'MISSING_CREDENTIALS' });
    expect(await failureOf(client.whoAmI({}, good))).toMatchObject({ reason: 'INTERNAL', code: Code.Internal });
  });

  it('without the request gate: the interceptor decides', async () => {
    const { contextValues, interceptors } = walletAuth({ now }).adapter;
    const client = await serve({ contextValues, interceptors });
    expect(await failureOf(client.whoAmI({}))).toMatchObject({ reason: 'MISSING_CREDENTIALS' });
    expect((await client.whoAmI({}, good)).wallet).toBe(alice);
  });

  it('without all of it: INTERNAL', async () => {
    expect(await failureOf((await serve({})).whoAmI({}, good))).toMatchObject({ reason: 'INTERNAL' });
  });

  it.each<[string, WalletAuthOptions]>([
    ['a deny list', { access: { deny: ['10.0.0.1'] } }],
    ['an allow list', { access: { allow: [alice, '10.0.0.1'] } }],
    [
      'a limit of addresses',
      {
        limits: {
          classes: { default: { points: 9, windowMs: 1_000 } },
          beforeAuthentication: { points: 9, windowMs: 1_000 },
        },
      },
    ],
    ['a failed-token limit', { failedTokenLimit: {} }],
  ])('without contextValues: %s refuses with INTERNAL, and warns once', async (name, options) => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const { requestGate, interceptors } = walletAuth({ now, ...options }).adapter;
    const client = await serve({ requestGate, interceptors });
    // a wallet in the allow list needs no address
    const headers = { authorization: name === 'an allow list' ? tokens.bobs : tokens.good };
    for (let i = 0; i < 2; i++)
      expect(await failureOf(client.whoAmI({}, { headers }))).toMatchObject({ reason: 'INTERNAL' });
    const warnings = warn.mock.calls.filter(
      ([, about]) => (about as { code?: string }).code === 'WALLET_AUTH_NO_ADDRESS',
    );
    expect(warnings).toHaveLength(1);
    expect(warnings[0]![0]).toContain('give it the address of each call');
  });

  it('without contextValues, no connection is known, so that every answer carries the end of its token', async () => {
    const { requestGate, interceptors } = walletAuth({ now }).adapter;
    const client = await serve({ requestGate, interceptors });
    const ends: unknown[] = [];
    const onHeader = (headers: Headers) => void ends.push(headers.get('wallet-token-expires-at-ms'));
    for (let i = 0; i < 2; i++) await client.whoAmI({}, { ...good, onHeader });
    const end = String(now().getTime() + HOUR_MS);
    expect(ends).toEqual([end, end]);
  });

  it('without contextValues: rules that need no address hold', async () => {
    const { requestGate, interceptors } = walletAuth({ now, access: { deny: [testWallets.bob.address] } }).adapter;
    const client = await serve({ requestGate, interceptors });
    expect((await client.whoAmI({}, good)).wallet).toBe(alice);
    expect(await failureOf(client.whoAmI({}, { headers: { authorization: tokens.bobs } }))).toMatchObject({
      reason: 'ACCESS_DENIED',
    });
  });
});

describe('walletAuth()', () => {
  it('takes context values and interceptors of others beside its own', async () => {
    const { adapter } = walletAuth({ now });
    const roomKey = createContextKey('none');
    const seen: unknown[] = [];
    const logging: Interceptor = (next) => async (request) => {
      seen.push(getIdentity(request)?.wallet);
      return next(request);
    };
    const client = await serve(
      adapter,
      (router) => router.service(DemoService, { whoAmI: (_, { values }) => ({ wallet: values.get(roomKey) }) }),
      {
        contextValues: (request) => adapter.contextValues(request).set(roomKey, 'red'),
        interceptors: [logging, ...adapter.interceptors, logging],
      },
    );
    expect((await client.whoAmI({}, good)).wallet).toBe('red');
    expect(seen).toEqual([undefined, alice]);
  });

  it('serves a router in memory too, where no call has an address', async () => {
    const { requestGate, interceptors } = walletAuth({ now }).adapter;
    const router = { requestGate, interceptors };
    const client = createClient(DemoService, createRouterTransport(whoAmI, { router }));
    expect((await client.whoAmI({}, good)).wallet).toBe(alice);
    expect(await failureOf(client.whoAmI({}))).toMatchObject({ reason: 'MISSING_CREDENTIALS' });
  });

  it('shares its gate with grpc-js: caches, limits and facts are one', async () => {
    const gate = createGate({ now, limits: { classes: { default: { points: 2, windowMs: 60_000 } } } });
    const auth = walletAuth(gate);
    const client = await serve(auth.adapter);
    const server = new Server({ interceptors: [walletAuthOfGrpc(gate)] });
    server.addService(definition, {
      whoAmI: (_: unknown, done: (error: null, answer: object) => void) => done(null, {}),
    });
    const port = await bindToLoopback(server);
    onTestFinished(() => server.forceShutdown());
    const grpc = grpcClient(port);
    const metadata = new Metadata();
    metadata.set('authorization', tokens.good);
    expect((await client.whoAmI({}, good)).wallet).toBe(alice);
    expect((await callKinds.unary(grpc, metadata)).error).toBeUndefined();
    expect(auth.cachedTokens).toBe(1);
    expect(await failureOf(client.whoAmI({}, good))).toMatchObject({ reason: 'RATE_LIMITED' });
  });

  it('knows the callers on a Unix socket by the proxy that is trusted', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'connect-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const seen: unknown[] = [];
    const authorize: WalletAuthOptions['authorize'] = (_, { address }) => (seen.push(address), true);
    const { adapter } = walletAuth({ now, trustedProxies: ['unix'], authorize });
    const server = createServer(connectNodeAdapter({ routes: whoAmI, ...adapter }));
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(join(dir, 's'), resolve));
    const socket = connectSocket(join(dir, 's'));
    onTestFinished(() => void socket.destroy());
    socket.write(
      `POST /walletauth.demo.v1.DemoService/WhoAmI HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n` +
        `x-forwarded-for: 203.0.113.7\r\nauthorization: ${tokens.good}\r\n\r\n{}`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toContain(alice);
    expect(seen).toEqual(['203.0.113.7']);
  });

  it.each<[string, object]>([
    ['unknown option', { rulez: {} }],
    ['graceMs must be an integer', { graceMs: 1 }],
    ['options must be an object', 1 as never],
  ])('is not made: %s', (message, options) => {
    expect(() => walletAuth(options)).toThrow(TypeError);
    expect(() => walletAuth(options)).toThrow(message);
  });
});

describe('a handler that passes on a refusal of another node', () => {
  it.each([
    ['TOKEN_EXPIRED', undefined],
    ['RATE_LIMITED', undefined],
    ['ACCESS_DENIED', 'ACCESS_DENIED'],
  ] as const)('%s arrives with the reason %s', async (reason, arrived) => {
    const { adapter } = walletAuth({ now });
    const passedOn = connectError(new AuthError(reason));
    const client = await serve(adapter, (router) =>
      router.service(DemoService, {
        whoAmI: () => {
          throw passedOn;
        },
        async *countUp() {
          yield {};
          throw passedOn;
        },
      }),
    );
    expect(await failureOf(client.whoAmI({}, good))).toMatchObject({
      reason: arrived,
      code: passedOn.code,
      message: passedOn.rawMessage,
    });
    const stream = async () => {
      for await (const _ of client.countUp({}, good)) continue;
    };
    expect(await failureOf(stream())).toMatchObject({ reason: arrived, code: passedOn.code });
    expect(authReasonOf(passedOn)).toBe(reason); // the handler's own object stays as it is
  });

  it('keeps details of other kinds, serialized or not', async () => {
    const { adapter } = walletAuth({ now });
    const client = await serve(adapter, (router) =>
      router.service(DemoService, {
        whoAmI() {
          const error = connectError(new AuthError('TOKEN_EXPIRED'));
          error.details.push({ desc: DemoService.method.whoAmI.output, value: { wallet: 'kept' } });
          throw error;
        },
      }),
    );
    const error = await client.whoAmI({}, good).catch((thrown: unknown) => thrown);
    expect((error as ConnectError).findDetails(DemoService.method.whoAmI.output)).toMatchObject([{ wallet: 'kept' }]);
    expect(authReasonOf(error)).toBeUndefined();
  });
});

/** A grpc-js client of a port. */
function grpcClient(port: number, source?: Parameters<typeof attachToken>[0]) {
  const ClientOf = makeClientConstructor(definition, DemoService.typeName);
  const options = source ? { interceptors: [attachToken(source)] } : {};
  const client: Client = new ClientOf(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  onTestFinished(() => client.close());
  return client as unknown as Parameters<(typeof callKinds)['unary']>[0];
}

describe('our grpc-js client', () => {
  /** A server over HTTP/2 that counts what it runs. */
  async function start(options: WalletAuthOptions) {
    let handlers = 0;
    const routes: Routes = (router) =>
      router.service(DemoService, {
        whoAmI: (_, context) => (handlers++, { wallet: requireIdentity(context).wallet }),
        collectNotes: async (requests, context) => {
          handlers++;
          for await (const _ of requests) continue;
          return { wallet: requireIdentity(context).wallet };
        },
        async *countUp(_, context) {
          handlers++;
          yield { wallet: requireIdentity(context).wallet };
        },
        async *chat(requests, context) {
          handlers++;
          for await (const { text } of requests) yield { wallet: requireIdentity(context).wallet, text };
        },
      });
    const server = createHttp2Server(connectNodeAdapter({ routes, ...walletAuth(options).adapter }));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return { port: (server.address() as AddressInfo).port, handlersRun: () => handlers };
  }

  it.each(kinds)('%s: knows reasons and the end of its token', async (kind) => {
    const { port } = await start({ now });
    const client = grpcClient(port);
    const metadata = new Metadata();
    expect(authReasonOf((await callKinds[kind](client, metadata)).error)).toBe('MISSING_CREDENTIALS');
    metadata.set('authorization', tokens.good);
    const outcome = await callKinds[kind](client, metadata);
    expect(new Set(outcome.wallets)).toEqual(new Set([alice]));
    expect(outcome.metadata?.get('wallet-token-expires-at-ms')).toEqual([String(now().getTime() + HOUR_MS)]);
  });

  it.each(['unary', 'server stream'] as const)('%s: heals a clock that is wrong', async (kind) => {
    const clock = settableClock();
    const { port, handlersRun } = await start({ now: clock.now });
    const source = createTokenSource(mintIdentity(), { now: () => new Date(clock.now().getTime() + 5 * HOUR_MS) });
    const { error, wallets } = await callKinds[kind](grpcClient(port, source));
    expect(error).toBeUndefined();
    expect(new Set(wallets)).toEqual(new Set([alice]));
    expect(handlersRun()).toBe(1);
  });

  it('client stream: is not made again when the gate has ended it before its handler answered', async () => {
    const clock = settableClock();
    const rules = { '*': { stream: 'until-expiry' } } as const;
    const { port, handlersRun } = await start({ now: clock.now, timers: clock.timers, rules });
    const client = grpcClient(port, createTokenSource(mintIdentity(), { now: clock.now }));
    const ended = new Promise((resolve) => client.collectNotes((error) => resolve(error)));
    await expect.poll(handlersRun).toBe(1);
    clock.advance(HOUR_MS + 1);
    expect(authReasonOf(await ended)).toBe('TOKEN_EXPIRED');
    expect(handlersRun()).toBe(1);
  });
});
