import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';

import {
  Metadata,
  status as Status,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServiceError,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest';

import type { CollectNotesRequest, DemoService, WhoAmIRequest } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { AuthError } from '../../../src/errors.js';
import { authenticated } from '../../../src/grpc/server/authenticated.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import type { GrpcHandlers } from '../../../src/grpc/service-definition.js';
import { authReasonOf } from '../../../src/grpc/status.js';
import type { WalletIdentity } from '../../../src/identity.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import {
  authorization,
  callKinds,
  kinds,
  methodOf,
  startDemoServer,
  type DemoServer,
} from '../../support/demo-server.js';
import { failOnEscapedErrors } from '../../support/escaped-errors.js';
import { EMPTY_MESSAGE, rawConnection } from '../../support/raw-http2.js';

type Handlers = GrpcHandlers<typeof DemoService>;

const ALICE = testWallets.alice.address;
const CHAT = methodOf['bidi stream'].slice(1);
const bearer = `Bearer ${mintToken()}`;
const good = authorization(bearer);

failOnEscapedErrors();

let server: DemoServer;
afterEach(() => server?.close());

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate();
}

/** Waits until something has started to count and goes no further. */
async function atRest(count: () => number): Promise<void> {
  for (let before = 0; before !== count() || before === 0; await turns(200)) before = count();
}

/** A server with these handlers, and a client of it. */
async function start(handlers: Partial<Handlers>, options: WalletAuthOptions = {}) {
  server = await startDemoServer(walletAuth(options));
  Object.assign(server.own, handlers);
  return server.client();
}

/** A promise, and what settles it. */
function latch<T = void>() {
  let open!: (value: T) => void;
  const opened = new Promise<T>((resolve) => (open = resolve));
  return { open, opened };
}

/** Handlers of all four kinds that do one thing, and then answer with their caller's wallet. */
function doing(act: () => unknown, options?: Parameters<typeof authenticated>[1]): Handlers {
  return {
    whoAmI: authenticated(async ({ identity }) => (await act(), { wallet: identity.wallet }), options),
    collectNotes: authenticated(async ({ identity }) => (await act(), { wallet: identity.wallet }), options),
    countUp: authenticated(async function* ({ identity }) {
      await act();
      yield { wallet: identity.wallet };
    }, options),
    chat: authenticated(async function* ({ identity }) {
      await act();
      yield { wallet: identity.wallet };
    }, options),
  };
}

const errorOf = (call: NodeJS.EventEmitter) =>
  new Promise<ServiceError>((resolve) => {
    call.on('error', resolve).on('data', () => undefined);
  });

describe.each(kinds)('authenticated(): a %s', (kind) => {
  it('gets the identity of its caller', async () => {
    const { wallets, error } = await callKinds[kind](await start(doing(() => undefined)), good);
    expect(error).toBeUndefined();
    expect(wallets).toEqual([ALICE]);
  });

  it.each(['optional', 'public'] as const)(
    'whose caller is anonymous is refused with MISSING_CREDENTIALS where the method is %s',
    async (auth) => {
      let ran = false;
      const client = await start(
        doing(() => (ran = true)),
        { rules: { '*': auth } },
      );
      const { error } = await callKinds[kind](client);
      expect([error?.code, authReasonOf(error)]).toEqual([Status.UNAUTHENTICATED, 'MISSING_CREDENTIALS']);
      expect(ran).toBe(false);
    },
  );

  it('ends with INTERNAL where the server has no walletAuth, and the log gets to know why', async () => {
    const logged: unknown[] = [];
    server = await startDemoServer();
    Object.assign(
      server.own,
      doing(() => undefined, { onError: (error) => logged.push(error) }),
    );
    const { error } = await callKinds[kind](server.client(), good);
    expect([error?.code, authReasonOf(error)]).toEqual([Status.INTERNAL, 'INTERNAL']);
    expect(logged).toEqual([expect.objectContaining({ cause: 'the server has no walletAuth interceptor' })]);
  });

  it('ends with the status of an AuthError, with its details', async () => {
    const refuse = () => {
      throw new AuthError('ACCESS_DENIED', { message: 'members only', cause: 'secret' });
    };
    const { error } = await callKinds[kind](await start(doing(refuse)), good);
    expect(error).toMatchObject({ code: Status.PERMISSION_DENIED, details: 'members only' });
    expect(authReasonOf(error)).toBe('ACCESS_DENIED');
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  it.each([
    ['an object', (metadata: Metadata) => ({ code: Status.NOT_FOUND, details: 'no such note', metadata })],
    [
      'an object with a message',
      (metadata: Metadata) => ({ code: Status.NOT_FOUND, message: 'no such note', metadata }),
    ],
    [
      'a ServiceError',
      (metadata: Metadata) =>
        Object.assign(new Error('5 NOT_FOUND: no such note'), {
          code: Status.NOT_FOUND,
          details: 'no such note',
          metadata,
        }),
    ],
  ])('ends with a gRPC status as it is: %s', async (_, make) => {
    const metadata = new Metadata();
    metadata.set('note', '7');
    const reject = () => Promise.reject(make(metadata));
    const { error } = await callKinds[kind](await start(doing(reject)), good);
    expect(error).toMatchObject({ code: Status.NOT_FOUND, details: 'no such note' });
    expect(error?.metadata.get('note')).toEqual(['7']);
  });

  it.each([
    ['an Error', new Error('SECRET')],
    ['a TypeError', new TypeError('SECRET')],
    ['a text', 'SECRET'],
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a function', () => 'SECRET'],
    ['a DOMException, whose code means something else', new DOMException('SECRET', 'NotFoundError')],
    ['an Error with a number of its own, as databases give', Object.assign(new Error('SECRET'), { code: 13 })],
    ['an Error with a text for a code', Object.assign(new Error('SECRET'), { code: 'ENOENT', details: 'SECRET' })],
    ['a status that is OK', { code: 0, details: 'SECRET' }],
    ['a status that gRPC does not have', { code: 17, details: 'SECRET' }],
    ['a status with half a number', { code: 5.5, details: 'SECRET' }],
    ['a status whose details are no text', { code: 5, details: 7n }],
    [
      'something that throws when it is looked at',
      new Proxy(new Error('SECRET'), {
        get() {
          throw new Error('SECRET');
        },
      }),
    ],
  ])('ends with INTERNAL and without its text, which goes to onError: %s', async (_, thrown) => {
    const logged: unknown[] = [];
    const onError = (error: unknown) => void logged.push(error);
    const reject = () => {
      throw thrown;
    };
    const { error } = await callKinds[kind](await start(doing(reject, { onError })), good);
    expect(error).toMatchObject({ code: Status.INTERNAL, details: 'internal error' });
    expect(error?.metadata.toHttp2Headers()).not.toHaveProperty('grpc-status-details-bin');
    expect(logged).toHaveLength(1);
    expect(logged[0] === thrown).toBe(true);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('log');
      },
    ],
    ['rejects', () => Promise.reject(new Error('log'))],
  ])('ends in the same way if onError %s', async (_, onError: () => unknown) => {
    const fail = () => Promise.reject(new Error('handler'));
    const options = { onError };
    const { error } = await callKinds[kind](await start(doing(fail, options)), good);
    expect(error).toMatchObject({ code: Status.INTERNAL, details: 'internal error' });
  });

  it('can end with a text that is not well-formed', async () => {
    const reject = () => Promise.reject({ code: Status.ABORTED, details: 'half \ud83d' });
    const { error } = await callKinds[kind](await start(doing(reject)), good);
    expect(error).toMatchObject({ code: Status.ABORTED, details: 'half \ufffd' });
  });

  it('ends with INTERNAL if its function throws before it returns a promise or a generator', async () => {
    const handler = authenticated(() => {
      throw new Error('SECRET');
    });
    const client = await start({ whoAmI: handler, collectNotes: handler, countUp: handler, chat: handler } as never);
    const { error } = await callKinds[kind](client, good);
    expect(error).toMatchObject({ code: Status.INTERNAL, details: 'internal error' });
  });

  it('aborts the signal when it has been answered', async () => {
    const aborted = latch();
    const act = ({ signal }: { signal: AbortSignal }) => signal.addEventListener('abort', () => aborted.open());
    const client = await start({
      whoAmI: authenticated((context) => (act(context), {})),
      collectNotes: authenticated((context) => (act(context), {})),
      countUp: authenticated(async function* (context) {
        act(context);
        yield {};
      }),
      chat: authenticated(async function* (context) {
        act(context);
        yield {};
      }),
    });
    expect((await callKinds[kind](client, good)).error).toBeUndefined();
    await aborted.opened;
  });
});

/** The ways in which a running call ends before it is answered; the gate refuses its message `bad`. */
const ends: Record<string, (call: { cancel(): void; write?(request: { text: string }): void }) => void> = {
  'is cancelled': (call) => call.cancel(),
  'runs into its deadline': () => undefined, // by itself
  'is refused by the gate': (call) => call.write?.({ text: 'bad' }),
};

describe('authenticated(): a call that ends before it is answered', () => {
  const soon = () => ({ deadline: Date.now() + 200 });
  const refusing = {
    rules: { [CHAT]: { authorizeMessage: (_: unknown, { text }: { text: string }) => text !== 'bad' } },
  };

  it.each(['is cancelled', 'runs into its deadline'])('aborts the signal of a unary call that %s', async (way) => {
    const [running, reason] = [latch(), latch<unknown>()];
    const client = await start({
      whoAmI: authenticated(async ({ signal }) => {
        expect(signal.aborted).toBe(false);
        running.open();
        await once(signal, 'abort');
        reason.open(signal.reason);
        throw signal.reason;
      }),
    });
    const options = way === 'runs into its deadline' ? soon() : {};
    const ended = latch<ServiceError | null>();
    const call = client.whoAmI({}, good, options, (error) => ended.open(error));
    await running.opened;
    ends[way]!(call);
    expect(await reason.opened).toMatchObject({ name: 'AbortError' });
    expect((await ended.opened)?.code).toBe(way === 'is cancelled' ? Status.CANCELLED : Status.DEADLINE_EXCEEDED);
  });

  it('has an aborted signal, also if it is asked for late', async () => {
    const [running, late] = [latch(), latch<boolean>()];
    const client = await start({
      whoAmI: authenticated(async (context) => {
        running.open();
        await once(context.call, 'cancelled');
        late.open(context.signal.aborted);
        return {};
      }),
    });
    const call = client.whoAmI({}, good, () => undefined);
    await running.opened;
    call.cancel();
    expect(await late.opened).toBe(true);
  });

  it.each(
    Object.keys(ends).flatMap((way) =>
      ['reads a request', 'listens to its signal', 'waits for a slow reader'].map((place) => [place, way]),
    ),
  )('ends a generator that %s when it %s, with its finally blocks', async (place, way) => {
    const [running, aborted, finished] = [latch(), latch(), latch()];
    const client = await start(
      {
        chat: authenticated(async function* ({ requests, signal, call }) {
          signal.addEventListener('abort', () => aborted.open());
          try {
            running.open();
            if (place !== 'reads a request') call.resume();
            if (place === 'listens to its signal') await once(signal, 'abort');
            if (place === 'waits for a slow reader') for (;;) yield { text: 'x'.repeat(10_000) };
            for await (const { text } of requests) yield { text };
          } finally {
            finished.open();
          }
        }),
      },
      refusing,
    );
    const call = client.chat(good, way === 'runs into its deadline' ? soon() : {});
    call.on('error', () => undefined);
    await running.opened;
    if (place === 'waits for a slow reader') await turns(200);
    ends[way]!(call);
    await finished.opened;
    await aborted.opened;
  });

  it('that the gate refused tells the client so, whatever the generator does then', async () => {
    const afterwards = latch();
    const responses = async function* (requests: AsyncIterable<{ text: string }>) {
      try {
        for await (const { text } of requests) yield { text };
      } catch {
        afterwards.open();
        yield { text: 'too late' };
        throw new Error('too late');
      }
    };
    const client = await start({ chat: authenticated(({ requests }) => responses(requests)) }, refusing);
    const call = client.chat(good);
    call.write({ text: 'bad' });
    expect(authReasonOf(await errorOf(call))).toBe('ACCESS_DENIED');
    await afterwards.opened;
  });

  it('is no complete upload: the loop throws when the connection is lost, and the generator ends', async () => {
    const [running, upload, finished] = [latch(), latch<unknown>(), latch()];
    await start({
      collectNotes: authenticated(async ({ requests }) => {
        const wait = (async () => {
          for await (const _ of requests) running.open();
        })();
        await wait.then(() => upload.open('complete'), upload.open);
        return {};
      }),
      chat: authenticated(async function* ({ requests }) {
        try {
          for await (const { text } of requests) yield { text };
        } finally {
          finished.open();
        }
      }),
    });
    const { open, close } = rawConnection(server.target);
    for (const kind of ['bidi stream', 'client stream'] as const) {
      const stream = open(methodOf[kind], { authorization: bearer });
      stream.on('error', () => undefined);
      stream.write(EMPTY_MESSAGE);
    }
    await running.opened;
    close();
    expect(await upload.opened).toMatchObject({ name: 'AbortError' });
    await finished.opened;
  });

  it('lets a response that comes late fall, and reports no error of it to onError', async () => {
    const logged: unknown[] = [];
    const onError = (error: unknown) => void logged.push(error);
    const [cancelled, answered] = [latch(), latch()];
    const late = async (call: NodeJS.EventEmitter) => {
      await once(call, 'cancelled');
      cancelled.open();
      await turns(3);
      answered.open();
    };
    const client = await start({
      whoAmI: authenticated(async ({ call }) => (await late(call), {}), { onError }),
      collectNotes: authenticated(async ({ call }) => Promise.reject(await late(call)), { onError }),
    });
    for (const call of [client.whoAmI({}, good, () => undefined), client.collectNotes(good, () => undefined)]) {
      await turns(20);
      call.cancel();
    }
    await cancelled.opened;
    await answered.opened;
    await turns(5);
    expect(logged).toEqual([]);
  });
});

describe('authenticated(): a generator', () => {
  it('that returns early ends the call with OK, and finally runs', async () => {
    let finished = false;
    const client = await start({
      countUp: authenticated(async function* ({ identity, request }) {
        try {
          for (let number = 1; ; number++) {
            if (number > request.limit) return;
            yield { wallet: identity.wallet, number };
          }
        } finally {
          finished = true;
        }
      }),
    });
    const { wallets, error } = await callKinds['server stream'](client, good);
    expect([wallets, error, finished]).toEqual([[ALICE, ALICE], undefined, true]);
  });

  it('that throws between responses, or in finally, sends what it yielded and then the status', async () => {
    const client = await start({
      countUp: authenticated(async function* ({ identity }) {
        yield { wallet: identity.wallet };
        throw new AuthError('ACCESS_DENIED');
      }),
      chat: authenticated(async function* ({ identity }) {
        try {
          yield { wallet: identity.wallet };
        } finally {
          await Promise.reject(new Error('SECRET'));
        }
      }),
    });
    const thrown = await callKinds['server stream'](client, good);
    expect([thrown.wallets, authReasonOf(thrown.error)]).toEqual([[ALICE], 'ACCESS_DENIED']);
    const inFinally = await callKinds['bidi stream'](client, good);
    expect(inFinally).toMatchObject({ wallets: [ALICE], error: { code: Status.INTERNAL, details: 'internal error' } });
  });

  it.each([
    ['nothing', () => undefined],
    ['a promise of nothing', async () => undefined],
    ['a promise that rejects', () => Promise.reject(new Error('SECRET'))],
    ['an iterable that is broken', () => ({ [Symbol.asyncIterator]: () => ({}) })],
  ])('is missing where its function returns %s: INTERNAL', async (_, run) => {
    const client = await start({ countUp: authenticated(run as never), chat: authenticated(run as never) });
    for (const kind of ['server stream', 'bidi stream'] as const) {
      const { error } = await callKinds[kind](client, good);
      expect(error).toMatchObject({ code: Status.INTERNAL, details: 'internal error' });
    }
  });

  it.each([
    ['null', null],
    ['a message that cannot be serialized', { number: 'x' }],
  ])('that yields %s ends, and its call too', async (_, response) => {
    const finished = latch();
    const client = await start({
      countUp: authenticated(async function* () {
        try {
          for (;;) yield response as never;
        } finally {
          finished.open();
        }
      }),
    });
    expect((await callKinds['server stream'](client, good)).error?.code).toBe(Status.INTERNAL);
    await finished.opened;
  });

  it('never runs far ahead of a slow reader, and all that it yields arrives', async () => {
    const SIZE = 10_000;
    let yielded = 0;
    await start({
      countUp: authenticated(async function* ({ request }) {
        while (yielded < request.limit) yield { wallet: 'x'.repeat(SIZE), number: ++yielded };
      }),
    });
    const { open, close } = rawConnection(server.target); // a grpc-js client keeps what nobody reads in its own memory
    const stream = open(methodOf['server stream'], { authorization: bearer });
    stream.end(Buffer.from([0, 0, 0, 0, 3, 0x08, 0xe8, 0x07])); // limit: 1000
    await atRest(() => yielded);
    expect(yielded).toBeLessThan(40); // a window of HTTP/2, and the 16 messages that grpc-js holds
    let bytes = 0;
    let ahead = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      ahead = Math.max(ahead, yielded - Math.floor(bytes / SIZE));
    }
    expect(yielded).toBe(1_000);
    expect(bytes).toBeGreaterThan(1_000 * SIZE);
    expect(ahead).toBeLessThan(60);
    close();
  });

  it('that waits for a slow reader takes no more requests either', async () => {
    let read = 0;
    const client = await start({
      chat: authenticated(async function* ({ requests }) {
        for await (const { text } of requests) {
          read++;
          yield { text };
        }
      }),
    });
    const call = client.chat(good);
    for (let count = 0; count < 1_000; count++) call.write({ text: 'x'.repeat(10_000) });
    call.end();
    await once(call, 'readable'); // before that, grpc-js keeps whatever comes
    await atRest(() => read);
    expect(read).toBeLessThan(60);
    let received = 0;
    for await (const _ of call) received++;
    expect([read, received]).toEqual([1_000, 1_000]);
  });

  it('leaves no listeners behind, however often it waits', async () => {
    const warnings: unknown[] = [];
    process.on('warning', (warning) => warnings.push(warning));
    const counts: number[] = [];
    const client = await start({
      countUp: authenticated(async function* ({ call, request }) {
        for (let number = 0; number < request.limit; number++) {
          counts.push(call.listenerCount('drain') + call.listenerCount('cancelled') + call.listenerCount('close'));
          yield { wallet: 'x'.repeat(1_000), number };
        }
      }),
    });
    expect((await callKinds['server stream'](client, good)).error).toBeUndefined();
    const call = client.countUp({ limit: 500 }, good);
    for await (const _ of call);
    expect(Math.max(...counts)).toBeLessThanOrEqual(Math.min(...counts) + 3);
    expect(warnings).toEqual([]);
  });
});

describe('authenticated(): requests', () => {
  const send = (call: { write(request: { text: string }): boolean; end(): void }, count: number) => {
    for (let index = 0; index < count; index++) call.write({ text: String(index) });
    call.end();
  };

  it('end when the client half-closes the call, and no earlier', async () => {
    const client = await start({
      collectNotes: authenticated(async ({ identity, requests }) => {
        const texts: string[] = [];
        for await (const { text } of requests) texts.push(text);
        return { wallet: `${identity.wallet}:${texts.join()}`, count: texts.length };
      }),
    });
    const answered = latch<unknown>();
    send(
      client.collectNotes(good, (error, answer) => answered.open(error ?? answer)),
      5,
    );
    expect(await answered.opened).toMatchObject({ wallet: `${ALICE}:0,1,2,3,4`, count: 5 });
  });

  it.each([0, 1, 500])(
    'that the function ignores do not keep %i messages of a client stream waiting',
    async (count) => {
      const client = await start({ collectNotes: authenticated(async () => ({ count: 7 })) });
      const answered = latch<unknown>();
      send(
        client.collectNotes(good, (error, answer) => answered.open(error ?? answer)),
        count,
      );
      expect(await answered.opened).toMatchObject({ count: 7 });
    },
  );

  it('that the function stops reading do not keep the call open', async () => {
    const client = await start({
      chat: authenticated(async function* ({ requests }) {
        for await (const { text } of requests) {
          yield { wallet: text };
          if (text === '1') return;
        }
      }),
    });
    const call = client.chat(good);
    send(call, 500);
    const texts: string[] = [];
    for await (const { wallet } of call) texts.push(wallet as string);
    expect(texts).toEqual(['0', '1']);
  });

  it('can be read by one loop after another, and none is lost', async () => {
    const client = await start({
      chat: authenticated(async function* ({ requests }) {
        for await (const { text } of requests) {
          yield { wallet: `first ${text}` };
          if (text === '2') break;
        }
        for await (const { text } of requests) yield { wallet: `then ${text}` };
        for await (const { text } of requests) yield { wallet: `never ${text}` };
      }),
    });
    const call = client.chat(good);
    send(call, 5);
    const texts: string[] = [];
    for await (const { wallet } of call) texts.push(wallet as string);
    expect(texts).toEqual(['first 0', 'first 1', 'first 2', 'then 3', 'then 4']);
  });
});

describe('authenticated(): the options', () => {
  it('are known ones only, and the function is one', () => {
    expect(() => authenticated('x' as never)).toThrow(TypeError);
    expect(() => authenticated(async () => ({}), { onerror: () => undefined } as never)).toThrow(
      /unknown option "onerror"/,
    );
    expect(() => authenticated(async () => ({}), { onError: 'x' as never })).toThrow(/onError/);
  });
});

describe('authenticated(): the types', () => {
  /** A service as ts-proto and proto-loader's type generator declare it. */
  interface NotesServer extends UntypedServiceImplementation {
    read: handleUnaryCall<{ id: string }, { kind: 'a' | 'b' }>;
    upload: handleClientStreamingCall<{ size: bigint }, { kind: 'a' | 'b' }>;
    list: handleServerStreamingCall<{ id: string }, { kind: 'a' | 'b' }>;
    talk: handleBidiStreamingCall<{ size: bigint }, { kind: 'a' | 'b' }>;
  }

  it('of messages are inferred for services of protobuf-es', () => {
    const handlers: GrpcHandlers<typeof DemoService> = {
      whoAmI: authenticated(async ({ identity, request }) => {
        expectTypeOf(identity).toEqualTypeOf<WalletIdentity>();
        expectTypeOf(request).toEqualTypeOf<WhoAmIRequest>();
        return { wallet: identity.wallet };
      }),
      collectNotes: authenticated(async ({ requests }) => {
        expectTypeOf(requests).toEqualTypeOf<AsyncIterable<CollectNotesRequest>>();
        return { count: 1 };
      }),
      countUp: authenticated(async function* ({ call, request, signal }) {
        expectTypeOf(call.request).toEqualTypeOf(request);
        expectTypeOf(request.limit).toEqualTypeOf<number>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        yield { number: request.limit };
      }),
      chat: authenticated(async function* ({ requests }) {
        for await (const { text } of requests) yield { text };
      }),
    };
    const wrong: GrpcHandlers<typeof DemoService> = {
      // @ts-expect-error a wallet is no number
      whoAmI: authenticated(async () => ({ wallet: 5 })),
      // @ts-expect-error a client stream has no single request
      collectNotes: authenticated(async ({ request }) => ({ wallet: String(request) })),
      // @ts-expect-error a response stream needs a generator
      countUp: authenticated(async ({ identity }) => ({ wallet: identity.wallet })),
      // @ts-expect-error a text is no number
      chat: authenticated(async function* () {
        yield { text: 7 };
      }),
    };
    expect(Object.keys(handlers)).toEqual(Object.keys(wrong));
  });

  it('of messages are inferred for services of ts-proto and proto-loader, in a part of them too, and by name', () => {
    const handlers: Partial<NotesServer> = {
      read: authenticated(({ request }) => ({ kind: request.id === '' ? 'a' : 'b' })),
      upload: authenticated(async ({ requests }) => {
        for await (const { size } of requests) expectTypeOf(size).toEqualTypeOf<bigint>();
        return { kind: 'a' };
      }),
      list: authenticated(async function* ({ request }) {
        expectTypeOf(request.id).toEqualTypeOf<string>();
        yield { kind: 'a' };
      }),
      talk: authenticated(async function* ({ requests }) {
        for await (const { size } of requests) if (size > 0n) yield { kind: 'b' };
      }),
    };
    const named = authenticated<NotesServer['read']>(({ request }) => ({ kind: request.id === '' ? 'a' : 'b' }));
    expectTypeOf(named).toEqualTypeOf<NotesServer['read']>();
    expect(Object.keys(handlers)).toHaveLength(4);
  });

  it('of messages are any where nothing says of which kind the handler is', () => {
    const implementation: UntypedServiceImplementation = {
      read: authenticated(async ({ identity, request }) => ({ wallet: identity.wallet, id: request.id as string })),
      talk: authenticated(async function* ({ requests }) {
        for await (const { id } of requests) yield { id: id as string };
      }),
    };
    const alone = authenticated(async ({ identity }) => {
      expectTypeOf(identity).toEqualTypeOf<WalletIdentity>();
      return {};
    });
    expect([implementation['read'], alone].map((handler) => typeof handler)).toEqual(['function', 'function']);
  });
});
