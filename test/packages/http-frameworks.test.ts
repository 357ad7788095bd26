import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { beforeAll, describe, expect, it } from 'vitest';

import { AuthError, authReasons } from '../../src/errors.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { scaffold } from './support/scaffold.js';
import { snippetsOf } from './support/snippets.js';

const folder = scaffold('module', [
  '@bufbuild/protobuf@2.17.0',
  '@trpc/server@11.25.2',
  '@types/express@5.0.6',
  '@types/node@20.19.43',
  'express4@npm:express@4.22.3',
  'express@5.3.0',
  'fastify@5.12.8',
  'typescript@6.0.3',
]);

const page = snippetsOf('docs/http-frameworks.md');
const onFreePorts = Object.fromEntries(Object.entries(page).map(([name, code]) => [name, code.replace('8080', '0')]));

/** Serves the functions of the page that take fetch's `Request`, as Next and the adapters of other frameworks do. */
const served = (from: string, name: string) => `
  import { createServer } from 'node:http';
  import { ${name} } from '${from}';
  createServer(async (incoming, response) => {
    const answer = await ${name}(new Request('http://localhost' + incoming.url, { headers: incoming.headers }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  }).listen(0);`;
const fetchServers = {
  'out/next-server.js': served('./route.js', 'GET'),
  'out/trpc-server.js': served('./trpc.js', 'handle'),
};

/** Apps that throw AuthErrors themselves and leave them to the default error handler. */
const throwing = {
  'throwing-fastify.js': `
    import Fastify from 'fastify';
    import { AuthError } from 'grpc-wallet-auth';
    const app = Fastify();
    app.get('/:reason', async ({ params }) => { throw new AuthError(params.reason); });
    await app.listen({ port: 0 });`,
  'throwing-express.js': throwingExpress('express'),
  'throwing-express4.js': throwingExpress('express4'),
};

/** The HTTP status that belongs to each gRPC status. */
const STATUS = new Map([
  [16, 401],
  [7, 403],
  [8, 429],
  [13, 500],
  [14, 503],
]);

function throwingExpress(name: string): string {
  return `
    import express from '${name}';
    import { AuthError } from 'grpc-wallet-auth';
    const app = express();
    app.get('/:reason', ({ params }) => { throw new AuthError(params.reason); });
    app.listen(0);`;
}

let compiled: string;
beforeAll(async () => {
  const compilerOptions = { target: 'es2023', module: 'nodenext', strict: true, types: ['node'], outDir: 'out' };
  folder.write({
    ...onFreePorts,
    ...throwing,
    ...fetchServers,
    'tsconfig.json': JSON.stringify({ compilerOptions: { ...compilerOptions, rootDir: '.' }, include: ['*.ts'] }),
  });
  compiled = (await folder.run('tsc')).output;
  const express = readFileSync(join(folder.dir, 'out/express.js'), 'utf8');
  folder.write({ 'out/express4.js': express.replace(`from 'express'`, `from 'express4'`) });
}, 120_000);

it("the page's code compiles", () => {
  expect(Object.keys(page)).toEqual(['fastify.ts', 'express.ts', 'reason.ts', 'route.ts', 'trpc.ts']);
  expect(compiled).toBe('');
});

describe.each([
  ['fastify', /^\{"statusCode":401,"code":"16","error":"Unauthorized","message":"[a-z ]+"\}$/],
  ['express', /<pre>AuthError: [a-z ]+<\/pre>/],
  ['express4', /<pre>AuthError: [a-z ]+<\/pre>/],
])('%s', (name, shape) => {
  let url: string;
  beforeAll(async () => {
    url = `http://localhost:${(await folder.serve(`out/${name}.js`)).port}/whoami`;
  });

  /** `fetch` would join the values in one header. */
  async function get(...authorization: string[]): Promise<{ status: number | undefined; body: string }> {
    const headers = ['host', 'localhost', ...authorization.flatMap((value) => ['authorization', value])];
    const sent = request(url, { headers }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: response.statusCode, body: await text(response) };
  }

  it('knows the wallet of a good token', async () => {
    const { status, body } = await get(`Bearer ${mintToken()}`);
    expect([status, JSON.parse(body)]).toEqual([200, { wallet: testWallets.alice.address }]);
  });

  it.each([
    ['no token', []],
    ['an expired token', [`Bearer ${mintToken({ refusedFor: 'TOKEN_EXPIRED' })}`]],
    ['a foreign scheme', ['Basic YTpi']],
    ['two authorization headers, the first of them good', [`Bearer ${mintToken()}`, 'Bearer x']],
  ])('answers 401 to %s, and shows no stack trace', async (_, authorization) => {
    const { status, body } = await get(...authorization);
    expect(status).toBe(401);
    expect(body).toMatch(shape);
    expect(body).not.toContain('node_modules');
  });
});

describe.each([
  ['Next', 'next-server', '/whoami', { wallet: testWallets.alice.address }],
  ['tRPC', 'trpc-server', '/trpc/whoami', { result: { data: { wallet: testWallets.alice.address } } }],
])('%s', (_, name, path, answer) => {
  it('knows the wallet of a good token, and refuses with the reason', async () => {
    const { port } = await folder.serve(`out/${name}.js`);
    const get = async (headers: Record<string, string>) => {
      const response = await fetch(`http://localhost:${port}${path}`, { headers });
      return { status: response.status, headers: response.headers, body: (await response.json()) as object };
    };
    const good = await get({ authorization: `Bearer ${mintToken()}` });
    expect([good.status, good.body]).toEqual([200, answer]);
    expect(await get({})).toMatchObject({ status: 401, body: { reason: 'MISSING_CREDENTIALS' } });
    const expired = await get({ authorization: `Bearer ${mintToken({ refusedFor: 'TOKEN_EXPIRED' })}` });
    expect(expired).toMatchObject({ status: 401, body: { status: 401, reason: 'TOKEN_EXPIRED' } });
    expect(expired.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });
});

describe.each(['fastify', 'express', 'express4'])('the default error handler of %s', (name) => {
  it('answers with the statusCode of an AuthError, whatever its reason', async () => {
    const { port } = await folder.serve(`throwing-${name}.js`);
    const answers = authReasons.map(async (reason) => {
      const { status } = await fetch(`http://localhost:${port}/${reason}`);
      return [reason, status];
    });
    const expected = authReasons.map((reason) => [reason, STATUS.get(new AuthError(reason).code)]);
    expect(await Promise.all(answers)).toEqual(expected);
  });
});
