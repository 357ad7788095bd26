import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { Code, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { describe, expect, it, onTestFinished } from 'vitest';

import { DemoService } from '../../gen/walletauth/demo/v1/demo_pb.js';
import { createTokenSource } from '../../src/client/create-token-source.js';
import { attachToken } from '../../src/connect/client/attach-token.js';
import type { DecisionEvent } from '../../src/gate/decision.js';
import type { GateOptions } from '../../src/gate/options.js';
import { expiryHeaders } from '../../src/http/headers.js';
import { walletAuth } from '../../src/http/wallet-auth.js';
import { authenticateIncoming, sendResponse } from '../../src/node/incoming.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { nginxIsMissing, nginxNote, startNginx, type ConfigName, type Nginx } from '../support/nginx.js';
import { now, tokens } from '../support/tokens.js';
import { callKinds, openChat, type CallKind } from '../transports/calls.js';
import { connect } from '../transports/connect.js';
import { startNode, type NodeOptions } from '../transports/start.js';
import { CALLER, OTHER_CALLER, PROXY } from './through-nginx.js';

const alice = testWallets.alice.address;
const HOUR_MS = 3_600_000;
const GRACE_MS = 30_000;

describe.skipIf(nginxIsMissing)(`JSON through nginx${nginxNote}`, () => {
  /** An HTTP server that answers with the caller's wallet, behind nginx. */
  async function start(options: GateOptions = {}) {
    const events: DecisionEvent[] = [];
    const auth = walletAuth({ now, onDecision: (event) => void events.push(event), ...options });
    async function answer(...[incoming, response]: Parameters<RequestListener>): Promise<void> {
      const caller = await authenticateIncoming(auth, incoming);
      if (caller instanceof Response) return sendResponse(caller, response);
      for (const [name, value] of Object.entries(expiryHeaders(caller))) response.setHeader(name, value);
      response.end(JSON.stringify({ wallet: caller?.wallet }));
    }
    const server = createServer((incoming, response) => void answer(incoming, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const nginx = await startNginx('http.conf', { http: (server.address() as AddressInfo).port });
    async function get(localAddress: string, ...headers: string[]) {
      const where = { host: '127.0.0.1', port: nginx.port, ca: nginx.certificate.pem, servername: 'localhost' };
      const all = ['host', 'localhost', ...headers];
      const sent = request({ ...where, localAddress, agent: false, headers: all }).end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      return { status: response.statusCode, headers: response.headers, body: await text(response) };
    }
    return { events, nginx, get };
  }

  it('the token arrives, the identity is right, and the client learns when its token ends', async () => {
    const { get } = await start();
    const { status, headers, body } = await get(CALLER, 'authorization', tokens.good);
    expect([status, JSON.parse(body)]).toEqual([200, { wallet: alice }]);
    expect(headers['wallet-token-expires-at-ms']).toBe(String(now().getTime() + HOUR_MS));
  });

  it.each([
    ['without a token', [], 'Bearer', 'MISSING_CREDENTIALS'],
    ['an expired token', ['authorization', tokens.expired], 'Bearer error="invalid_token"', 'TOKEN_EXPIRED'],
  ])('a refusal keeps its status, headers and body: %s', async (_, sent, challenge, reason) => {
    const { get } = await start();
    const { status, headers, body } = await get(CALLER, ...sent);
    expect([status, headers['content-type'], headers['www-authenticate']]).toEqual([
      401,
      'application/problem+json',
      challenge,
    ]);
    expect(JSON.parse(body)).toMatchObject({ status: 401, reason, info: { server_time_ms: String(now().getTime()) } });
  });

  it('RATE_LIMITED keeps Retry-After, and counts the caller and not the proxy', async () => {
    const beforeAuthentication = { points: 1, windowMs: 60_000 };
    const limits = { classes: { default: { points: 9, windowMs: 60_000 } }, beforeAuthentication };
    const { get } = await start({ limits, trustedProxies: [PROXY] });
    const good = ['authorization', tokens.good];
    expect((await get(CALLER, ...good)).status).toBe(200);
    const { status, headers } = await get(CALLER, ...good, 'x-forwarded-for', '198.51.100.1');
    expect([status, headers['retry-after']]).toEqual([429, '60']);
    expect((await get(OTHER_CALLER, ...good)).status).toBe(200);
  });

  it('a deny list acts on the caller, whatever it writes in x-forwarded-for, once or twice', async () => {
    const { get } = await start({ access: { deny: [CALLER] }, trustedProxies: [PROXY] });
    const good = ['authorization', tokens.good];
    const lie = ['x-forwarded-for', OTHER_CALLER];
    for (const lies of [[], lie, [...lie, ...lie]]) expect((await get(CALLER, ...good, ...lies)).status).toBe(403);
    expect((await get(OTHER_CALLER, ...good, 'x-forwarded-for', CALLER)).status).toBe(200);
  });

  it('two authorization headers: nginx answers 400 by itself, and the server is not called', async () => {
    const { get, events } = await start();
    const { status, body } = await get(CALLER, 'authorization', tokens.good, 'Authorization', tokens.good);
    expect(status).toBe(400);
    expect(body).toContain('nginx');
    expect(events).toEqual([]);
  });
});

type Via = 'Connect over HTTP/1.1' | 'Connect over HTTP/2' | 'gRPC-Web over HTTP/1.1' | 'gRPC-Web over HTTP/2' | 'gRPC';

/** The client's side of nginx. */
function transportOf(
  { port, certificate }: Nginx,
  via: Via,
  interceptors: Parameters<typeof createConnectTransport>[0]['interceptors'] = [],
) {
  const baseUrl = `https://localhost:${port}`;
  const nodeOptions = { ca: certificate.pem };
  if (via === 'gRPC') return createGrpcTransport({ baseUrl, nodeOptions, interceptors });
  const create = via.startsWith('Connect') ? createConnectTransport : createGrpcWebTransport;
  return via.endsWith('1.1')
    ? create({ baseUrl, httpVersion: '1.1', nodeOptions, interceptors })
    : create({ baseUrl, httpVersion: '2', nodeOptions, interceptors });
}

const OVER_HTTP: readonly Via[] = [
  'Connect over HTTP/1.1',
  'Connect over HTTP/2',
  'gRPC-Web over HTTP/1.1',
  'gRPC-Web over HTTP/2',
];

/** What nginx carries to a server behind HTTP/1.1. */
const KINDS: readonly CallKind[] = ['unary', 'client stream', 'server stream'];

/** A Connect server behind nginx, and a client of it. */
async function startConnect(
  config: ConfigName,
  via: Via,
  options: NodeOptions = {},
  replace: Readonly<Record<string, string>> = {},
) {
  const node = await startNode(connect, { name: 'connect', httpVersion: '1.1' }, options);
  const portOf = (httpVersion: '1.1' | '2') =>
    Number(new URL(node.running.baseUrl({ name: 'connect', httpVersion })).port);
  const grpc = config === 'one-address.conf' ? { grpc: portOf('2') } : {};
  const nginx = await startNginx(config, { http: portOf('1.1'), ...grpc, replace });
  return { node, nginx, client: createClient(DemoService, transportOf(nginx, via)) };
}

describe
  .skipIf(nginxIsMissing)
  .each([
    ...OVER_HTTP.map((via) => ['http.conf', via] as const),
    ...[...OVER_HTTP, 'gRPC' as const].map((via) => ['one-address.conf', via] as const),
  ])(`through nginx with %s${nginxNote}: %s`, (config, via) => {
  const kinds: readonly CallKind[] = via === 'gRPC' ? [...KINDS, 'bidi stream'] : KINDS;

  it.each(kinds)('the identity is right and refusals come with their details: %s', async (kind) => {
    const { client, node } = await startConnect(config, via);
    const { wallets, code, expiresAtMs } = await callKinds[kind](client, node.fresh());
    expect([code, ...new Set(wallets), expiresAtMs]).toEqual([
      undefined,
      alice,
      String(node.clock.now().getTime() + HOUR_MS),
    ]);
    expect(await callKinds[kind](client, { authorization: tokens.expired })).toMatchObject({
      code: Code.Unauthenticated,
      message: 'token expired',
      reason: 'TOKEN_EXPIRED',
    });
    expect(node.handlersRun()).toBe(1);
  });
});

describe.skipIf(nginxIsMissing)(`Connect through nginx${nginxNote}`, () => {
  it.each(['http.conf', 'one-address.conf'] as const)(
    'messages of a stream pass one by one, and the gate’s end of it arrives with its reason: %s',
    async (config) => {
      const { client, node } = await startConnect(config, 'Connect over HTTP/2');
      node.own.countUp = async function* (context) {
        yield { wallet: alice, number: 1 };
        await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
      };
      const stream = client.countUp({ limit: 9 }, { headers: node.fresh() })[Symbol.asyncIterator]();
      expect((await stream.next()).value).toMatchObject({ number: 1 });
      const end = stream.next();
      node.clock.advance(HOUR_MS + GRACE_MS);
      await expect(end).rejects.toMatchObject({ code: Code.Unauthenticated, rawMessage: 'token expired' });
    },
  );

  it('a gRPC chat at one address passes line by line', async () => {
    const { client, node } = await startConnect('one-address.conf', 'gRPC');
    const chat = await openChat(client, node.fresh());
    await chat.line('a');
    await chat.line('b');
    node.clock.advance(HOUR_MS + GRACE_MS);
    expect(await chat.ended).toMatchObject({ reason: 'TOKEN_EXPIRED' });
  });

  it('attachToken heals a wrong clock by what the node says', async () => {
    const { nginx, node } = await startConnect('http.conf', 'Connect over HTTP/1.1');
    const slow = settableClock(new Date(node.clock.now().getTime() - 4_000_000));
    const source = createTokenSource(mintIdentity(), { now: slow.now, maxClockAdvanceMs: 5_000_000 });
    const transport = transportOf(nginx, 'Connect over HTTP/1.1', [attachToken(source)]);
    expect(await createClient(DemoService, transport).whoAmI({})).toMatchObject({ wallet: alice });
    expect(node.events.map(({ decision }) => decision)).toEqual(['refused', 'admitted']);
  });

  it.each(['http.conf', 'one-address.conf'] as const)('a deny list acts on the caller: %s', async (config) => {
    const { nginx, node } = await startConnect(config, 'Connect over HTTP/1.1', {
      access: { deny: [CALLER] },
      trustedProxies: [PROXY],
    });
    const statusFrom = async (localAddress: string, ...lies: string[]) => {
      const { authorization } = node.fresh();
      const headers = [
        'host',
        'localhost',
        'content-type',
        'application/json',
        'authorization',
        authorization!,
        ...lies,
      ];
      const where = { host: '127.0.0.1', port: nginx.port, ca: nginx.certificate.pem, servername: 'localhost' };
      const path = '/walletauth.demo.v1.DemoService/WhoAmI';
      const sent = request({ ...where, localAddress, agent: false, method: 'POST', path, headers }).end('{}');
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      return [response.statusCode, JSON.parse(await text(response)).code];
    };
    expect(await statusFrom(CALLER, 'x-forwarded-for', OTHER_CALLER)).toEqual([403, 'permission_denied']);
    expect(await statusFrom(OTHER_CALLER, 'x-forwarded-for', CALLER)).toEqual([200, undefined]);
  });

  it('with proxy_request_buffering off a client that was refused loses its connection, with the call that would heal', async () => {
    const off = { 'proxy_buffering off;': 'proxy_buffering off; proxy_request_buffering off;' };
    const { client, node } = await startConnect('http.conf', 'Connect over HTTP/1.1', {}, off);
    expect(await callKinds.unary(client, { authorization: tokens.expired })).toMatchObject({ reason: 'TOKEN_EXPIRED' });
    expect(await callKinds.unary(client, node.fresh())).toMatchObject({ code: Code.Aborted, reason: undefined });
  });
});
