import { once } from 'node:events';

import { Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';

import { createTokenSource } from '../../../src/client/create-token-source.js';
import type { AccessSubject } from '../../../src/gate/access/access-list.js';
import type { StreamRule } from '../../../src/gate/call/call.js';
import type { DecisionEvent } from '../../../src/gate/decision.js';
import { attachToken } from '../../../src/grpc/client/attach-token.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import { authReasonOf } from '../../../src/grpc/status.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { authorization, callKinds, methodOf, startDemoServer, type DemoServer } from '../../support/demo-server.js';

const HOUR_MS = 3_600_000;
const GRACE_MS = 30_000;
const alice = testWallets.alice.address;

let demo: DemoServer;
afterEach(() => demo.close());

/** A node with a clock of its own, and a chat on it whose first line has been answered. */
async function openChat(options: WalletAuthOptions = {}, ...before: ServerInterceptor[]) {
  const clock = settableClock();
  const events: DecisionEvent[] = [];
  const onDecision = (event: DecisionEvent) => void events.push(event);
  const interceptor = walletAuth({ now: clock.now, timers: clock.timers, onDecision, ...options });
  demo = await startDemoServer(...before, interceptor);
  const handled = { lines: 0, cancellations: 0 };
  demo.own.chat = (call) => {
    call.on('cancelled', () => handled.cancellations++);
    call.on('data', ({ text }: { text: string }) => (handled.lines++, call.write({ wallet: alice, text })));
    call.on('end', () => call.end());
  };
  const token = () => authorization(`Bearer ${mintToken({ now: clock.now })}`);
  const client = demo.client();
  const call = client.chat(token());
  const ended = new Promise<string | undefined>((resolve) => {
    call.on('error', (error) => resolve(authReasonOf(error)));
    call.on('end', () => resolve('done'));
  });
  const line = async (text: string) => {
    const answered = once(call, 'data');
    call.write({ text });
    await answered;
  };
  await line('hello');
  const present = (metadata: Metadata = token()) => callKinds.unary(client, metadata);
  return { clock, events, handled, token, call, line, ended, present };
}

/** That the stream ended for a reason, that its handler learned it once, and the operator too. */
async function expectEnd({ ended, events, handled }: Awaited<ReturnType<typeof openChat>>, reason: string) {
  expect(await ended).toBe(reason);
  await new Promise(setImmediate);
  expect(handled.cancellations).toBe(1);
  expect(events.filter(({ decision }) => decision === 'ended')).toMatchObject([
    { reason, method: methodOf['bidi stream'] },
  ]);
}

describe('an open stream outlives its token', () => {
  it('no longer than a grace period, by default, when its device presents no newer one', async () => {
    const chat = await openChat();
    chat.clock.advance(HOUR_MS + GRACE_MS - 1);
    await chat.line('still here');
    chat.clock.advance(1);
    await expectEnd(chat, 'TOKEN_EXPIRED');
  });

  it('while its device presents good tokens, on whatever call', async () => {
    const chat = await openChat();
    for (let i = 0; i < 3; i++) {
      chat.clock.advance(HOUR_MS - 1_000);
      expect((await chat.present()).error).toBeUndefined();
    }
    await chat.line('three hours later');
    chat.clock.advance(HOUR_MS + GRACE_MS);
    await expectEnd(chat, 'TOKEN_EXPIRED');
  });

  it('also while the calls of the newer tokens are denied: the token was good', async () => {
    let denied = false;
    const chat = await openChat({ rules: { [methodOf.unary]: { authorize: () => !denied } } });
    denied = true;
    chat.clock.advance(HOUR_MS - 1_000);
    expect(authReasonOf((await chat.present()).error)).toBe('ACCESS_DENIED');
    chat.clock.advance(HOUR_MS);
    await chat.line('still here');
  });

  it('not at all where the method says until-expiry', async () => {
    const chat = await openChat({ rules: { [methodOf['bidi stream']]: { stream: 'until-expiry' } } });
    chat.clock.advance(HOUR_MS - 1_000);
    await chat.present();
    chat.clock.advance(1_001);
    await expectEnd(chat, 'TOKEN_EXPIRED');
  });

  it.each<[string, WalletAuthOptions['rules']]>([
    ['where the method says at-open', { '*': { stream: 'at-open' satisfies StreamRule } }],
    ['where the method is public', { '*': 'public' }],
  ])('for ever %s', async (_, rules) => {
    const chat = await openChat({ rules });
    chat.clock.advance(1_000 * HOUR_MS);
    await chat.line('days later');
  });

  it.each([
    ['nothing', false],
    ['its headers', true],
  ])('and its client does not make the call again when its handler had sent %s', async (_, sendsHeaders) => {
    const clock = settableClock();
    const interceptor = walletAuth({
      now: clock.now,
      timers: clock.timers,
      rules: { [methodOf['server stream']]: { stream: 'until-expiry' } },
    });
    demo = await startDemoServer(interceptor);
    const atWork = new Promise<void>((resolve) => {
      demo.own.countUp = (call) => {
        if (sendsHeaders) call.sendMetadata(new Metadata());
        if (demo.handlersRun() > 1) call.end();
        resolve();
      };
    });
    const client = demo.client([attachToken(createTokenSource(mintIdentity(), { now: clock.now }))]);
    const call = client.countUp({ limit: 1 });
    const ended = new Promise<string | undefined>((resolve) => {
      call.on('error', (error) => resolve(authReasonOf(error)));
      call.on('end', () => resolve('done'));
      call.resume();
    });
    await atWork;
    clock.advance(HOUR_MS + 1);
    expect(await ended).toBe('TOKEN_EXPIRED');
    expect(demo.handlersRun()).toBe(1);
  });

  it('by graceMs, which is checked at construction', async () => {
    const chat = await openChat({ graceMs: 5_000 });
    chat.clock.advance(HOUR_MS + 5_000);
    await expectEnd(chat, 'TOKEN_EXPIRED');
    for (const graceMs of [4_999, 3_600_001, null]) {
      expect(() => walletAuth({ graceMs: graceMs as number })).toThrow('graceMs must be an integer');
    }
  });
});

describe('an open stream outlives neither deny list nor revocation', () => {
  /** A list that can be changed at any time. */
  function listOf(): {
    list: { has(subject: AccessSubject): boolean; size: number };
    wallets: Set<string | undefined>;
  } {
    const wallets = new Set<string | undefined>();
    return { wallets, list: { has: ({ wallet }) => wallets.has(wallet), size: 1 } };
  }

  it('a message of a caller that is on the deny list now does not reach the handler', async () => {
    const { list, wallets } = listOf();
    const chat = await openChat({ access: { deny: list } });
    wallets.add(alice);
    chat.call.write({ text: 'too late' });
    await expectEnd(chat, 'ACCESS_DENIED');
    expect(chat.handled.lines).toBe(1);
  });

  it('a message of a device that is revoked now does not reach the handler', async () => {
    let revoked = false;
    const chat = await openChat({ isRevoked: () => revoked });
    revoked = true;
    chat.call.write({ text: 'too late' });
    await expectEnd(chat, 'DEVICE_REVOKED');
    expect(chat.handled.lines).toBe(1);
  });

  it('nor does it stay open in silence: lists and revocations are looked at again every streamRecheckMs', async () => {
    let revoked = false;
    const chat = await openChat({ isRevoked: () => revoked, streamRecheckMs: 1_000 });
    revoked = true;
    chat.clock.advance(999);
    await chat.present().then(({ error }) => expect(authReasonOf(error)).toBe('DEVICE_REVOKED'));
    expect(chat.handled.cancellations).toBe(0);
    chat.clock.advance(1);
    await expectEnd(chat, 'DEVICE_REVOKED');
  });

  it('a hook that fails ends it closed', async () => {
    let fail = false;
    const isRevoked = () => {
      if (fail) throw new Error('database');
      return false;
    };
    const chat = await openChat({ isRevoked });
    fail = true;
    chat.clock.advance(5_000);
    await expectEnd(chat, 'INTERNAL');
  });
});

describe('a message that is read before the decision about its call', () => {
  /** An interceptor that reads ahead, as one that logs requests may. */
  const readAhead: ServerInterceptor = (_, call) =>
    new ServerInterceptingCall(call, {
      start(next) {
        next();
        call.startRead();
      },
    });

  it('waits for the decision and goes through its checks: message checks do not fail open', async () => {
    let decide: (allowed: boolean) => void = () => undefined;
    const decided = new Promise<boolean>((resolve) => (decide = resolve));
    const checked: unknown[] = [];
    demo = await startDemoServer(
      readAhead,
      walletAuth({
        authorize: () => decided,
        rules: { '*': { authorizeMessage: (_, message) => (checked.push(message), false) } },
      }),
    );
    const outcome = callKinds.unary(demo.client(), authorization(`Bearer ${mintToken()}`));
    while (demo.messagesParsed() === 0) await new Promise(setImmediate);
    decide(true);
    expect(authReasonOf((await outcome).error)).toBe('ACCESS_DENIED');
    expect(authReasonOf((await outcome).error)).toBe('ACCESS_DENIED');
    expect([checked.length, demo.handlersRun()]).toEqual([1, 0]);
  });
});
