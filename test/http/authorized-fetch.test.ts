import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { describe, expect, it, onTestFinished } from 'vitest';

import { createTokenSource } from '../../src/client/create-token-source.js';
import type { TokenSource } from '../../src/client/token-source.js';
import { authorizedFetch, type AuthorizedFetchOptions } from '../../src/http/authorized-fetch.js';
import { expiryHeaders } from '../../src/http/headers.js';
import { refusalOf } from '../../src/http/problem.js';
import { walletAuth, type WalletAuthOptions } from '../../src/http/wallet-auth.js';
import { authenticateIncoming, sendResponse } from '../../src/node/incoming.js';
import { fixedToken } from '../../src/testing/fixed-token.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { testWallets } from '../../src/testing/test-wallets.js';

const HOUR_MS = 3_600_000;
const alice = testWallets.alice.address;

/** A real node that echoes bodies to callers it knows. */
async function start(options: WalletAuthOptions = {}) {
  const clock = settableClock();
  const auth = walletAuth({ now: clock.now, ...options });
  let requests = 0;
  const server = createServer((request, response) => {
    void (async () => {
      requests++;
      const body = await text(request);
      const caller = await authenticateIncoming(auth, request);
      if (caller instanceof Response) return sendResponse(caller, response);
      for (const [name, value] of Object.entries(expiryHeaders(caller))) response.setHeader(name, value);
      return sendResponse(Response.json({ wallet: caller?.wallet, body }), response);
    })();
  });
  const url = await urlOf(server);
  return { url, clock, requests: () => requests };
}

async function urlOf(server: Server): Promise<string> {
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const ahead = (now: () => Date) =>
  createTokenSource(mintIdentity(), { now: () => new Date(now().getTime() + 5 * HOUR_MS) });

describe('authorizedFetch()', () => {
  it('sends a token, in place of what was there, with a body of any kind', async () => {
    const { url, clock } = await start();
    const send = authorizedFetch(createTokenSource(mintIdentity(), { now: clock.now }));
    const inits: [string | URL | Request, RequestInit?][] = [
      [url, { headers: { authorization: 'Basic x' } }],
      [new URL(url), { method: 'POST', body: 'text' }],
      [new Request(url, { method: 'POST', body: 'text' })],
      [url, { method: 'POST', body: new Blob(['text']) }],
    ];
    for (const [input, init] of inits) {
      const answer = await send(input, init);
      expect(await answer.json()).toMatchObject({ wallet: alice });
    }
  });

  it('makes a refused request once more, with its body', async () => {
    const { url, clock, requests } = await start();
    const send = authorizedFetch(ahead(clock.now));
    expect(await (await send(url, { method: 'POST', body: 'note' })).json()).toEqual({ wallet: alice, body: 'note' });
    expect(requests()).toBe(2);
    await send(url);
    expect(requests()).toBe(3); // the source has learned
  });

  it.each<[string, (url: string) => [string | Request, RequestInit?]]>([
    ['a stream', (url) => [url, { method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' }]],
    ['a Request with a body', (url) => [new Request(url, { method: 'POST', body: 'x' })]],
  ])('does not repeat %s, but the source learns', async (_, made) => {
    const { url, clock, requests } = await start();
    const send = authorizedFetch(ahead(clock.now));
    expect(await refusalOf(await send(...made(url)))).toMatchObject({ reason: 'TOKEN_FROM_FUTURE' });
    expect((await send(...made(url))).status).toBe(200);
    expect(requests()).toBe(2);
  });

  it('repeats nothing where that is off, and waits for no rate limit unless asked', async () => {
    const off = await start();
    expect((await authorizedFetch(ahead(off.clock.now), { retry: false })(off.url)).status).toBe(401);
    const { url, clock, requests } = await start({ limits: { classes: { default: { points: 1, windowMs: 60_000 } } } });
    const source = createTokenSource(mintIdentity(), { now: clock.now });
    const send = authorizedFetch(source);
    await send(url);
    expect((await send(url)).status).toBe(429);
    expect((await authorizedFetch(source, { retryRateLimited: {} })(url)).status).toBe(429); // a minute is too long
    expect(requests()).toBe(3);
  });

  it('waits for a rate limit where that is set', async () => {
    const clock = settableClock(Date.now());
    const limits = { classes: { default: { points: 50, windowMs: 1_000 } } };
    const { url, requests } = await start({ now: undefined, limits, rules: { '*': { cost: 30 } } });
    const send = authorizedFetch(createTokenSource(mintIdentity(), { now: clock.now }), { retryRateLimited: {} });
    for (let i = 0; i < 2; i++) expect((await send(url)).status).toBe(200);
    expect(requests()).toBe(3);
  });

  it('tells the source when its token ends, by the origin of the node', async () => {
    const { url, clock } = await start();
    const seen: unknown[] = [];
    const real = createTokenSource(mintIdentity(), { now: clock.now });
    const source: TokenSource = {
      ...real,
      forTarget: (target) => ({ ...real, noteExpiry: (_, expiresAtMs) => void seen.push([target, expiresAtMs]) }),
    };
    await authorizedFetch(source)(`${url}notes?x=1`);
    expect(seen).toEqual([[new URL(url).origin, clock.now().getTime() + HOUR_MS]]);
  });

  it('passes on 401s of others as they are', async () => {
    let requests = 0;
    const url = await urlOf(createServer((_, response) => (requests++, response.writeHead(401).end('who?'))));
    const answer = await authorizedFetch(fixedToken('x'))(url);
    expect([answer.status, await answer.text(), requests]).toEqual([401, 'who?', 1]);
  });

  it('fails with what the source fails with, and stops when it is aborted', async () => {
    const { url, requests } = await start();
    const { forTarget: _, ...bare } = fixedToken('x');
    const failing = authorizedFetch({ ...bare, get: () => Promise.reject(new Error('locked')) });
    await expect(failing(url)).rejects.toThrow('locked');
    const hanging = authorizedFetch({ ...bare, get: () => new Promise(() => undefined) });
    await expect(hanging(url, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(authorizedFetch({ ...bare, get: async () => 'a\nb' })(url)).rejects.toThrow('no token');
    expect(requests()).toBe(0);
  });

  it.each(['http://node.example/', 'http://localhost.example/', 'http://10.0.0.1/', 'ftp://node.example/'])(
    'sends none in clear to %s, and makes none',
    async (url) => {
      let gets = 0;
      const { forTarget: _, ...bare } = fixedToken('x');
      const source = { ...bare, get: async () => (gets++, 'x') };
      const options: AuthorizedFetchOptions = { fetch: async () => new Response('sent') };
      await expect(authorizedFetch(source, options)(url)).rejects.toThrow('tokens do not travel in clear to');
      expect(gets).toBe(0);
      expect(await (await authorizedFetch(source, { ...options, allowInsecure: true })(url)).text()).toBe('sent');
      for (const good of ['https://node.example/', 'http://localhost:1/', 'http://[::1]/'])
        expect(await (await authorizedFetch(source, options)(good)).text()).toBe('sent');
    },
  );

  it.each<[string, unknown, object?]>([
    ['the token source must have a get() method', {}],
    ['unknown option "retries"', fixedToken('x'), { retries: 1 }],
    ['retry must be a boolean', fixedToken('x'), { retry: 1 }],
    ['allowInsecure must be a boolean', fixedToken('x'), { allowInsecure: 'yes' }],
    ['fetch must be a function', fixedToken('x'), { fetch: {} }],
  ])('is not made: %s', (message, source, options) => {
    expect(() => authorizedFetch(source as TokenSource, options)).toThrow(TypeError);
    expect(() => authorizedFetch(source as TokenSource, options)).toThrow(message);
  });
});
