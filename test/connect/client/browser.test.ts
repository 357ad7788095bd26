import { existsSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { cors } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { requireIdentity } from '../../../src/connect/server/identity-of.js';
import { walletAuth } from '../../../src/connect/server/wallet-auth.js';
import { createGate } from '../../../src/gate/create-gate.js';
import { corsHeaders, expiryHeaders } from '../../../src/http/headers.js';
import { walletAuth as walletAuthOfHttp } from '../../../src/http/wallet-auth.js';
import { authenticateIncoming, sendResponse } from '../../../src/node/incoming.js';
import { testWallets } from '../../../src/testing/test-wallets.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const missing = !existsSync(executablePath);
const alice = testWallets.alice.address;

/** A page of another origin, on a device whose clock is five hours ahead. */
const PAGE = `
  import { createClient } from '@connectrpc/connect';
  import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
  import { DemoService } from './src/proto/index.ts';
  import { createTokenSource } from './src/client/index.ts';
  import { attachToken, authReasonOf } from './src/connect/index.ts';
  import { authorizedFetch, refusalOf } from './src/http/index.ts';
  import { mintIdentity } from './src/testing/index.ts';

  const sourceAhead = (seen) => {
    const source = createTokenSource(mintIdentity(), { now: () => new Date(Date.now() + 5 * 3_600_000) });
    return { ...source, forTarget: (target) => {
      const view = source.forTarget(target);
      return { ...view, noteExpiry: (token, at) => { seen.push(at); view.noteExpiry(token, at); } };
    } };
  };
  globalThis.run = async (baseUrl) => {
    const results = {};
    for (const [name, make] of Object.entries({ connect: createConnectTransport, grpcWeb: createGrpcWebTransport })) {
      const seen = [];
      const client = createClient(DemoService, make({ baseUrl, interceptors: [attachToken(sourceAhead(seen))] }));
      const numbers = [];
      for await (const { number } of client.countUp({ limit: 3 })) numbers.push(number);
      const { wallet } = await client.whoAmI({});
      const bare = createClient(DemoService, make({ baseUrl }));
      const reason = await bare.whoAmI({}).then(() => 'none', authReasonOf);
      results[name] = { numbers, wallet, reason, expiries: seen.length };
    }
    const seen = [];
    const answer = await authorizedFetch(sourceAhead(seen))(baseUrl + '/whoami');
    const refused = await fetch(baseUrl + '/whoami');
    results.fetch = { body: await answer.text(), reason: (await refusalOf(refused))?.reason, expiries: seen.length };
    return results;
  };
`;

/** A node that pages of other origins may call, over Connect, gRPC-Web and plain HTTP, by one gate. */
function node(): RequestListener {
  const gate = createGate();
  const auth = walletAuthOfHttp(gate);
  const whoAmI: RequestListener = (request, response) => {
    void (async () => {
      const caller = await authenticateIncoming(auth, request);
      if (caller instanceof Response) return sendResponse(caller, response);
      for (const [name, value] of Object.entries(expiryHeaders(caller))) response.setHeader(name, value);
      response.end(caller?.wallet);
    })();
  };
  const handler = connectNodeAdapter({
    routes: (router) =>
      router.service(DemoService, {
        whoAmI: (_, context) => ({ wallet: requireIdentity(context).wallet }),
        async *countUp({ limit }) {
          for (let number = 1; number <= limit; number++) yield { number };
        },
      }),
    fallback: whoAmI as never,
    ...walletAuth(gate).adapter,
  });
  return (request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader(
      'access-control-expose-headers',
      [...cors.exposedHeaders, ...corsHeaders.exposedHeaders].join(', '),
    );
    if (request.method !== 'OPTIONS') return handler(request, response);
    response.setHeader('access-control-allow-methods', cors.allowedMethods.join(', '));
    response.setHeader(
      'access-control-allow-headers',
      [...cors.allowedHeaders, ...corsHeaders.allowedHeaders].join(', '),
    );
    response.writeHead(204).end();
  };
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.skipIf(missing)(
  `in a real browser${missing ? ` (there is no ${executablePath}; name one in CHROMIUM)` : ''}`,
  () => {
    it('a page of another origin calls by connect-web and by fetch, heals its clock and learns when its token ends', async () => {
      const { outputFiles } = await build({
        stdin: { contents: PAGE, resolveDir: root },
        bundle: true,
        format: 'esm',
        platform: 'browser',
        alias: { '#curves': `${root}src/curves/portable-curve.ts` },
        write: false,
        logLevel: 'silent',
      });
      const nodeUrl = await serve(node());
      const pageUrl = await serve((request, response) => {
        const isScript = request.url === '/page.js';
        response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
        response.end(isScript ? outputFiles[0]?.text : '<!doctype html><script type="module" src="/page.js"></script>');
      });
      const browser = await chromium.launch({
        executablePath,
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      });
      onTestFinished(() => browser.close());
      const page = await browser.newPage();
      await page.goto(pageUrl, { waitUntil: 'load' });
      const results = await page.evaluate(`run(${JSON.stringify(nodeUrl)})`);
      const called = { numbers: [1, 2, 3], wallet: alice, reason: 'MISSING_CREDENTIALS', expiries: 2 };
      expect(results).toEqual({
        connect: called,
        grpcWeb: called,
        fetch: { body: alice, reason: 'MISSING_CREDENTIALS', expiries: 1 },
      });
    }, 60_000);
  },
);
