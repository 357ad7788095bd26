import { credentials, makeClientConstructor, Metadata, type Client } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DemoService } from '../../gen/walletauth/demo/v1/demo_pb.js';
import type { GrpcClient } from '../../src/grpc/client/grpc-client.js';
import { authReasonOf } from '../../src/grpc/status.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { authorization, callKinds, definition, kinds, type Outcome } from '../support/demo-server.js';
import { scaffold } from './support/scaffold.js';
import { snippetsOf } from './support/snippets.js';

const NESTS = [
  ['12', 'module', ['@nestjs/common@12.5.1', '@nestjs/core@12.5.1', '@nestjs/microservices@12.1.1']],
  ['11', 'commonjs', ['@nestjs/common@11.2.10', '@nestjs/core@11.2.10', '@nestjs/microservices@11.2.6']],
] as const;
const OTHERS = [
  '@grpc/grpc-js@1.14.7',
  '@grpc/proto-loader@0.8.1',
  '@types/node@20.19.43',
  'reflect-metadata@0.2.2',
  'rxjs@7.8.2',
  'typescript@6.0.3',
];

const { 'main.ts': main = '', ...page } = snippetsOf('docs/nestjs.md');
const docs = main.replace('50051', '0');
const CHANNEL = 'channelOptions: { interceptors: [auth] },';
const FILTER = '@UseFilters(AuthErrorFilter)';

/** The application with the controller that uses the decorator. */
const short = docs.replaceAll('DemoController', 'ShortController').replace('demo.controller', 'short.controller');

const ERROR = `new AuthError('ACCESS_DENIED', { message: 'not yours' })`;

/** The page's controller, where each handler has another body. */
function controller(body: string, streamCallBody = body): string {
  const changed = page['demo.controller.ts']?.replaceAll(
    /^( {2}(\w+)\(.*\) \{\n)[^]*?^ {2}\}/gm,
    (_match, head: string, name: string) => `${head}    ${name === 'chat' ? streamCallBody : body}\n  }`,
  );
  return `import { AuthError, serviceError } from 'grpc-wallet-auth/grpc';\n${changed}`;
}
const throwing = controller(`throw ${ERROR};`);
const emitting = controller(`throw ${ERROR};`, `call.emit('error', serviceError(${ERROR}));`);

const apps = {
  docs: { ...page, 'main.ts': docs },
  // as a variable, because TypeScript refuses the unknown property in a literal
  trap: { ...page, 'main.ts': docs.replace(CHANNEL, '...{ interceptors: [auth] },') },
  throwing: { ...page, 'main.ts': docs, 'demo.controller.ts': throwing },
  emitting: { ...page, 'main.ts': docs, 'demo.controller.ts': emitting },
  short: { ...page, 'main.ts': short },
  'short-optional': { ...page, 'main.ts': short.replace('walletAuth()', `walletAuth({ rules: { '*': 'optional' } })`) },
  unfiltered: { ...page, 'main.ts': docs, 'demo.controller.ts': throwing.replace(FILTER, '') },
};

it('the page has the code that the tests change', () => {
  const files = ['demo.controller.ts', 'wallet.decorator.ts', 'short.controller.ts', 'auth-error.filter.ts'];
  expect(Object.keys(page)).toEqual(files);
  expect(short).toContain('controllers: [ShortController]');
  expect(short).toContain("'./short.controller.js'");
  expect(docs).toContain(CHANNEL);
  expect(throwing.match(/throw new AuthError/g)).toHaveLength(4);
  expect(throwing).toContain(FILTER);
  expect(emitting).toContain('call.emit');
});

describe.each(NESTS)('NestJS %s', (_, type, packages) => {
  const folder = scaffold(type, [...packages, ...OTHERS]);
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
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      types: ['node'],
      rootDir: '.',
      outDir: 'out',
    };
    folder.write({ 'tsconfig.json': JSON.stringify({ compilerOptions, include: ['*/*.ts'] }) });
    for (const [app, files] of Object.entries(apps)) {
      folder.write(Object.fromEntries(Object.entries(files).map(([name, code]) => [`${app}/${name}`, code])));
    }
    compiled = (await folder.run('tsc')).output;
  }, 120_000);

  async function start(app: keyof typeof apps) {
    const { port, exit } = await folder.serve(`out/${app}/main.js`, 'successfully started');
    const DemoClient = makeClientConstructor(definition, DemoService.typeName);
    const client = new DemoClient(`127.0.0.1:${port}`, credentials.createInsecure());
    open.push(client);
    return { client: client as unknown as GrpcClient<typeof DemoService>, exit };
  }

  const good = () => authorization(`Bearer ${mintToken()}`);
  const refused = ({ error }: Outcome) => error && [error.code, error.details, authReasonOf(error)];

  it("the page's code compiles", () => {
    expect(compiled).toBe('');
  });

  it('ignores options: { interceptors } and answers callers without a token', async () => {
    const { client } = await start('trap');
    const { error, wallets } = await callKinds['server stream'](client, new Metadata());
    expect([error, wallets]).toEqual([undefined, ['', '']]);
  });

  it('with channelOptions: { interceptors } refuses callers without a token, and knows the others, in all four call kinds', async () => {
    const { client } = await start('docs');
    const missing = [16, 'authorization token is not provided', 'MISSING_CREDENTIALS'];
    for (const kind of kinds) {
      expect([kind, refused(await callKinds[kind](client))]).toEqual([kind, missing]);
      const { error, wallets } = await callKinds[kind](client, good());
      expect([kind, error, ...new Set(wallets)]).toEqual([kind, undefined, testWallets.alice.address]);
    }
  });

  it('@Wallet() is the caller, and refuses where there is none, in the three kinds that have parameters', async () => {
    const { client } = await start('short');
    const { client: optional } = await start('short-optional');
    for (const kind of ['unary', 'server stream', 'client stream'] as const) {
      const { error, wallets } = await callKinds[kind](client, good());
      expect([kind, error, ...new Set(wallets)]).toEqual([kind, undefined, testWallets.alice.address]);
      expect(refused(await callKinds[kind](client))?.[2]).toBe('MISSING_CREDENTIALS');
      const { wallets: anonymous, error: missing } = await callKinds[kind](optional);
      expect([kind, ...new Set(anonymous), missing && authReasonOf(missing)]).toEqual(
        kind === 'server stream' ? [kind, 'anonymous', undefined] : [kind, 'MISSING_CREDENTIALS'],
      );
    }
  });

  it('sends an AuthError of a handler with its status and reason: thrown, through the exception filter, or emitted by @GrpcStreamCall', async () => {
    const { client } = await start('emitting');
    const denied = [7, 'not yours', 'ACCESS_DENIED'];
    for (const kind of kinds) {
      expect([kind, refused(await callKinds[kind](client, good()))]).toEqual([kind, denied]);
    }
  });

  it('ends the process on an error thrown in @GrpcStreamCall, in spite of the exception filter', async () => {
    const { client, exit } = await start('throwing');
    expect((await callKinds['bidi stream'](client, good())).error?.code).toBe(14);
    expect(await exit).toBe(1);
  });

  it('makes UNKNOWN of an AuthError without the exception filter', async () => {
    const { client } = await start('unfiltered');
    expect(refused(await callKinds.unary(client, good()))).toEqual([2, 'Internal server error', undefined]);
  });
});
