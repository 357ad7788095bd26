import { Metadata, ServerInterceptingCall, status as Status, type ServerInterceptor } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';

import { createIdentity } from '../../../src/client/create-identity.js';
import { createTokenSource } from '../../../src/client/create-token-source.js';
import type { TokenSource } from '../../../src/client/token-source.js';
import { WalletError } from '../../../src/client/wallet/wallet-error.js';
import { AuthError } from '../../../src/errors.js';
import type { DecisionEvent } from '../../../src/gate/decision.js';
import { attachToken } from '../../../src/grpc/client/attach-token.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import { authReasonOf, serviceError } from '../../../src/grpc/status.js';
import { EXPIRES_KEY } from '../../../src/status-details.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { authorization, callKinds, kinds, startDemoServer, type DemoServer } from '../../support/demo-server.js';

const { alice, bob } = testWallets;
const HOUR_MS = 3_600_000;

let server: DemoServer | undefined;
afterEach(() => server?.close());

/** A node and what it decided, refusals by their reason. */
async function startNode(options: WalletAuthOptions = {}, ...first: ServerInterceptor[]) {
  const clock = settableClock();
  const decisions: string[] = [];
  const onDecision = ({ decision, reason }: DecisionEvent) => decisions.push(reason ?? decision);
  server = await startDemoServer(...first, walletAuth({ now: clock.now, onDecision, ...options }));
  return { ...server, clock, decisions };
}

/** A source that counts, around a real one. */
function countingSource(now: () => Date, lifetimeMs = HOUR_MS) {
  const inner = createTokenSource(mintIdentity(), {
    now,
    tokenLifetimeMs: lifetimeMs,
    maxClockAdvanceMs: 24 * HOUR_MS,
  });
  const texts: string[] = [];
  const source: TokenSource = {
    ...inner,
    get: async () => {
      const text = await inner.get();
      texts.push(text);
      return text;
    },
  };
  return { source, texts };
}

describe.each(kinds)('a %s', (kind) => {
  it('carries the token in place of what the caller wrote, and leaves the metadata of the caller alone', async () => {
    const { client, clock } = await startNode();
    const { source } = countingSource(clock.now);
    const metadata = authorization(`Bearer ${mintToken({ now: clock.now, wallet: bob })}`);
    const before = metadata.clone();
    const { wallets, error } = await callKinds[kind](client([attachToken(source)]), metadata);
    expect(error).toBeUndefined();
    expect(new Set(wallets)).toEqual(new Set([alice.address]));
    expect(metadata).toEqual(before);
  });

  it('teaches the source when the node will stop taking the token', async () => {
    const { client, clock } = await startNode({ maxAgeMs: 120_000 });
    const { source, texts } = countingSource(clock.now);
    const attached = client([attachToken(source)]);
    await callKinds[kind](attached);
    clock.advance(100_000);
    const { error } = await callKinds[kind](attached);
    expect(error).toBeUndefined();
    expect(new Set(texts).size).toBe(2);
  });

  it('whose source fails ends with a status that says so, and the next one works', async () => {
    const { client, clock, decisions } = await startNode();
    const { source } = countingSource(clock.now);
    let failures = 1;
    const failing = {
      ...source,
      get: async () => {
        if (failures-- > 0) throw new Error('the user closed the window');
        return source.get();
      },
    };
    const attached = client([attachToken(failing)]);
    expect((await callKinds[kind](attached)).error).toMatchObject({
      code: 16,
      details: 'no token: the user closed the window',
    });
    expect((await callKinds[kind](attached)).error).toBeUndefined();
    expect(decisions).toEqual(['admitted']);
  });

  it('whose source gives no header value ends with a status', async () => {
    const { client, clock } = await startNode();
    const source = { ...countingSource(clock.now).source, get: async () => 'two\nlines' };
    expect((await callKinds[kind](client([attachToken(source)]))).error?.code).toBe(16);
  });

  it('waits for its token no longer than its deadline', async () => {
    const { client, clock, decisions } = await startNode();
    const source = { ...countingSource(clock.now).source, get: () => new Promise<string>(() => undefined) };
    const withDeadline = client([
      (options, next) => attachToken(source)({ ...options, deadline: Date.now() + 5 }, next),
    ]);
    expect((await callKinds[kind](withDeadline)).error?.code).toBe(4);
    expect(decisions).toEqual([]);
  });
});

describe('a caller whose clock is wrong', () => {
  it.each([
    ['behind', -2 * HOUR_MS, 'TOKEN_EXPIRED'],
    ['ahead', 2 * HOUR_MS, 'TOKEN_FROM_FUTURE'],
  ] as const)('is %s gets through with one retry, then without', async (_, offsetMs, reason) => {
    for (const kind of ['unary', 'server stream'] as const) {
      const { client, clock, decisions, close } = await startNode();
      const { source, texts } = countingSource(settableClock(clock.now().getTime() + offsetMs).now);
      const attached = client([attachToken(source)]);
      const { wallets, error } = await callKinds[kind](attached);
      expect(error).toBeUndefined();
      expect(new Set(wallets)).toEqual(new Set([alice.address]));
      expect(decisions).toEqual([reason, 'admitted']);
      await callKinds[kind](attached);
      expect(decisions).toEqual([reason, 'admitted', 'admitted']);
      expect(new Set(texts).size).toBe(2);
      close();
    }
  });

  it('makes a hundred calls at once and needs one new token', async () => {
    const { client, clock, decisions } = await startNode();
    const { source, texts } = countingSource(settableClock(clock.now().getTime() - 2 * HOUR_MS).now);
    const attached = client([attachToken(source)]);
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => callKinds.unary(attached)));
    expect(outcomes.filter(({ error }) => error)).toEqual([]);
    expect(decisions.filter((decision) => decision === 'admitted')).toHaveLength(100);
    expect(new Set(texts).size).toBe(2);
  });

  it('is told so after one retry if a new token does not help', async () => {
    const { client, clock, decisions } = await startNode();
    const { source } = countingSource(settableClock(clock.now().getTime() - 48 * HOUR_MS).now);
    const { error } = await callKinds.unary(client([attachToken(source)]));
    expect(authReasonOf(error)).toBe('TOKEN_EXPIRED');
    expect(decisions).toEqual(['TOKEN_EXPIRED', 'TOKEN_EXPIRED']);
  });

  it('is told so at once if retry is off', async () => {
    const { client, clock, decisions } = await startNode();
    const { source } = countingSource(settableClock(clock.now().getTime() - 2 * HOUR_MS).now);
    const { error } = await callKinds.unary(client([attachToken(source, { retry: false })]));
    expect(authReasonOf(error)).toBe('TOKEN_EXPIRED');
    expect(decisions).toEqual(['TOKEN_EXPIRED']);
  });

  it.each(['client stream', 'bidi stream'] as const)('is told so once a message of its %s was taken', async (kind) => {
    const { client, clock, decisions } = await startNode();
    const { source } = countingSource(settableClock(clock.now().getTime() - 2 * HOUR_MS).now);
    const attached = client([attachToken(source)]);
    expect(authReasonOf((await callKinds[kind](attached)).error)).toBe('TOKEN_EXPIRED');
    expect(decisions).toEqual(['TOKEN_EXPIRED']);
  });

  it('gets through with a stream on which it has said nothing yet', async () => {
    const { client, clock, decisions } = await startNode();
    const { source } = countingSource(settableClock(clock.now().getTime() - 2 * HOUR_MS).now);
    const renewed = new Promise<void>((resolve) => {
      const { invalidate } = source;
      Object.assign(source, { invalidate: (token?: string) => (invalidate(token), resolve()) });
    });
    const call = client([attachToken(source)]).chat();
    const said = new Promise<{ wallet: string; text: string }>((resolve, reject) => {
      call.on('data', resolve);
      call.on('error', reject);
    });
    await renewed;
    call.end({ text: 'hello' });
    expect(await said).toMatchObject({ wallet: alice.address, text: 'hello' });
    expect(decisions).toEqual(['TOKEN_EXPIRED', 'admitted']);
  });
});

/** Sends headers before a refusal, as connect-node does. */
const headersFirst: ServerInterceptor = (_, call) =>
  new ServerInterceptingCall(call, {
    sendStatus: (status, next) => {
      if (status.code !== Status.OK) call.sendMetadata(new Metadata());
      next(status);
    },
  });

describe('a node that sends headers before a refusal', () => {
  it.each(['unary', 'server stream'] as const)('has its clock learnt all the same with a %s', async (kind) => {
    const { client, clock, decisions } = await startNode({}, headersFirst);
    const { source } = countingSource(settableClock(clock.now().getTime() - 2 * HOUR_MS).now);
    const { error, metadata } = await callKinds[kind](client([attachToken(source)]));
    expect(error).toBeUndefined();
    expect(metadata?.get(EXPIRES_KEY)).toHaveLength(1);
    expect(decisions).toEqual(['TOKEN_EXPIRED', 'admitted']);
  });

  it('has the caller get the metadata of a call once', async () => {
    const { client, clock } = await startNode({}, headersFirst);
    const { source } = countingSource(settableClock(clock.now().getTime() - 2 * HOUR_MS).now);
    const received: Metadata[] = [];
    await new Promise((resolve) => {
      client([attachToken(source)])
        .whoAmI({}, resolve)
        .on('metadata', (metadata) => received.push(metadata));
    });
    expect(received).toHaveLength(1);
    expect(received[0]!.get(EXPIRES_KEY)).toHaveLength(1);
  });
});

describe('a client that only streams', () => {
  it.each(['client stream', 'bidi stream'] as const)(
    'learns the clock of the node from a refused %s: the next one gets through',
    async (kind) => {
      for (const retry of [true, false]) {
        const { client, clock, decisions, close } = await startNode();
        const { source } = countingSource(settableClock(clock.now().getTime() - 2 * HOUR_MS).now);
        const attached = client([attachToken(source, { retry })]);
        expect(authReasonOf((await callKinds[kind](attached)).error)).toBe('TOKEN_EXPIRED');
        expect((await callKinds[kind](attached)).error).toBeUndefined();
        expect(decisions).toEqual(['TOKEN_EXPIRED', 'admitted']);
        close();
      }
    },
  );
});

describe('a wallet that fails while a call waits for its token', () => {
  it.each(kinds)('is the cause of the error that the caller of a %s gets', async (kind) => {
    const { client, decisions } = await startNode();
    const rejection = Object.assign(new Error('User rejected the request.'), { code: 4001 });
    const wallet = { address: alice.address, signMessage: () => Promise.reject(rejection) };
    const source = createTokenSource(() => createIdentity(wallet));
    const { error } = await callKinds[kind](client([attachToken(source)]));
    expect(error).toMatchObject({ code: 16, cause: { name: 'WalletError', code: 'USER_REJECTED', cause: rejection } });
    expect((error as { cause?: unknown }).cause).toBeInstanceOf(WalletError);
    expect(error!.details).not.toMatch(/User rejected/i);
    expect(decisions).toEqual([]);
  });
});

describe('what is not repeated', () => {
  it.each([
    ['another reason', () => new AuthError('DEVICE_REVOKED')],
    ['a denial', () => new AuthError('ACCESS_DENIED')],
    ['an outage', () => new AuthError('AUTH_UNAVAILABLE')],
  ])('%s', async (_, answer) => {
    const { client, clock, decisions } = await startNode({ authorize: answer });
    const { source } = countingSource(clock.now);
    expect((await callKinds.unary(client([attachToken(source)]))).error).toBeDefined();
    expect(decisions).toHaveLength(1);
  });

  it.each(['unary', 'server stream'] as const)(
    'a %s that has delivered an answer before it is refused',
    async (kind) => {
      const late: ServerInterceptor = (_, call) =>
        new ServerInterceptingCall(call, {
          sendStatus: (_status, next) => {
            const { code, details, metadata } = serviceError(new AuthError('TOKEN_EXPIRED'));
            next({ code, details, metadata });
          },
        });
      const { client, clock, decisions } = await startNode({}, late);
      const { source } = countingSource(clock.now);
      const { error } = await callKinds[kind](client([attachToken(source)]));
      expect(authReasonOf(error)).toBe('TOKEN_EXPIRED');
      expect(decisions).toEqual(['admitted']);
    },
  );
});

describe('a call that is given up', () => {
  it('while it waits for its token never reaches the node', async () => {
    const { client, clock, decisions } = await startNode();
    const { source } = countingSource(clock.now);
    let give!: (token: string) => void;
    const slow = { ...source, get: () => new Promise<string>((resolve) => (give = resolve)) };
    const attached = client([attachToken(slow)]);
    const error = new Promise<unknown>((resolve) => {
      attached.whoAmI({}, resolve).cancel();
    });
    expect(await error).toMatchObject({ code: 1 });
    give(await source.get());
    await callKinds.unary(client([attachToken(source)]));
    expect(decisions).toEqual(['admitted']);
  });

  it('after it has started is cancelled on the node', async () => {
    const { client, clock } = await startNode();
    const { source } = countingSource(clock.now);
    const call = client([attachToken(source)]).chat();
    const first = new Promise((resolve) => call.once('data', resolve));
    const error = new Promise((resolve) => call.once('error', resolve));
    call.write({ text: 'a' });
    await first;
    call.cancel();
    expect(await error).toMatchObject({ code: 1 });
    expect(call.getPeer()).toMatch(/^127\.0\.0\.1:/);
  });
});

describe('attachToken', () => {
  it.each([undefined, null, {}, { get: 'x' }, 'token'])('refuses %s as a source', (source) => {
    expect(() => attachToken(source as never)).toThrow(new TypeError('the token source must have a get() method'));
  });

  it.each([null, { retry: 1 }, { retry: null }, { retries: true }])('refuses %s as options', (options) => {
    const { source } = countingSource(() => new Date());
    expect(() => attachToken(source, options as never)).toThrow(TypeError);
  });

  it('keeps the options of the metadata', async () => {
    const { client, clock } = await startNode();
    const { source } = countingSource(clock.now);
    const metadata = new Metadata({ waitForReady: true });
    expect((await callKinds.unary(client([attachToken(source)]), metadata)).error).toBeUndefined();
  });
});
