import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { beforeAll, describe, expect, it } from 'vitest';

import { mintToken } from '../../src/testing/mint-token.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { scaffold } from './support/scaffold.js';
import { snippetsOf } from './support/snippets.js';

const folder = scaffold('module', [
  '@bufbuild/protobuf@2.17.0',
  '@hono/node-server@2.1.9',
  '@types/express@5.0.6',
  '@types/node@20.19.43',
  'express4@npm:express@4.22.3',
  'express@5.3.0',
  'fastify@5.12.8',
  'hono@4.13.19',
  'typescript@6.0.3',
]);

const page = snippetsOf('docs/http.md');
const onFreePorts = Object.fromEntries(Object.entries(page).map(([name, code]) => [name, code.replace('8080', '0')]));

let compiled: string;
beforeAll(async () => {
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    types: ['node'],
    outDir: 'out',
    skipLibCheck: true,
  };
  folder.write({
    ...onFreePorts,
    'tsconfig.json': JSON.stringify({ compilerOptions: { ...compilerOptions, rootDir: '.' }, include: ['*.ts'] }),
  });
  compiled = (await folder.run('tsc')).output;
  const express = readFileSync(join(folder.dir, 'out/express.js'), 'utf8');
  folder.write({ 'out/express4.js': express.replace(`from 'express'`, `from 'express4'`) });
}, 120_000);

it("the page's code compiles", () => {
  expect(Object.keys(page)).toEqual(['hono.ts', 'fastify.ts', 'express.ts', 'client.ts']);
  expect(compiled).toBe('');
});

type Get = (
  headers: readonly string[],
  method?: string,
) => Promise<{ status: number | undefined; headers: IncomingMessage['headers']; body: string }>;

/** Starts one of the page's programs, and gives what calls it. */
async function start(name: string): Promise<Get> {
  const { port } = await folder.serve(`out/${name}.js`);
  return async (headers, method = 'GET') => {
    const options = { method, headers: ['host', 'localhost', ...headers] };
    const sent = request(`http://127.0.0.1:${port}/whoami`, options).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: response.statusCode, headers: response.headers, body: await text(response) };
  };
}

describe.each(['hono', 'fastify', 'express', 'express4'])('%s', (name) => {
  let get: Get;
  beforeAll(async () => {
    get = await start(name);
  });

  it('knows the wallet of a good token, and says when it ends', async () => {
    const { status, headers, body } = await get(['authorization', `Bearer ${mintToken()}`]);
    expect([status, JSON.parse(body)]).toEqual([200, { wallet: testWallets.alice.address }]);
    expect(headers['wallet-token-expires-at-ms']).toMatch(/^\d{13}$/);
  });

  it.each([
    ['no token', [], 'MISSING_CREDENTIALS'],
    ['an expired token', ['authorization', `Bearer ${mintToken({ refusedFor: 'TOKEN_EXPIRED' })}`], 'TOKEN_EXPIRED'],
    ['a foreign scheme', ['authorization', 'Basic YTpi'], 'UNSUPPORTED_SCHEME'],
  ])('answers 401 and the reason to %s', async (_, sent, reason) => {
    const { status, headers, body } = await get(sent);
    expect([status, headers['content-type']]).toEqual([401, 'application/problem+json']);
    expect(JSON.parse(body)).toMatchObject({ status: 401, reason });
    expect(headers['www-authenticate']).toMatch(/^Bearer\b/);
  });
});

describe.each(['fastify', 'express', 'express4'])('%s shows every header', (name) => {
  it('answers 401 to two authorization headers, both good', async () => {
    const get = await start(name);
    const value = `Bearer ${mintToken()}`;
    const { status, body } = await get(['authorization', value, 'authorization', value]);
    expect([status, JSON.parse(body).reason]).toEqual([401, 'MULTIPLE_CREDENTIALS']);
  });
});

describe('hono with its CORS', () => {
  it('lets pages of the other origin send tokens and read what they need', async () => {
    const get = await start('hono');
    const origin = ['origin', 'https://app.example'];
    const asked = [
      ...origin,
      'access-control-request-method',
      'GET',
      'access-control-request-headers',
      'authorization',
    ];
    const preflight = await get(asked, 'OPTIONS');
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-headers']).toContain('authorization');
    for (const sent of [[], ['authorization', `Bearer ${mintToken()}`]]) {
      const { headers } = await get([...origin, ...sent]);
      expect(headers['access-control-expose-headers']).toContain('wallet-token-expires-at-ms');
      expect(headers['access-control-allow-origin']).toBe('https://app.example');
    }
  });
});
