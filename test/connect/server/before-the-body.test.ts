import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';

import { connectNodeAdapter } from '@connectrpc/connect-node';
import { describe, expect, it, onTestFinished } from 'vitest';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/connect/server/wallet-auth.js';
import type { DecisionEvent } from '../../../src/gate/decision.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { sendFrames } from '../../support/raw-frames.js';
import { tokens } from '../../support/tokens.js';
import { withResolvers } from '../../support/with-resolvers.js';
import { methodOf } from '../../transports/calls.js';
import { rawHttp1, rawHttp2, type RawRequest } from './raw-requests.js';

/** A server that counts the bytes of bodies that something reads. */
async function start(options: WalletAuthOptions = {}) {
  const clock = settableClock();
  const auth = walletAuth({ now: clock.now, timers: clock.timers, ...options });
  let handlers = 0;
  const handler = connectNodeAdapter({
    routes: (router) =>
      router.service(DemoService, {
        whoAmI: () => (handlers++, {}),
        collectNotes: () => (handlers++, Promise.resolve({})),
      }),
    ...auth.adapter,
  });
  let bytesRead = 0;
  const counting = (request: IncomingMessage) => {
    const read = request[Symbol.asyncIterator].bind(request);
    request[Symbol.asyncIterator] = async function* () {
      for await (const chunk of { [Symbol.asyncIterator]: read }) {
        bytesRead += (chunk as Buffer).length;
        yield chunk;
      }
    };
  };
  const http1 = createServer((request, response) => (counting(request), handler(request, response)));
  const http2 = createHttp2Server((request, response) => (counting(request as never), handler(request, response)));
  onTestFinished(() => {
    http1.close();
    http1.closeAllConnections();
    http2.close();
  });
  const portOf = async (server: typeof http1 | typeof http2) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const ports = { '1.1': await portOf(http1), '2': await portOf(http2) };
  const open = (version: '1.1' | '2', path: string, headers: readonly string[]): RawRequest => {
    const url = `http://127.0.0.1:${ports[version]}${path}`;
    return version === '2' ? rawHttp2(url, headers) : rawHttp1(url, headers);
  };
  return { open, ports, clock, bytesRead: () => bytesRead, handlersRun: () => handlers };
}

const types = [
  'application/json',
  'application/proto',
  'application/connect+json',
  'application/grpc-web+proto',
  'application/grpc+proto',
];

describe.each(['1.1', '2'] as const)('a request over HTTP/%s whose body never comes', (version) => {
  it.each(types)('of %s is refused all the same, and no byte of a body is read', async (type) => {
    const node = await start();
    const path = type.startsWith('application/connect+') ? methodOf['client stream'] : methodOf.unary;
    const { answer, destroy } = node.open(version, path, ['content-type', type, 'authorization', tokens.forged]);
    const { status, headers, trailers, body } = await answer;
    const said = JSON.stringify([headers, trailers, body]);
    expect(status).toBe(/json$|application\/proto/.test(type) && !type.includes('connect') ? 401 : 200);
    expect(said).toMatch(/invalid(%20| )signature/);
    expect([node.bytesRead(), node.handlersRun()]).toEqual([0, 0]);
    destroy();
  });
});

describe('a request that is admitted', () => {
  it('has its body read, which the count shows', async () => {
    const node = await start();
    const headers = ['content-type', 'application/json', 'authorization', tokens.good];
    const { answer, send } = node.open('1.1', methodOf.unary, headers);
    send('{}');
    expect((await answer).status).toBe(200);
    expect([node.bytesRead(), node.handlersRun()]).toEqual([2, 1]);
  });

  it.each(['1.1', '2'] as const)('is looked at again when its body comes late, over HTTP/%s', async (version) => {
    const decided = withResolvers<DecisionEvent>();
    const node = await start({ onDecision: decided.resolve });
    const headers = ['content-type', 'application/json', 'authorization', tokens.good];
    const { answer, send } = node.open(version, methodOf.unary, headers);
    await decided.promise;
    node.clock.advance(3_600_000 + 30_001);
    send('{}');
    const { status, body } = await answer;
    expect([status, JSON.parse(body)]).toMatchObject([401, { message: 'token expired' }]);
    expect(node.handlersRun()).toBe(0);
  });
});

describe('two authorization headers', () => {
  const cases: [string, string[], string?][] = [
    ['the first of them good', [tokens.good, 'Bearer x']],
    ['both of them good', [tokens.good, tokens.good]],
    ['one of them in capitals', [tokens.good, tokens.bobs], 'AUTHORIZATION'],
  ];
  it.each(cases)('are refused over HTTP/1.1: %s', async (_, [first, second], name = 'authorization') => {
    const node = await start();
    const headers = ['content-type', 'application/json', 'authorization', first!, name, second!];
    const { answer, send } = node.open('1.1', methodOf.unary, headers);
    send('{}');
    const { status, body } = await answer;
    expect([status, JSON.parse(body)]).toMatchObject([401, { message: 'more than one authorization value' }]);
    expect(node.handlersRun()).toBe(0);
  });

  it.each(cases.slice(0, 2))('are refused over HTTP/2: %s', async (_, [first, second]) => {
    const decided = withResolvers<DecisionEvent>();
    const node = await start({ onDecision: decided.resolve });
    onTestFinished(
      sendFrames(node.ports['2'], methodOf.unary, [
        ['authorization', first!],
        ['authorization', second!],
      ]),
    );
    expect(await decided.promise).toMatchObject({ decision: 'refused', reason: 'MULTIPLE_CREDENTIALS' });
    expect(node.handlersRun()).toBe(0);
  });
});
