import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { fastUnderNode } from '../../support/fast-under-node.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A server whose optional method is an async handler, and one call of it without a token. */
const program = `
  import { authenticated } from './src/grpc/server/authenticated.js';
  import { requireIdentity } from './src/grpc/server/identity-of.js';
  import { walletAuth } from './src/grpc/server/wallet-auth.js';
  import { startDemoServer } from './test/support/demo-server.js';

  const server = await startDemoServer(walletAuth({ rules: { '*': 'optional' } }));
  server.own.whoAmI = process.argv[2] === 'authenticated'
    ? authenticated(async ({ identity }) => ({ wallet: identity.wallet }))
    : async (call, callback) => callback(null, { wallet: requireIdentity(call).wallet });
  server.client().whoAmI({}, (error) => {
    console.log(error.code, error.details);
    server.close();
  });
`;

let dir: string;
beforeAll(async () => {
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
  dir = mkdtempSync(join(root, 'node_modules/.cache/async-handler-'));
  await build({
    stdin: { contents: program, loader: 'ts', resolveDir: root },
    outfile: join(dir, 'program.mjs'),
    bundle: true,
    alias: fastUnderNode,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function run(handler: 'plain' | 'authenticated') {
  return spawnSync(process.execPath, [join(dir, 'program.mjs'), handler], { encoding: 'utf8', timeout: 20_000 });
}

it('an async handler of an optional method, called without a token, ends the process with requireIdentity alone', () => {
  const { status, stderr } = run('plain');
  expect(status).toBe(1);
  expect(stderr).toContain('authorization token is not provided');
});

it('an async handler of an optional method, called without a token, answers UNAUTHENTICATED with authenticated()', () => {
  const { status, stdout, stderr } = run('authenticated');
  expect([status, stdout, stderr]).toEqual([0, '16 authorization token is not provided\n', '']);
});
