import { credentials, makeClientConstructor, type Client } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { DemoService } from '../../gen/walletauth/demo/v1/demo_pb.js';
import type { GrpcClient } from '../../src/grpc/client/grpc-client.js';
import { authReasonOf } from '../../src/grpc/status.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { authorization, callKinds, definition, kinds, type CallKind, type Outcome } from '../support/demo-server.js';
import { scaffold } from './support/scaffold.js';
import { snippetsOf } from './support/snippets.js';

const folder = scaffold('module', [
  '@bufbuild/protobuf@2.17.0',
  '@grpc/grpc-js@1.14.7',
  '@types/node@20.19.43',
  'nice-grpc@2.1.18',
  'typescript@6.0.3',
]);

const { 'server.ts': page = '', ...middleware } = snippetsOf('docs/nice-grpc.md');
const docs = page.replace('50051', '0');
const INTERCEPTORS = 'interceptors: [walletAuth(), markCall]';

/** The page's server, where each handler throws before it does anything else. */
const throwing = docs
  .replace('import {', "import { AuthError } from 'grpc-wallet-auth';\nimport {")
  .replaceAll(/^( {2}async .*\) \{\n)/gm, '$1    throwDenied();\n')
  .concat("function throwDenied() { throw new AuthError('ACCESS_DENIED', { message: 'not yours' }); }\n");

const apps = {
  docs,
  throwing,
  optional: docs.replace(INTERCEPTORS, `interceptors: [walletAuth({ rules: { '*': 'optional' } }), markCall]`),
  open: docs.replace(INTERCEPTORS, 'interceptors: [markCall]'),
  unmarked: docs.replace(INTERCEPTORS, 'interceptors: [walletAuth()]'),
  reversed: docs.replace(INTERCEPTORS, 'interceptors: [markCall, walletAuth()]'),
};

const open: Client[] = [];
afterAll(() => {
  for (const client of open) client.close();
});

let compiled: string;
beforeAll(async () => {
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    rootDir: '.',
    outDir: 'out',
  };
  folder.write({ 'tsconfig.json': JSON.stringify({ compilerOptions, include: ['*/*.ts'] }) });
  for (const [app, server] of Object.entries(apps)) {
    const files = Object.entries({ ...middleware, 'server.ts': server });
    folder.write(Object.fromEntries(files.map(([name, code]) => [`${app}/${name}`, code])));
  }
  compiled = (await folder.run('tsc')).output;
}, 120_000);

async function start(app: keyof typeof apps): Promise<GrpcClient<typeof DemoService>> {
  const { port } = await folder.serve(`out/${app}/server.js`, 'ready');
  const DemoClient = makeClientConstructor(definition, DemoService.typeName);
  const client = new DemoClient(`127.0.0.1:${port}`, credentials.createInsecure());
  open.push(client);
  return client as unknown as GrpcClient<typeof DemoService>;
}

const good = () => authorization(`Bearer ${mintToken()}`);
const refused = ({ error }: Outcome) => error && [error.code, error.details, authReasonOf(error)];

it("nice-grpc: the page's code compiles", () => {
  expect(Object.keys(middleware)).toEqual(['identity-middleware.ts']);
  expect(docs).toContain(INTERCEPTORS);
  expect(throwing.match(/^ {4}throwDenied/gm)).toHaveLength(4);
  expect(compiled).toBe('');
});

it('nice-grpc: refuses callers without a token, and knows the others, in all four call kinds', async () => {
  const client = await start('docs');
  for (const kind of kinds) {
    const missing = [16, 'authorization token is not provided', 'MISSING_CREDENTIALS'];
    expect([kind, refused(await callKinds[kind](client))]).toEqual([kind, missing]);
    const { error, wallets, metadata } = await callKinds[kind](client, good());
    expect([kind, error, ...new Set(wallets)]).toEqual([kind, undefined, testWallets.alice.address]);
    expect(metadata?.get('wallet-token-expires-at-ms')).toHaveLength(1);
  }
});

it('nice-grpc: callers at the same time get their own identity each, whatever mark they send', async () => {
  const client = await start('docs');
  const calls = Array.from({ length: 20 }, async (_, i) => {
    const wallet = i % 2 ? testWallets.alice : testWallets.bob;
    const metadata = authorization(`Bearer ${mintToken({ wallet })}`);
    metadata.set('wallet-call-bin', Buffer.alloc(1));
    const { wallets } = await callKinds[kinds[i % 4]!](client, metadata);
    return [...new Set(wallets)].join() === wallet.address;
  });
  expect(new Set(await Promise.all(calls))).toEqual(new Set([true]));
});

it('nice-grpc: sends an AuthError of a handler with its status and reason', async () => {
  const client = await start('throwing');
  for (const kind of kinds) {
    expect([kind, refused(await callKinds[kind](client, good()))]).toEqual([kind, [7, 'not yours', 'ACCESS_DENIED']]);
  }
});

it('nice-grpc: requireIdentity refuses an anonymous caller of an optional method, getIdentity does not', async () => {
  const client = await start('optional');
  const missing = [16, 'authorization token is not provided', 'MISSING_CREDENTIALS'];
  expect(refused(await callKinds.unary(client))).toEqual(missing);
  expect((await callKinds['server stream'](client)).wallets).toEqual(['anonymous', 'anonymous']);
});

it.each<[keyof typeof apps, CallKind, unknown]>([
  ['open', 'unary', 13], // without walletAuth nobody has an identity
  ['unmarked', 'unary', 13],
  ['reversed', 'unary', 13],
])('nice-grpc: with the interceptors wrong no handler takes a client for somebody: %s', async (app, kind, code) => {
  const client = await start(app);
  const metadata = good();
  metadata.set('wallet-call-bin', Buffer.alloc(1));
  const { error, wallets } = await callKinds[kind](client, metadata);
  expect([error?.code, wallets]).toEqual([code, []]);
});
