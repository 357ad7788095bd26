import { once } from 'node:events';

import {
  Metadata,
  ServerInterceptingCall,
  type ServerDuplexStream,
  type ServerInterceptor,
  type ServiceError,
} from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';

import type { ChatRequest, ChatResponse } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { AuthError } from '../../../src/errors.js';
import type { MethodPolicy } from '../../../src/gate/rules/policy.js';
import { authReasonOf } from '../../../src/grpc/status.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { authorization, callKinds, kinds, methodOf, type DemoServer, type Outcome } from '../../support/demo-server.js';
import { hostileValues } from '../../support/hostile-values.js';
import { startNode, type NodeOptions } from '../../support/start-node.js';
import { tokens } from '../../support/tokens.js';
import { withResolvers } from '../../support/with-resolvers.js';

const { alice, bob } = testWallets;
const good = authorization(tokens.good);
type Chat = ServerDuplexStream<ChatRequest, ChatResponse>;

/** A node with one policy for all methods. */
const start = (policy: MethodPolicy<Metadata>, options: NodeOptions = {}) =>
  startNode({ rules: { '*': policy }, ...options });

/** A chat that sends lines one after the other, each when the answer to the one before has come. */
function chat({ client }: DemoServer, metadata = good) {
  const call = client().chat(metadata);
  const texts: string[] = [];
  const ended = new Promise<ServiceError | undefined>((resolve) => {
    call.on('error', resolve).on('end', () => resolve(undefined));
  });
  call.on('data', ({ text }: ChatResponse) => texts.push(text));
  const say = async (text: string) => {
    call.write({ text });
    await once(call, 'data');
  };
  return { call, say, texts, ended };
}

/** An interceptor nearer to the wire than the gate, and what goes out through it. */
function recorder() {
  const sent: unknown[] = [];
  const recording: ServerInterceptor = (_, call) =>
    new ServerInterceptingCall(call, {
      sendMetadata: (metadata, next) => (sent.push('metadata'), next(metadata)),
      sendMessage: (message: ChatResponse, next) => (sent.push(message.text), next(message)),
      sendStatus: (status, next) => (sent.push(status.code), next(status)),
    });
  return { sent, recording };
}

describe('authorizeMessage', () => {
  it.each(kinds)('is asked about every message of a %s, and knows who sends it', async (kind) => {
    const seen: unknown[][] = [];
    const { client } = await start({
      authorizeMessage: (identity, request: { $typeName: string }, call) => {
        seen.push([identity?.wallet, request.$typeName, call.method]);
        return true;
      },
    });
    const { wallets, error } = await callKinds[kind](client(), good);
    expect(error).toBeUndefined();
    expect(new Set(wallets)).toEqual(new Set([alice.address]));
    const count = kind === 'client stream' || kind === 'bidi stream' ? 2 : 1;
    expect(seen).toHaveLength(count);
    expect(new Set(seen.map(([wallet, , method]) => `${String(wallet)} ${String(method)}`))).toEqual(
      new Set([`${alice.address} ${methodOf[kind]}`]),
    );
  });

  it.each(kinds)('lets a %s pass that it allows later', async (kind) => {
    const { client } = await start({ authorizeMessage: async () => true });
    const { wallets, error } = await callKinds[kind](client(), good);
    expect(error).toBeUndefined();
    expect(new Set(wallets)).toEqual(new Set([alice.address]));
  });

  it('knows nobody on a public method', async () => {
    const seen: unknown[] = [];
    const { client } = await start({ auth: 'public', authorizeMessage: (identity) => (seen.push(identity), true) });
    await callKinds.unary(client(), good);
    expect(seen).toEqual([undefined]);
  });

  it.each<[string, MethodPolicy<Metadata>['authorizeMessage'], Partial<ServiceError>]>([
    ['false', () => false, { code: 7, details: 'access denied' }],
    ['a promise of false', async () => false, { code: 7, details: 'access denied' }],
    ['an AuthError', () => new AuthError('ACCESS_DENIED', { message: 'not this' }), { code: 7, details: 'not this' }],
    ['a rejection with an AuthError', async () => Promise.reject(new AuthError('RATE_LIMITED')), { code: 8 }],
  ])('that answers %s ends calls of all four kinds', async (_, authorizeMessage, expected) => {
    const { client, events } = await start({ authorizeMessage });
    for (const kind of kinds) expect((await callKinds[kind](client(), good)).error).toMatchObject(expected);
    expect(events.map(({ decision }) => decision)).toEqual(kinds.flatMap(() => ['admitted', 'ended']));
  });

  const unclear = hostileValues.filter(([, value]) => typeof value !== 'boolean');
  it.each(unclear)('that answers %s ends the call with INTERNAL, at once or later', async (_, value) => {
    const hooks = [() => value, async () => [value], async () => Promise.reject(value)];
    let next = 0;
    const { client } = await start({ authorizeMessage: (() => hooks[next++]?.()) as never });
    for (const kind of ['unary', 'bidi stream', 'client stream'] as const) {
      const { error } = await callKinds[kind](client(), good);
      expect([error?.code, authReasonOf(error)]).toEqual([13, 'INTERNAL']);
    }
  });

  it('that never answers ends the call when its time is up', async () => {
    const never = () => new Promise<never>(() => undefined);
    const { client } = await start({ authorizeMessage: never }, { authorizeTimeoutMs: 5 });
    for (const kind of kinds)
      expect(authReasonOf((await callKinds[kind](client(), good)).error)).toBe('AUTH_UNAVAILABLE');
  });
});

describe('a unary call whose message is refused', () => {
  it('reaches no handler', async () => {
    const { client, handlersRun } = await start({ authorizeMessage: () => false });
    for (const kind of ['unary', 'server stream'] as const) await callKinds[kind](client(), good);
    expect(handlersRun()).toBe(0);
  });
});

describe('a stream whose later message is refused', () => {
  const until = (text: string) => (_: unknown, request: ChatRequest) => request.text !== text;

  it('ends behind the answers already sent, and the message reaches nobody', async () => {
    const node = await start({ authorizeMessage: until('bad') });
    const { say, call, ended, texts } = chat(node);
    await say('one');
    await say('two');
    call.write({ text: 'bad' });
    call.write({ text: 'three' });
    expect(authReasonOf(await ended)).toBe('ACCESS_DENIED');
    expect(texts).toEqual(['one', 'two']);
    expect(node.events.map(({ decision, reason }) => [decision, reason])).toEqual([
      ['admitted', undefined],
      ['ended', 'ACCESS_DENIED'],
    ]);
  });

  it('tells the handler by one cancelled event, and drops what it still says', async () => {
    let handler: Chat | undefined;
    let cancelled = 0;
    const { sent, recording } = recorder();
    const handled = await start({ authorizeMessage: until('bad') }, { before: [recording] });
    handled.own.chat = (call) => {
      handler = call;
      call.on('cancelled', () => {
        cancelled++;
        call.write({ text: 'too late' });
        call.sendMetadata(new Metadata());
        call.end();
      });
      call.on('data', ({ text }: ChatRequest) => call.write({ text }));
      call.on('error', () => undefined); // a write to a destroyed stream
    };
    const { say, call, ended, texts } = chat(handled);
    await say('one');
    call.write({ text: 'bad' });
    expect(await ended).toMatchObject({ code: 7, details: 'access denied' });
    await callKinds.unary(handled.client());
    expect(texts).toEqual(['one']);
    expect(sent).toEqual(['metadata', 'one', 7, 16]);
    expect(cancelled).toBe(1);
    expect(handler?.cancelled).toBe(true);
    expect(handler?.destroyed).toBe(true);
  });

  it('tells the handler before the status has gone out, as a caller who reads nothing may hold that up', async () => {
    const told = withResolvers();
    let release: (() => void) | undefined;
    const holding: ServerInterceptor = (_, call) =>
      new ServerInterceptingCall(call, { sendStatus: (status, next) => (release = () => next(status)) });
    const handled = await start({ authorizeMessage: until('bad') }, { before: [holding] });
    handled.own.chat = (call) => void call.on('cancelled', told.resolve).on('data', () => undefined);
    const { call, ended } = chat(handled);
    call.write({ text: 'bad' });
    await told.promise;
    release?.();
    expect(authReasonOf(await ended)).toBe('ACCESS_DENIED');
  });

  it('drops the answer of a client stream', async () => {
    const { sent, recording } = recorder();
    const handled = await start({ authorizeMessage: until('b') }, { before: [recording] });
    handled.own.collectNotes = (call, answer) => {
      call.sendMetadata(new Metadata());
      call.on('cancelled', () => answer({ code: 5, details: 'too late' })).on('data', () => undefined);
    };
    expect((await callKinds['client stream'](handled.client(), good)).error).toMatchObject({ code: 7 });
    await callKinds.unary(handled.client());
    expect(sent).toEqual(['metadata', 7, 16]);
  });

  it('is ended by a late answer too, and keeps the order of messages and end', async () => {
    const later = async (_: unknown, request: ChatRequest) => {
      await new Promise(setImmediate);
      return request.text !== 'bad';
    };
    const handled = await start({ authorizeMessage: later });
    const call = handled.client().chat(good);
    const texts: string[] = [];
    const ended = new Promise((resolve) => call.on('end', resolve).on('error', resolve));
    call.on('data', ({ text }: ChatResponse) => texts.push(text));
    const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`);
    for (const text of lines) call.write({ text });
    call.end();
    expect(await ended).toBeUndefined();
    expect(texts).toEqual(lines);

    const other = chat(handled);
    await other.say('one');
    other.call.end({ text: 'bad' });
    expect(authReasonOf(await other.ended)).toBe('ACCESS_DENIED');
  });

  it('is told nothing more when the caller has gone before the answer', async () => {
    let answer: ((allowed: boolean) => void) | undefined;
    const asked = withResolvers();
    const handled = await start({
      authorizeMessage: (_, request: ChatRequest) =>
        request.text === undefined ||
        new Promise<boolean>((resolve) => {
          answer = resolve;
          asked.resolve();
        }),
    });
    let cancelled = 0;
    handled.own.chat = (call) => void call.on('cancelled', () => cancelled++).on('data', () => undefined);
    const shared = handled.client();
    const call = shared.chat(good);
    const gone = once(call, 'error');
    call.on('data', () => undefined);
    call.write({ text: 'one' });
    await asked.promise;
    call.cancel();
    await gone;
    await callKinds.unary(shared, good); // on the same connection: the server has seen the reset before it
    answer?.(false);
    await callKinds.unary(shared, good);
    expect(cancelled).toBe(1);
  });

  it('stays as it ended when the handler ends it first', async () => {
    const handled = await start({ authorizeMessage: until('bad') });
    handled.own.chat = (call) => {
      call.on('data', () => call.end());
    };
    const { call, ended } = chat(handled);
    call.write({ text: 'one' });
    call.write({ text: 'bad' });
    expect(await ended).toBeUndefined();
  });
});

describe('ownWallet', () => {
  const text = { ownWallet: ['text'] };
  const line = (wallet: string): ((server: DemoServer, metadata?: Metadata) => Promise<Outcome['error']>) => {
    return async (demo, metadata) => {
      const { call, ended } = chat(demo, metadata);
      call.end({ text: wallet });
      return ended;
    };
  };

  it('lets pass what names the caller and ends the call, naming the field, for what does not', async () => {
    const demo = await start(text);
    expect(await line(alice.address)(demo)).toBeUndefined();
    expect(await line(alice.address.toLowerCase())(demo)).toBeUndefined();
    for (const wrong of [bob.address, '', 'x', alice.address.slice(2)]) {
      expect(await line(wrong)(demo)).toMatchObject({ code: 7, details: 'text must be your own wallet address' });
    }
  });

  it('holds on optional and public methods too, where it shuts out who is not known', async () => {
    for (const auth of ['optional', 'public'] as const) {
      const demo = await start({ ...text, auth });
      expect(await line(alice.address)(demo)).toBeUndefined();
      expect(authReasonOf(await line(bob.address)(demo))).toBe('ACCESS_DENIED');
      expect(authReasonOf(await line(alice.address)(demo, new Metadata()))).toBe('ACCESS_DENIED');
      demo.close();
    }
  });

  it('comes before authorizeMessage', async () => {
    let asked = 0;
    const demo = await start({ ...text, authorizeMessage: () => (asked++, true) });
    await line(bob.address)(demo);
    expect(asked).toBe(0);
  });
});

describe('cost', () => {
  const limits = { classes: { default: { points: 5, windowMs: 60_000 } } };

  it.each<[string, MethodPolicy['cost']]>([
    [
      'throws',
      () => {
        throw new Error('database');
      },
    ],
    ['is NaN', () => NaN],
    ['is negative', () => -1],
    ['is a promise', (async () => 0) as never],
    ['is nothing', (() => undefined) as never],
  ])('that %s is INTERNAL for the call, and an event, and never free', async (_, cost) => {
    for (const more of [{}, { limits }]) {
      const { client, handlersRun, events, close } = await start({ cost }, more);
      for (const kind of kinds) {
        const { error } = await callKinds[kind](client(), good);
        expect([error?.code, authReasonOf(error)]).toEqual([13, 'INTERNAL']);
      }
      expect(events.filter(({ reason }) => reason === 'INTERNAL')).toHaveLength(4);
      expect(events.every(({ error }) => error === undefined || error.cause instanceof Error)).toBe(true);
      expect(handlersRun()).toBe(2); // the two kinds that read their messages in the handler
      close();
    }
  });

  it('by message is taken from the limit, of each message if it says so', async () => {
    const cost = ({ text }: ChatRequest) => text.length;
    const demo = await start({ cost, chargeMessages: true }, { limits });
    const { say, call, ended, texts } = chat(demo);
    await say('ab');
    await say('abc');
    call.write({ text: 'a' });
    expect(authReasonOf(await ended)).toBe('RATE_LIMITED');
    expect(texts).toEqual(['ab', 'abc']);
  });

  it('fixed is taken for each message, the first together with the call', async () => {
    const demo = await start({ cost: 2, chargeMessages: true }, { limits });
    const { say, call, ended, texts } = chat(demo);
    await say('a');
    await say('b');
    call.write({ text: 'c' });
    expect(authReasonOf(await ended)).toBe('RATE_LIMITED');
    expect(texts).toEqual(['a', 'b']);
  });
});
