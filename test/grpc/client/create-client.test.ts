import { credentials, Client, makeClientConstructor } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { createTokenSource } from '../../../src/client/create-token-source.js';
import type { TargetTokenSource } from '../../../src/client/token-source.js';
import { createClient } from '../../../src/grpc/client/create-client.js';
import { walletAuth } from '../../../src/grpc/server/wallet-auth.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { createVerifier } from '../../../src/verify/create-verifier.js';
import { callKinds, definition, kinds, startDemoServer, type DemoServer } from '../../support/demo-server.js';

const source = createTokenSource(mintIdentity());
const plain = credentials.createInsecure();
const make = (target: string, options?: Parameters<typeof createClient>[4]) =>
  createClient(DemoService, target, plain, source, options);

describe('a client made for a real server', () => {
  let server: DemoServer;
  beforeEach(async () => {
    server = await startDemoServer(walletAuth());
  });
  afterEach(() => server.close());

  it.each(kinds)('authenticates a %s', async (kind) => {
    const client = make(server.target);
    expect((await callKinds[kind](client)).wallets[0]).toBe(testWallets.alice.address);
    client.close();
  });

  it('can be of a class that somebody else made, and keeps its options', async () => {
    const Generated = makeClientConstructor(definition, DemoService.typeName);
    let seen = 0;
    const client = createClient(Generated, server.target, plain, source, {
      clientOptions: { interceptors: [(options, next) => (seen++, next(options) as never)] },
    });
    expect(client).toBeInstanceOf(Generated);
    expect((await callKinds.unary(client as never)).wallets).toEqual([testWallets.alice.address]);
    expect(seen).toBe(1);
    client.close();
  });

  it('does not send a loopback token through a proxy', async () => {
    process.env['http_proxy'] = 'http://127.0.0.1:9';
    try {
      const client = make(server.target.replace('127.0.0.1', 'localhost'));
      expect((await callKinds.unary(client)).wallets).toEqual([testWallets.alice.address]);
      client.close();
    } finally {
      delete process.env['http_proxy'];
    }
  });
});

describe('the tokens of a client', () => {
  it('are those of its target: what a node says about its clock stays with that node', async () => {
    const [near, far] = [await startDemoServer(walletAuth()), await startDemoServer(walletAuth({ now: anHourAgo }))];
    const shared = createTokenSource(mintIdentity());
    const [one, two] = [near, far].map(({ target }) => createClient(DemoService, target, plain, shared));
    expect((await callKinds.unary(two!)).error).toBeUndefined();
    expect((await callKinds.unary(one!)).error).toBeUndefined();
    const ageOf = async ({ get }: TargetTokenSource) =>
      Date.now() - createVerifier().verify(`Bearer ${await get()}`).issuedAtMs;
    expect(await ageOf(shared.forTarget(far.target))).toBeGreaterThanOrEqual(3_540_000);
    for (const tokens of [shared, shared.forTarget(near.target)]) expect(await ageOf(tokens)).toBeLessThan(600_000);
    for (const each of [one!, two!, near, far]) each.close();
  });

  it('may come from a source without targets', async () => {
    const server = await startDemoServer(walletAuth());
    const { forTarget: _, ...bare } = source;
    const client = createClient(DemoService, server.target, plain, bare);
    expect((await callKinds.unary(client)).wallets).toEqual([testWallets.alice.address]);
    for (const each of [client, server]) each.close();
  });
});

const anHourAgo = () => new Date(Date.now() - 3_540_000);

describe('a plaintext channel', () => {
  it.each([
    'localhost:1',
    'LocalHost:1',
    '127.0.0.1:1',
    '127.8.9.10:1',
    '[::1]:1',
    '[::1]:50051',
    '[::1]',
    '::1',
    'localhost',
    'dns:localhost:1',
    'dns:///localhost:1',
    'ipv4:127.0.0.1:1,127.0.0.2:1',
    'ipv6:[::1]:1',
    'unix:/tmp/node.sock',
  ])('to %s may carry tokens', (target) => {
    expect(() => make(target).close()).not.toThrow();
  });

  it.each([
    'unix-abstract:node',
    'node.example:1',
    'localhost.example:1',
    'notlocalhost:1',
    '127.0.0.1.example:1',
    '127.0.0.256:1',
    '128.0.0.1:1',
    '10.0.0.1:1',
    '0.0.0.0:1',
    '[::2]:1',
    '[::ffff:127.0.0.1]:1',
    'dns://127.0.0.1/localhost:1',
    'dns:///node.example:1',
    'ipv4:127.0.0.1:1,10.0.0.1:1',
    'xds:///localhost:1',
    'localhost:1@node.example:1',
    'node.example/unix:/tmp/node.sock',
    'localhostdns:',
    'node.example[::1]:1',
    '[::1].node.example:1',
    'local:1host',
    '',
  ])('to %s may not, unless told', (target) => {
    expect(() => make(target)).toThrow(
      new TypeError(`tokens do not travel in clear to ${target}; use TLS credentials, or set allowInsecure`),
    );
    if (target !== '' && !target.startsWith('xds:'))
      expect(() => make(target, { allowInsecure: true }).close()).not.toThrow();
  });

  it('that somebody else made may not either, unless told', () => {
    const channelOverride = new Client('localhost:1', plain).getChannel();
    const options = { clientOptions: { channelOverride } };
    expect(() => make('localhost:1', options)).toThrow(
      new TypeError('whether an overridden channel is encrypted is unknown; set allowInsecure to use it'),
    );
    make('localhost:1', { ...options, allowInsecure: true }).close();
  });
});

it('a TLS channel may carry tokens anywhere', () => {
  createClient(DemoService, 'node.example:443', credentials.createSsl(), source).close();
  const combined = credentials.combineChannelCredentials(
    credentials.createSsl(),
    credentials.createFromMetadataGenerator(() => undefined),
  );
  createClient(DemoService, 'node.example:443', combined, source).close();
});

it('takes all of its options', () => {
  expect(() => make('localhost:1', { retry: false, allowInsecure: false, clientOptions: {} }).close()).not.toThrow();
});

it.each([
  [{ allowInsecure: 1 }, 'allowInsecure must be a boolean'],
  [{ retry: 1 }, 'retry must be a boolean'],
])('refuses %j by name', (options, message) => {
  expect(() => make('localhost:1', options as never)).toThrow(new TypeError(message));
});

it.each([{ allowInsecure: 1 }, { allowInsecure: null }, { allowinsecure: true }, { retry: 'no' }, null])(
  'refuses %s as options',
  (options) => {
    expect(() => make('localhost:1', options as never)).toThrow(TypeError);
  },
);
