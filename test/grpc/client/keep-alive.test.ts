import { credentials, InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { createTokenSource } from '../../../src/client/create-token-source.js';
import { AuthError } from '../../../src/errors.js';
import type { DecisionEvent } from '../../../src/gate/decision.js';
import { attachToken, type AttachTokenOptions } from '../../../src/grpc/client/attach-token.js';
import { createClient } from '../../../src/grpc/client/create-client.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import { authReasonOf } from '../../../src/grpc/status.js';
import { EXPIRES_KEY } from '../../../src/status-details.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { authorization, callKinds, startDemoServer, type DemoServer } from '../../support/demo-server.js';

const METHOD = `${DemoService.typeName}/WhoAmI`;
const INTERVAL_MS = 5_000;
const RENEWAL_MS = 55 * 60_000;

let server: DemoServer | undefined;
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => {
  vi.useRealTimers();
  server?.close();
  server = undefined;
});

/** A node that writes down its decisions, and a client of it with one chat open. */
async function setUp(options: AttachTokenOptions = {}, gate: WalletAuthOptions = {}, below: Interceptor[] = []) {
  const clock = settableClock();
  const decisions: string[] = [];
  const waiting: (() => void)[] = [];
  const onDecision = ({ method, decision, reason }: DecisionEvent) => {
    decisions.push(`${method.split('/')[2]} ${reason ?? decision}`);
    waiting.splice(0).forEach((wake) => wake());
  };
  server = await startDemoServer(walletAuth({ now: clock.now, onDecision, ...gate }));
  const source = createTokenSource(mintIdentity(), { now: clock.now, random: () => 0 });
  const errors: Error[] = [];
  const failed: (() => void)[] = [];
  const onKeepAliveError = (error: Error) => {
    errors.push(error);
    failed.splice(0).forEach((wake) => wake());
  };
  const client = server.client([attachToken(source, { keepAlive: METHOD, onKeepAliveError, ...options }), ...below]);
  const open = async () => {
    const chat = client.chat();
    chat.on('error', () => undefined);
    const said = new Promise((resolve) => chat.once('data', resolve));
    chat.write({ text: 'hello' });
    await said;
    return chat;
  };
  const nextDecision = () => new Promise<void>((resolve) => waiting.push(resolve));
  const nextError = () => new Promise<void>((resolve) => failed.push(resolve));
  return { ...server, clock, decisions, source, errors, client, open, nextDecision, nextError };
}

const settled = async () => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => void setImmediate(resolve));
};

describe('keepAlive', () => {
  it('shows the node a token that was renewed while a stream is open, in one small call, and makes none otherwise', async () => {
    const { clock, decisions, open, nextDecision, errors } = await setUp();
    const chat = await open();
    vi.advanceTimersByTime(10 * INTERVAL_MS);
    await settled();
    expect(decisions).toEqual(['Chat admitted']);
    clock.advance(RENEWAL_MS);
    const shown = nextDecision();
    vi.advanceTimersByTime(INTERVAL_MS);
    await shown;
    for (let i = 0; i < 10; i++) {
      await settled();
      vi.advanceTimersByTime(INTERVAL_MS);
    }
    await settled();
    expect(decisions).toEqual(['Chat admitted', 'WhoAmI admitted']);
    expect(errors).toEqual([]);
    chat.cancel();
  });

  it('makes no call where another call has carried the new token', async () => {
    const { clock, decisions, client, open } = await setUp();
    const chat = await open();
    clock.advance(RENEWAL_MS);
    await callKinds.unary(client);
    vi.advanceTimersByTime(10 * INTERVAL_MS);
    await settled();
    expect(decisions).toEqual(['Chat admitted', 'WhoAmI admitted']);
    chat.cancel();
  });

  it('makes no call where an answer without the end of the token shows that the node has accepted it', async () => {
    const { clock, decisions, client, open, source } = await setUp();
    const chat = await open();
    clock.advance(RENEWAL_MS);
    await callKinds.unary(server!.client(), authorization(`Bearer ${await source.get()}`)); // on the same connection
    const { metadata } = await callKinds.unary(client);
    expect(metadata?.get(EXPIRES_KEY)).toEqual([]);
    vi.advanceTimersByTime(10 * INTERVAL_MS);
    await settled();
    expect(decisions).toEqual(['Chat admitted', 'WhoAmI admitted', 'WhoAmI admitted']);
    chat.cancel();
  });

  it('makes no call where a newer stream carries the new token', async () => {
    const { clock, decisions, open } = await setUp();
    const first = await open();
    clock.advance(RENEWAL_MS);
    const second = await open();
    vi.advanceTimersByTime(10 * INTERVAL_MS);
    await settled();
    expect(decisions).toEqual(['Chat admitted', 'Chat admitted']);
    for (const chat of [first, second]) chat.cancel();
  });

  it('has no timer before a stream is open and none after the last has ended', async () => {
    const { client, open } = await setUp();
    await callKinds.unary(client);
    const others = vi.getTimerCount(); // those of grpc-js
    const [one, two] = [await open(), await open()];
    for (const chat of [one, two]) {
      const ended = new Promise((resolve) => chat.once('status', resolve));
      expect(vi.getTimerCount()).toBe(others + 1);
      chat.cancel();
      await ended;
    }
    expect(vi.getTimerCount()).toBe(others);
  });

  it.each(['ACCESS_DENIED', 'RATE_LIMITED'] as const)(
    'counts a refusal with %s, which comes after authentication, as kept alive',
    async (reason) => {
      const authorize = (_: unknown, { method }: { method: string }) =>
        method.endsWith('WhoAmI') ? new AuthError(reason) : true;
      const { clock, decisions, open, nextDecision, errors } = await setUp({}, { authorize });
      const chat = await open();
      clock.advance(RENEWAL_MS);
      const shown = nextDecision();
      vi.advanceTimersByTime(INTERVAL_MS);
      await shown;
      await settled();
      vi.advanceTimersByTime(INTERVAL_MS);
      await settled();
      expect(decisions).toEqual(['Chat admitted', `WhoAmI ${reason}`]);
      expect(errors).toEqual([]);
      chat.cancel();
    },
  );

  it('tells of UNIMPLEMENTED once, and calls no more', async () => {
    const { clock, decisions, open, errors, nextError } = await setUp({ keepAlive: 'no.such.Service/Method' });
    const chat = await open();
    clock.advance(RENEWAL_MS);
    const told = nextError();
    const timers = vi.getTimerCount();
    vi.advanceTimersByTime(INTERVAL_MS);
    await told;
    expect(errors).toMatchObject([
      { code: 12, message: expect.stringMatching(/^keep-alive call of \/no\.such\.Service\/Method: UNIMPLEMENTED/) },
    ]);
    expect(vi.getTimerCount()).toBe(timers - 1);
    const another = await open();
    clock.advance(RENEWAL_MS);
    vi.advanceTimersByTime(10 * INTERVAL_MS);
    await settled();
    expect(errors).toHaveLength(1);
    expect(decisions).toEqual(['Chat admitted', 'Chat admitted']);
    for (const each of [chat, another]) each.cancel();
  });

  it('tells of a refusal without authentication, and tries again', async () => {
    let revoked = false;
    const { clock, decisions, open, errors, nextError, nextDecision } = await setUp({}, { isRevoked: () => revoked });
    const chat = await open();
    clock.advance(RENEWAL_MS);
    revoked = true;
    const told = nextError();
    vi.advanceTimersByTime(INTERVAL_MS);
    await told;
    expect(errors.map(authReasonOf)).toEqual(['DEVICE_REVOKED']);
    revoked = false;
    await settled();
    const shown = nextDecision();
    vi.advanceTimersByTime(INTERVAL_MS);
    await shown;
    expect(decisions).toEqual(['Chat admitted', 'WhoAmI DEVICE_REVOKED', 'WhoAmI admitted']);
    chat.cancel();
  });

  it('tells of a rate limit, which may come before authentication, and tries again after the wait that it names', async () => {
    const beforeAuthentication = { points: 2, windowMs: 40_000 };
    const limits = { classes: { default: { points: 100, windowMs: 60_000 } }, beforeAuthentication };
    const { clock, decisions, open, errors, nextError, nextDecision } = await setUp({}, { limits });
    const chat = await open();
    clock.advance(RENEWAL_MS);
    for (let i = 0; i < 2; i++) await callKinds.unary(server!.client());
    const told = nextError();
    vi.advanceTimersByTime(INTERVAL_MS);
    await told;
    await settled();
    expect(errors.map(authReasonOf)).toEqual(['RATE_LIMITED']);
    for (let ms = 0; ms < 20_000 - INTERVAL_MS; ms += INTERVAL_MS) {
      vi.advanceTimersByTime(INTERVAL_MS);
      await settled();
    }
    clock.advance(20_000);
    const shown = nextDecision();
    vi.advanceTimersByTime(INTERVAL_MS);
    await shown;
    const others = Array.from({ length: 2 }, () => 'WhoAmI MISSING_CREDENTIALS');
    expect(decisions).toEqual(['Chat admitted', ...others, 'WhoAmI RATE_LIMITED', 'WhoAmI admitted']);
    chat.cancel();
  });

  it('corrects its clock by such a refusal', async () => {
    const { clock, decisions, open, nextError, nextDecision, source } = await setUp({}, { maxAgeMs: 120_000 });
    const chat = await open();
    source.noteServerTime(clock.now().getTime() - 86_400_000);
    source.invalidate();
    const told = nextError();
    vi.advanceTimersByTime(INTERVAL_MS);
    await told;
    await settled();
    clock.advance(1);
    const shown = nextDecision();
    vi.advanceTimersByTime(INTERVAL_MS);
    await shown;
    expect(decisions).toEqual(['Chat admitted', 'WhoAmI TOKEN_EXPIRED', 'WhoAmI admitted']);
    chat.cancel();
  });

  it('reaches the channel through other interceptors', async () => {
    const { clock, decisions, open, nextDecision } = await setUp({}, {}, [
      (options, next) => new InterceptingCall(next(options)),
      (options, next) =>
        new InterceptingCall(next(options), { start: (metadata, listener, start) => start(metadata, listener) }),
    ]);
    const chat = await open();
    clock.advance(RENEWAL_MS);
    const shown = nextDecision();
    vi.advanceTimersByTime(INTERVAL_MS);
    await shown;
    expect(decisions).toEqual(['Chat admitted', 'WhoAmI admitted']);
    chat.cancel();
  });

  it('says so once where the channel is out of reach', async () => {
    const hide: Interceptor = (options, next) => {
      const call = next(options);
      return Object.fromEntries(
        [
          'start',
          'sendMessageWithContext',
          'sendMessage',
          'startRead',
          'halfClose',
          'cancelWithStatus',
          'getPeer',
          'getAuthContext',
        ].map((name) => [name, (...args: unknown[]) => Reflect.apply(call[name as 'start'], call, args)]),
      ) as never;
    };
    const { clock, decisions, open, errors, nextError } = await setUp({}, {}, [hide]);
    const chat = await open();
    clock.advance(RENEWAL_MS);
    const told = nextError();
    const timers = vi.getTimerCount();
    vi.advanceTimersByTime(INTERVAL_MS);
    await told;
    expect(errors.map(({ message }) => message)).toEqual([
      `keep-alive call of /${METHOD}: UNKNOWN: the channel of a stream is out of reach`,
    ]);
    expect(vi.getTimerCount()).toBe(timers - 1);
    expect(decisions).toEqual(['Chat admitted']);
    chat.cancel();
  });

  it('tells of nothing that ends with the client itself', async () => {
    const { clock, client, open, errors, nextDecision } = await setUp();
    await open();
    clock.advance(RENEWAL_MS);
    const shown = nextDecision();
    vi.advanceTimersByTime(INTERVAL_MS);
    client.close();
    server!.close();
    await Promise.race([shown, settled()]);
    await settled();
    expect(errors).toEqual([]);
  });

  it('works with createClient', async () => {
    const { target, clock, source, decisions, nextDecision } = await setUp();
    const client = createClient(DemoService, target, credentials.createInsecure(), source, { keepAlive: METHOD });
    const chat = client.chat();
    chat.on('error', () => undefined);
    const said = new Promise((resolve) => chat.once('data', resolve));
    chat.write({ text: 'hello' });
    await said;
    clock.advance(RENEWAL_MS);
    const shown = nextDecision();
    vi.advanceTimersByTime(INTERVAL_MS);
    await shown;
    expect(decisions).toEqual(['Chat admitted', 'WhoAmI admitted']);
    chat.cancel();
    client.close();
  });

  it('is off by default: a stream has no timer', async () => {
    const { client, open } = await setUp({ keepAlive: undefined });
    await callKinds.unary(client);
    const others = vi.getTimerCount(); // those of grpc-js
    const chat = await open();
    expect(vi.getTimerCount()).toBe(others);
    chat.cancel();
  });

  it('true stands for WhoAmI of the device service', async () => {
    const { clock, errors, nextError, open } = await setUp({ keepAlive: true });
    const chat = await open();
    clock.advance(RENEWAL_MS);
    const failed = nextError();
    vi.advanceTimersByTime(INTERVAL_MS);
    await failed;
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('/walletauth.v1.DeviceService/WhoAmI'),
    ]);
    chat.cancel();
  });

  it.each(['', 'Method', '/pkg.Service/Method', 'pkg.Service/', 'pkg.Service/*', 'pkg.Service/a/b', 5, null])(
    'must be a method, not %j',
    (keepAlive) => {
      const source = createTokenSource(mintIdentity());
      expect(() => attachToken(source, { keepAlive } as never)).toThrow(
        new TypeError('keepAlive must be a method: pkg.Service/Method, or true'),
      );
      expect(() => attachToken(source, { onKeepAliveError: 5 } as never)).toThrow(
        'onKeepAliveError must be a function',
      );
    },
  );
});
