import { Code, createClient, createRouterTransport, type ConnectRouter } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { DeviceService } from '../../../gen/walletauth/v1/devices_pb.js';
import { authReasonOf } from '../../../src/auth-details.js';
import { createTokenSource } from '../../../src/client/create-token-source.js';
import { attachToken, type AttachTokenOptions } from '../../../src/connect/client/attach-token.js';
import { AuthError } from '../../../src/errors.js';
import { fixedToken } from '../../../src/testing/fixed-token.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { openChat } from '../../transports/calls.js';
import { connect } from '../../transports/connect.js';
import { startNode, type NodeOptions } from '../../transports/start.js';

const INTERVAL_MS = 5_000;
const RENEWAL_MS = 55 * 60_000;
const protocol = { name: 'grpc', httpVersion: '2' } as const;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

/** A node, and a client of it whose keep-alive calls WhoAmI, on one connection. */
async function setUp(gate: NodeOptions = {}, options: AttachTokenOptions = {}) {
  const node = await startNode(connect, protocol, gate);
  const source = createTokenSource(mintIdentity(), { now: node.clock.now, random: () => 0 });
  const errors: Error[] = [];
  const waiting: (() => void)[] = [];
  const onKeepAliveError = (error: Error) => {
    errors.push(error);
    waiting.splice(0).forEach((wake) => wake());
  };
  const keepAlive = () => client.whoAmI({});
  const baseUrl = node.running.baseUrl(protocol);
  const sessionManager = new Http2SessionManager(baseUrl);
  onTestFinished(() => sessionManager.abort());
  const interceptors = [attachToken(source, { keepAlive, onKeepAliveError, ...options })];
  const transport = createGrpcTransport({ baseUrl, sessionManager, interceptors });
  const client = createClient(DemoService, transport);
  const decisions = () =>
    node.events.map(({ method, decision, reason }) => `${method.split('/')[2]} ${reason ?? decision}`);
  /** Lets so much time pass that the source is asked once, and what it comes to happen. */
  const look = async (times = 1) => {
    for (let i = 0; i < times; i++) {
      vi.advanceTimersByTime(INTERVAL_MS);
      await settled();
    }
  };
  return { ...node, client, transport, errors, look, decisions, open: () => openChat(client, {}) };
}

const settled = async () => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => void setTimeout(resolve, 2));
};

describe('keepAlive over Connect', () => {
  it('shows the node a token that was renewed while a stream is open, in one small call, and makes none otherwise', async () => {
    const { clock, open, look, decisions, errors } = await setUp();
    const chat = await open();
    await look(3);
    expect(decisions()).toEqual(['Chat admitted']);
    clock.advance(RENEWAL_MS);
    await look(3);
    expect(decisions()).toEqual(['Chat admitted', 'WhoAmI admitted']);
    expect(errors).toEqual([]);
    chat.cancel();
  });

  it('makes no call where another call or a newer stream has carried the new token', async () => {
    const { clock, client, open, look, decisions } = await setUp();
    const chat = await open();
    clock.advance(RENEWAL_MS);
    await client.whoAmI({});
    await look(2);
    clock.advance(RENEWAL_MS);
    const another = await open();
    await look(2);
    expect(decisions()).toEqual(['Chat admitted', 'WhoAmI admitted', 'Chat admitted']);
    for (const each of [chat, another]) each.cancel();
  });

  it.each(['cancel', 'hangUp'] as const)('has no timer before a stream is open and none after its %s', async (end) => {
    const { client, open } = await setUp();
    await client.whoAmI({});
    const others = vi.getTimerCount();
    const [one, two] = [await open(), await open()];
    for (const chat of [one, two]) {
      expect(vi.getTimerCount()).toBe(others + 1);
      chat[end]();
      await chat.ended;
    }
    expect(vi.getTimerCount()).toBe(others);
  });

  it('has none after a stream that was refused, and none where there is no keepAlive', async () => {
    const refusing = await setUp({ authorize: () => false });
    const plain = await setUp({}, { keepAlive: undefined });
    const others = vi.getTimerCount();
    for (const { client } of [refusing, plain])
      await (async () => {
        for await (const _ of client.countUp({ limit: 1 })) continue;
      })().catch(() => undefined);
    const chat = await plain.open();
    expect(vi.getTimerCount()).toBe(others);
    chat.cancel();
  });

  it('counts a refusal that comes after authentication as kept alive', async () => {
    const authorize = (_: unknown, { method }: { method: string }) =>
      method.endsWith('WhoAmI') ? new AuthError('ACCESS_DENIED') : true;
    const { clock, open, look, decisions, errors } = await setUp({ authorize });
    const chat = await open();
    clock.advance(RENEWAL_MS);
    await look(3);
    expect(decisions()).toEqual(['Chat admitted', 'WhoAmI ACCESS_DENIED']);
    expect(errors).toEqual([]);
    chat.cancel();
  });

  it('reports a refusal without authentication, and tries again', async () => {
    let revoked = false;
    const { clock, open, look, decisions, errors } = await setUp({ isRevoked: () => revoked });
    const chat = await open();
    clock.advance(RENEWAL_MS);
    revoked = true;
    await look();
    expect(errors.map(authReasonOf)).toEqual(['DEVICE_REVOKED']);
    revoked = false;
    await look(2);
    expect(decisions()).toEqual(['Chat admitted', 'WhoAmI DEVICE_REVOKED', 'WhoAmI admitted']);
    chat.cancel();
  });

  it('reports a rate limit that names a wait, and tries again after it', async () => {
    const beforeAuthentication = { points: 2, windowMs: 40_000 };
    const limits = { classes: { default: { points: 100, windowMs: 60_000 } }, beforeAuthentication };
    const { clock, open, look, call, decisions, errors } = await setUp({ limits });
    const chat = await open();
    clock.advance(RENEWAL_MS);
    for (let i = 0; i < 2; i++) await call('unary');
    await look(4);
    expect(errors.map(authReasonOf)).toEqual(['RATE_LIMITED']);
    clock.advance(20_000);
    await look(1);
    expect(decisions().at(-1)).toBe('WhoAmI admitted');
    chat.cancel();
  });

  it('reports Unimplemented once, and makes no more calls', async () => {
    const { clock, open, look, decisions, errors, transport } = await setUp(
      { rules: { '*': { stream: 'at-open' } } },
      { keepAlive: () => devices.whoAmI({}) },
    );
    const devices = createClient(DeviceService, transport);
    const chat = await open();
    for (let i = 0; i < 2; i++) {
      clock.advance(RENEWAL_MS);
      await look(2);
    }
    expect(errors).toMatchObject([{ code: Code.Unimplemented }]);
    expect(decisions()).toEqual(['Chat admitted']);
    chat.cancel();
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no such thing');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no such thing'))],
  ])('a function that %s has shown nothing, and fails nothing else', async (_, keepAlive) => {
    const { clock, open, look, errors } = await setUp({}, { keepAlive });
    const chat = await open();
    clock.advance(RENEWAL_MS);
    await look(2);
    expect(errors.map(({ message }) => message)).toEqual(Array(2).fill('[unavailable] no such thing'));
    await chat.line('still here');
    chat.cancel();
  });

  it('does not wait for ever', async () => {
    vi.useRealTimers();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
    const errors: Error[] = [];
    const { forTarget: _, ...fixed } = fixedToken('first');
    let token = 'first';
    const keepAlive = () => new Promise(() => undefined);
    const onKeepAliveError = (error: Error) => void errors.push(error);
    const interceptors = [attachToken({ ...fixed, get: async () => token }, { keepAlive, onKeepAliveError })];
    const chat = async function* () {
      yield {};
      await new Promise(() => undefined);
    };
    const routes = (router: ConnectRouter) => router.service(DemoService, { chat });
    const client = createClient(DemoService, createRouterTransport(routes, { transport: { interceptors } }));
    const answers = client.chat((async function* () {})());
    const stream = answers[Symbol.asyncIterator]();
    await stream.next();
    token = 'second';
    await vi.advanceTimersByTimeAsync(INTERVAL_MS + 10_000);
    expect(errors).toMatchObject([{ code: Code.DeadlineExceeded }]);
    void stream.return?.();
  });

  it.each([5, null, 'walletauth.v1.DeviceService/WhoAmI', true])('must be a function, not %j', (keepAlive) => {
    const source = fixedToken('x');
    expect(() => attachToken(source, { keepAlive } as never)).toThrow(new TypeError('keepAlive must be a function'));
    expect(() => attachToken(source, { onKeepAliveError: 5 } as never)).toThrow('onKeepAliveError must be a function');
  });
});
