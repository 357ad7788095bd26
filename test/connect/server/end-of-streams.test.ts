import { once } from 'node:events';
import { createServer } from 'node:http';
import { constants, createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import { connect as connectSocket, type AddressInfo } from 'node:net';

import type { HandlerContext } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { describe, expect, it, onTestFinished } from 'vitest';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { leaseOf } from '../../../src/connect/server/lease-of.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/connect/server/wallet-auth.js';
import { HARD_CLOSE_AFTER_MS } from '../../../src/gate/steps/hard-close.js';
import { fakeDevices } from '../../../src/testing/fake-devices.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { connectionTo, methodOf, outcomeOf } from '../../transports/calls.js';
import type { Protocol } from '../../transports/node.js';
import { rawHttp2 } from './raw-requests.js';

const HOUR_MS = 3_600_000;

type CountUp = (request: { limit: number }, context: HandlerContext) => AsyncIterable<{ wallet?: string }>;

/** A node with a registry, on both versions of HTTP. */
async function start(countUp: CountUp, options: WalletAuthOptions = {}) {
  const fake = await fakeDevices();
  const { devices, clock } = fake;
  onTestFinished(() => devices.close());
  const auth = walletAuth({ devices, now: clock.now, timers: clock.timers, ...options });
  const handler = connectNodeAdapter({ routes: (router) => router.service(DemoService, { countUp }), ...auth.adapter });
  const http1 = createServer(handler);
  const http2 = createHttp2Server(handler);
  const sessions = new Set<ServerHttp2Session>();
  http2.on('session', (session) => sessions.add(session));
  onTestFinished(() => {
    http1.close();
    http1.closeAllConnections();
    for (const session of sessions) session.destroy();
    http2.close();
  });
  const portOf = async (server: typeof http1 | typeof http2) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const ports = { '1.1': await portOf(http1), '2': await portOf(http2) };
  return { ...fake, auth, ports, authorization: `Bearer ${mintToken({ now: clock.now })}` };
}

/** The frame of an empty request over gRPC and Connect alike. */
const EMPTY = Buffer.alloc(5);
const turn = () => new Promise(setImmediate);

// writes far more than any window holds, and notes when it was ended
function floods() {
  const seen = { written: 0, ended: 0, aborted: 0 };

  async function* countUp(_: unknown, { signal }: HandlerContext) {
    signal.addEventListener('abort', () => seen.aborted++);
    try {
      for (;;) {
        seen.written++;
        yield { wallet: 'x'.repeat(100_000) };
      }
    } finally {
      seen.ended++;
    }
  }
  /** Waits until the flood stands still. */
  async function full() {
    for (let before = -1, still = 0; still < 20;) {
      await turn();
      still = seen.written > 0 && before === seen.written ? still + 1 : 0;
      before = seen.written;
    }
  }
  return { seen, countUp, full };
}

describe('a stream whose client reads nothing', () => {
  it.each([
    ['gRPC', 'application/grpc+proto'],
    ['Connect', 'application/connect+proto'],
  ])(
    'over HTTP/2 (%s): its handler is told at once, and 5 seconds later it is closed hard, counted',
    async (_, type) => {
      const { seen, countUp, full } = floods();
      const { devices, clock, auth, ports, authorization } = await start(countUp);
      const url = `http://127.0.0.1:${ports['2']}${methodOf['server stream']}`;
      const { stream, send } = rawHttp2(url, ['content-type', type, 'authorization', authorization], { reads: false });
      const closed = once(stream, 'close').then(() => stream.rstCode);
      send(EMPTY);
      await full();
      await devices.revoke(mintIdentity().deviceId);
      expect(seen.aborted).toBe(1);
      await turn();
      clock.advance(HARD_CLOSE_AFTER_MS - 1);
      expect([stream.closed, auth.hardCloses]).toEqual([false, 0]);
      clock.advance(1);
      expect(await closed).toBe(constants.NGHTTP2_CANCEL);
      expect([auth.hardCloses, devices.health().hardCloses]).toEqual([1, 1]);
      await expect.poll(() => seen.ended).toBe(1);
    },
  );

  it('over HTTP/1.1: its connection is closed', async () => {
    const { seen, countUp, full } = floods();
    const { devices, clock, auth, ports, authorization } = await start(countUp);
    const socket = connectSocket(ports['1.1']);
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(
      `POST ${methodOf['server stream']} HTTP/1.1\r\nhost: x\r\ncontent-type: application/connect+proto\r\n` +
        `authorization: ${authorization}\r\ncontent-length: 5\r\n\r\n`,
    );
    socket.write(EMPTY);
    await full();
    await devices.revoke(mintIdentity().deviceId);
    expect(seen.aborted).toBe(1);
    await turn();
    clock.advance(HARD_CLOSE_AFTER_MS);
    expect(auth.hardCloses).toBe(1);
    socket.resume();
    await once(socket, 'close');
    await expect.poll(() => seen.ended).toBe(1);
  });
});

describe('a stream that ends while its client has not closed its own side', () => {
  it('is closed without an error after 5 seconds, and not counted', async () => {
    const { devices, clock, auth, ports, authorization } = await start(async function* (_, { signal }) {
      yield { wallet: 'one' };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    const url = `http://127.0.0.1:${ports['2']}${methodOf['server stream']}`;
    const { stream, answer, send } = rawHttp2(url, [
      'content-type',
      'application/connect+proto',
      'authorization',
      authorization,
    ]);
    const closed = once(stream, 'close').then(() => stream.rstCode);
    send(EMPTY);
    await once(stream, 'response');
    await devices.revoke(mintIdentity().deviceId);
    expect((await answer).body).toContain('device revoked');
    await turn();
    clock.advance(HARD_CLOSE_AFTER_MS);
    expect(await closed).toBe(constants.NGHTTP2_NO_ERROR);
    expect(auth.hardCloses).toBe(0);
  });
});

const protocols: Protocol[] = [
  { name: 'connect', httpVersion: '1.1' },
  { name: 'connect', httpVersion: '2' },
  { name: 'grpc-web', httpVersion: '1.1' },
  { name: 'grpc', httpVersion: '2' },
];

describe.each(protocols)('an until-expiry stream over $name, HTTP/$httpVersion', (protocol) => {
  it.each([
    ['then goes on', 'waits'],
    ['then returns', 'returns'],
    ['then throws', 'throws'],
  ])('lets its handler have a last word, which %s, and ends with its reason', async (_, then) => {
    let began = () => undefined as void;
    const first = new Promise<void>((resolve) => (began = resolve));
    const { clock, ports, authorization } = await start(
      async function* (_request, context) {
        yield { wallet: 'first' };
        const lapsing = new Promise<void>((resolve) => leaseOf(context).onLapsing(resolve));
        began();
        await lapsing;
        yield { wallet: 'last' };
        if (then === 'throws') throw new Error('secret');
        if (then === 'waits') await new Promise(() => undefined);
      },
      { rules: { '*': { stream: 'until-expiry' } } },
    );
    const { client, close } = connectionTo(`http://127.0.0.1:${ports[protocol.httpVersion]}`, protocol);
    onTestFinished(close);
    const outcome = outcomeOf({ authorization }, (options) => client.countUp({ limit: 1 }, options));
    await first;
    clock.advance(HOUR_MS + 1);
    expect(await outcome).toMatchObject({ reason: 'TOKEN_EXPIRED', wallets: ['first', 'last'] });
  });
});
