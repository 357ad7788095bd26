import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { describe, expect, it, onTestFinished } from 'vitest';

import { walletAuth, type WalletAuthOptions } from '../../src/http/wallet-auth.js';
import { authenticateIncoming, sendResponse, type NodeRequestOptions } from '../../src/node/incoming.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { sendFrames } from '../support/raw-frames.js';
import { now, tokens } from '../support/tokens.js';
import { withResolvers } from '../support/with-resolvers.js';

const alice = testWallets.alice.address;

function listenerOf(options: WalletAuthOptions, about?: NodeRequestOptions): RequestListener {
  const auth = walletAuth({ now, ...options });
  return (incoming, response) => {
    void (async () => {
      const caller = await authenticateIncoming(auth, incoming, about);
      if (caller instanceof Response) return sendResponse(caller, response);
      response.end(caller?.wallet ?? 'nobody');
    })();
  };
}

async function listen(server: Pick<Server, 'listen' | 'address'>, where: string | number = 0): Promise<number> {
  await new Promise<void>((resolve) =>
    typeof where === 'string' ? server.listen(where, resolve) : server.listen(where, '127.0.0.1', resolve),
  );
  return typeof where === 'string' ? 0 : (server.address() as AddressInfo).port;
}

async function start(options: WalletAuthOptions = {}, about?: NodeRequestOptions) {
  const server = createServer(listenerOf(options, about));
  onTestFinished(() => void server.close());
  const port = await listen(server);
  const get = (headers: readonly string[]) => answerTo({ host: '127.0.0.1', port }, headers);
  return { get };
}

async function answerTo(where: object, headers: readonly string[]) {
  const sent = request({ ...where, agent: false, headers: ['host', 'x', ...headers] }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

describe('authenticateIncoming()', () => {
  it('knows the wallet of a good token', async () => {
    const { get } = await start();
    expect(await get(['Authorization', tokens.good])).toMatchObject({ status: 200, body: alice });
  });

  it('refuses with the whole answer of authenticate', async () => {
    const { get } = await start();
    const { status, headers, body } = await get(['authorization', tokens.expired]);
    expect([status, headers['www-authenticate'], headers['content-type']]).toEqual([
      401,
      'Bearer error="invalid_token"',
      'application/problem+json',
    ]);
    expect(JSON.parse(body)).toMatchObject({ reason: 'TOKEN_EXPIRED' });
  });

  it('refuses two authorization headers, of which Node shows the first alone', async () => {
    const { get } = await start();
    const { status, body } = await get(['authorization', tokens.good, 'Authorization', tokens.good]);
    expect([status, JSON.parse(body).reason]).toEqual([401, 'MULTIPLE_CREDENTIALS']);
  });

  it('knows the address of the socket, and looks through trusted proxies', async () => {
    const denied = await start({ access: { deny: ['127.0.0.1'] } });
    expect((await denied.get(['authorization', tokens.good])).status).toBe(403);
    const behind = await start({ access: { deny: ['203.0.113.7'] }, trustedProxies: ['127.0.0.1'] });
    const forwarded = ['x-forwarded-for', '192.0.2.1', 'x-forwarded-for', '203.0.113.7'];
    expect((await behind.get(['authorization', tokens.good, ...forwarded])).status).toBe(403);
    expect((await behind.get(['authorization', tokens.good])).status).toBe(200);
  });

  it('takes another address, and a method, where it is given them', async () => {
    const method = '/walletauth.demo.v1.DemoService/WhoAmI';
    const rules = { [method]: 'optional' } as const;
    const { get } = await start({ rules, access: { deny: ['203.0.113.7'] } }, { method, address: '203.0.113.7' });
    expect((await get([])).status).toBe(403);
    const open = await start({ rules }, { method });
    expect(await open.get([])).toMatchObject({ status: 200, body: 'nobody' });
  });

  it('on a Unix socket: rules about addresses need the proxy to be trusted', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'incoming-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const statuses = [];
    for (const [name, trustedProxies] of [
      ['a', ['unix']],
      ['b', []],
    ] as const) {
      const server = createServer(listenerOf({ access: { deny: ['10.0.0.1'] }, trustedProxies }));
      onTestFinished(() => void server.close());
      const socketPath = join(dir, name);
      await listen(server, socketPath);
      const { status } = await answerTo({ socketPath }, [
        'authorization',
        tokens.good,
        'x-forwarded-for',
        '203.0.113.7',
      ]);
      statuses.push(status);
    }
    expect(statuses).toEqual([200, 500]);
  });

  it('works over HTTP/2, where two authorization headers are refused too', async () => {
    const decided = withResolvers<string | undefined>();
    let seen: (reason: string | undefined) => void = () => undefined;
    const listener = listenerOf({ access: { deny: ['10.0.0.1'] }, onDecision: ({ reason }) => seen(reason) });
    const server = createHttp2Server(listener as never);
    onTestFinished(() => void server.close());
    const port = await listen(server as never);
    const session = connect(`http://127.0.0.1:${port}`);
    onTestFinished(() => session.destroy());
    expect(await text(session.request({ ':path': '/', authorization: tokens.good }))).toBe(alice);
    seen = decided.resolve;
    onTestFinished(
      sendFrames(port, '/', [
        ['authorization', tokens.good],
        ['authorization', tokens.bobs],
      ]),
    );
    expect(await decided.promise).toBe('MULTIPLE_CREDENTIALS');
  });
});
