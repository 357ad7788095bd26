import { EventEmitter } from 'node:events';

import { Metadata, propagate, status as Status, type InterceptingListener, type StatusObject } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import type { RetrySettings } from '../../../src/client/retry-policy.js';
import type { TargetTokenSource } from '../../../src/client/token-source.js';
import { WalletError } from '../../../src/client/wallet/wallet-error.js';
import { AuthError, type AuthReason } from '../../../src/errors.js';
import type { Call } from '../../../src/grpc/client/call-record.js';
import { TokenCall } from '../../../src/grpc/client/token-call.js';
import { grpcServiceDefinition } from '../../../src/grpc/service-definition.js';
import { serviceError } from '../../../src/grpc/status.js';
import { EXPIRES_KEY } from '../../../src/status-details.js';

const { whoAmI, collectNotes } = grpcServiceDefinition(DemoService);
const NEW_TOKEN: RetrySettings = { token: true, rateLimited: undefined };
const NO_RETRY: RetrySettings = { token: false, rateLimited: undefined };
const CONTEXT = { transportSecurityType: 'ssl' };
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A call with nothing below it: what is passed down and up is written down, and the test plays the node. */
function bench({
  deadline,
  get = async () => 'a.token',
  partial = false,
  retries = NEW_TOKEN,
  method = whoAmI as object,
  parent,
  flags,
}: BenchOptions = {}) {
  const down: unknown[][] = [];
  const up: unknown[][] = [];
  const told: unknown[][] = [];
  const listeners: InterceptingListener[] = [];
  const statuses: StatusObject[] = [];
  const note =
    (list: unknown[][], name: string) =>
    (...args: unknown[]) =>
      void list.push([name, ...args]);
  const makeCall = (): Call => ({
    start: (metadata, listener) => {
      note(down, 'start')(metadata.get('authorization'));
      listeners.push(listener as InterceptingListener);
    },
    sendMessageWithContext: (_, message) => note(down, 'message')(message),
    sendMessage: note(down, 'plain message'),
    startRead: note(down, 'read'),
    halfClose: note(down, 'half-close'),
    cancelWithStatus: note(down, 'cancel'),
    getPeer: () => '127.0.0.1:1',
    getAuthContext: () => CONTEXT,
  });
  const source: TargetTokenSource = {
    get,
    invalidate: note(told, 'invalidate'),
    noteServerTime: note(told, 'server time'),
    noteExpiry: note(told, 'expiry'),
    noteChallenge: note(told, 'challenge'),
  };
  const call = new TokenCall(
    { deadline, parent, propagate_flags: flags, method_definition: method } as never,
    makeCall,
    source,
    retries,
  );
  const listener = {
    onReceiveMetadata: (metadata: Metadata) => up.push(['metadata', metadata.getMap()]),
    onReceiveMessage: note(up, 'message'),
    onReceiveStatus: (status: StatusObject) => {
      up.push(['status', status.code, status.details]);
      statuses.push(status);
    },
  };
  call.start(new Metadata(), partial ? undefined : listener);
  return { call, down, up, told, listeners, statuses };
}

interface BenchOptions {
  readonly deadline?: Date | number;
  readonly get?: () => Promise<string>;
  readonly partial?: boolean;
  readonly retries?: RetrySettings;
  readonly method?: object;
  readonly parent?: FakeParent;
  readonly flags?: number;
}

/** The server call in whose handler a call is made, as far as grpc-js looks at it. */
class FakeParent extends EventEmitter {
  cancelled = false;
  #deadline: number;

  constructor(deadline = Infinity) {
    super();
    this.#deadline = deadline;
  }

  getDeadline(): number {
    return this.#deadline;
  }

  cancel(): void {
    this.cancelled = true;
    this.emit('cancelled', 'cancelled');
  }
}

const never = () => new Promise<string>(() => undefined);
const settled = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};
function headers(entries: Record<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(entries)) metadata.set(key, value);
  return metadata;
}

const ok: StatusObject = { code: Status.OK, details: '', metadata: new Metadata() };

/** A refusal as a node sends it, or as one with another idea of `info` would. */
function refused(
  reason: AuthReason,
  info: Record<string, string> = {},
  code: Status = Status.UNAUTHENTICATED,
): StatusObject {
  return { code, details: '', metadata: serviceError(new AuthError(reason, { info })).metadata };
}

describe('a call with a token source', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('knows its peer and its connection once it is made', async () => {
    const { call } = bench();
    expect([call.getPeer(), call.getAuthContext()]).toEqual(['unknown', null]);
    await settled();
    expect([call.getPeer(), call.getAuthContext()]).toEqual(['127.0.0.1:1', CONTEXT]);
  });

  it('does on the call that is made what was done before, and then what is done', async () => {
    const { call, down } = bench();
    call.sendMessage('one');
    call.startRead();
    await settled();
    call.halfClose();
    call.startRead();
    expect(down).toEqual([['start', ['Bearer a.token']], ['message', 'one'], ['read'], ['half-close'], ['read']]);
  });

  it('passes a cancellation down once it is made, and ends by itself before', async () => {
    const made = bench();
    await settled();
    made.call.cancelWithStatus(Status.CANCELLED, 'enough');
    expect(made.down.at(-1)).toEqual(['cancel', Status.CANCELLED, 'enough']);
    expect(made.up).toEqual([]);
    const waiting = bench({ get: never });
    waiting.call.cancelWithStatus(Status.CANCELLED, 'enough');
    waiting.call.cancelWithStatus(Status.UNKNOWN, 'again');
    await settled();
    expect(waiting.up).toEqual([['status', Status.CANCELLED, 'enough']]);
  });

  it.each(Array.from({ length: 8 }, (_, turns) => turns))(
    'that is cancelled while its token comes is never left running behind its end: %i turns after the start',
    async (turns) => {
      const { call, down, up, listeners } = bench();
      for (let i = 0; i < turns; i++) await Promise.resolve();
      call.cancelWithStatus(Status.CANCELLED, 'enough');
      await settled();
      if (down.length > 0) {
        expect(down).toEqual([
          ['start', ['Bearer a.token']],
          ['cancel', Status.CANCELLED, 'enough'],
        ]);
        listeners[0]!.onReceiveStatus({ code: Status.CANCELLED, details: 'enough', metadata: new Metadata() });
      }
      expect(up).toEqual([['status', Status.CANCELLED, 'enough']]);
    },
  );

  it('needs no listener', async () => {
    const { listeners, down } = bench({ partial: true });
    await settled();
    const [listener] = listeners;
    listener!.onReceiveMetadata(new Metadata());
    listener!.onReceiveMessage({ wallet: '' });
    listener!.onReceiveMessage(null);
    listener!.onReceiveStatus(ok);
    expect(down).toHaveLength(1);
  });

  it('tells of a missing answer only when its status is there', async () => {
    const { up, listeners } = bench();
    await settled();
    listeners[0]!.onReceiveMessage(null);
    expect(up).toEqual([]);
    listeners[0]!.onReceiveStatus(ok);
    expect(up).toEqual([
      ['message', null],
      ['status', Status.OK, ''],
    ]);
  });

  it('tells of no missing answer where none was missing', async () => {
    const { up, listeners } = bench();
    await settled();
    listeners[0]!.onReceiveMessage('answer');
    listeners[0]!.onReceiveStatus(ok);
    expect(up).toEqual([
      ['message', 'answer'],
      ['status', Status.OK, ''],
    ]);
  });
});

describe('a refusal that a new token mends', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is not shown, and the call is made once more, with the reads that are open', async () => {
    const { call, down, up, told, listeners } = bench();
    call.sendMessage('one');
    call.halfClose();
    call.startRead();
    await settled();
    listeners[0]!.onReceiveMessage(null);
    listeners[0]!.onReceiveStatus(refused('TOKEN_EXPIRED'));
    await settled();
    const once = [['start', ['Bearer a.token']], ['message', 'one'], ['half-close'], ['read']];
    expect(down).toEqual([...once, ...once]);
    expect(up).toEqual([]);
    expect(told.map(([name]) => name)).toEqual(['server time', 'invalidate']);
    listeners[1]!.onReceiveStatus(refused('TOKEN_EXPIRED'));
    expect(up).toEqual([['status', Status.UNAUTHENTICATED, '']]);
  });

  it('is one only with the status UNAUTHENTICATED', async () => {
    const { up, listeners } = bench();
    await settled();
    listeners[0]!.onReceiveStatus(refused('TOKEN_EXPIRED', {}, Status.PERMISSION_DENIED));
    await settled();
    expect(up).toEqual([['status', Status.PERMISSION_DENIED, '']]);
    expect(listeners).toHaveLength(1);
  });

  it.each([NO_RETRY, NEW_TOKEN])(
    'teaches the clock and drops the token also where it is not repeated: %j',
    async (retries) => {
      const { call, up, told, listeners } = bench({ retries, method: collectNotes });
      call.sendMessage('one');
      await settled();
      listeners[0]!.onReceiveStatus(refused('TOKEN_EXPIRED', { server_time_ms: '1700000000000' }));
      await settled();
      expect(up).toEqual([['status', Status.UNAUTHENTICATED, '']]);
      expect(told).toEqual([
        ['server time', 1_700_000_000_000],
        ['invalidate', 'a.token', 'TOKEN_EXPIRED'],
      ]);
    },
  );

  it.each([
    ['DEVICE_REVOKED', Status.UNAUTHENTICATED],
    ['ACCESS_DENIED', Status.PERMISSION_DENIED],
    ['RATE_LIMITED', Status.RESOURCE_EXHAUSTED],
    ['AUTH_UNAVAILABLE', Status.UNAVAILABLE],
  ] as const)('teaches the clock with every other reason too, and keeps the token: %s', async (reason, code) => {
    const { told, listeners } = bench();
    await settled();
    listeners[0]!.onReceiveStatus(refused(reason, { server_time_ms: '1700000000000' }, code));
    expect(told).toEqual([['server time', 1_700_000_000_000]]);
  });

  it('is one only if the call failed', async () => {
    const { told, up, listeners } = bench();
    await settled();
    listeners[0]!.onReceiveStatus(refused('TOKEN_EXPIRED', { server_time_ms: '1700000000000' }, Status.OK));
    expect(told).toEqual([]);
    expect(up).toEqual([['status', Status.OK, '']]);
  });

  it.each(['', 'x1', '1x', '-1', '1.5', '1'.repeat(16)])(
    'teaches nothing with the server time %j',
    async (server_time_ms) => {
      const { told, listeners } = bench();
      await settled();
      listeners[0]!.onReceiveStatus(refused('TOKEN_EXPIRED', { server_time_ms }));
      expect(told.map(([name]) => name)).toEqual(['invalidate']);
    },
  );
});

describe('headers before a refusal', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const early = headers({ server: 'connect' });
  const good = headers({ [EXPIRES_KEY]: '1700000000000' });

  it('do not switch off the retry, and the caller gets the headers of the answer, once', async () => {
    const { up, listeners } = bench();
    await settled();
    listeners[0]!.onReceiveMetadata(early);
    listeners[0]!.onReceiveStatus(refused('TOKEN_EXPIRED'));
    await settled();
    expect(up).toEqual([]);
    listeners[1]!.onReceiveMetadata(good);
    listeners[1]!.onReceiveMessage('answer');
    listeners[1]!.onReceiveStatus(ok);
    vi.runAllTimers();
    expect(up).toEqual([
      ['metadata', good.getMap()],
      ['message', 'answer'],
      ['status', Status.OK, ''],
    ]);
  });

  it('that say that the node admitted the call end all repeats: its handler may have done its work', async () => {
    const { up, listeners, told } = bench();
    await settled();
    listeners[0]!.onReceiveMetadata(good);
    listeners[0]!.onReceiveStatus(refused('TOKEN_EXPIRED'));
    await settled();
    expect(listeners).toHaveLength(1);
    expect(up).toEqual([
      ['metadata', good.getMap()],
      ['status', Status.UNAUTHENTICATED, ''],
    ]);
    expect(told.at(-1)).toEqual(['invalidate', 'a.token', 'TOKEN_EXPIRED']);
  });

  it('reach the caller before the refusal if it is not repeated', async () => {
    const { up, listeners } = bench();
    await settled();
    listeners[0]!.onReceiveMetadata(early);
    listeners[0]!.onReceiveStatus(refused('DEVICE_REVOKED'));
    expect(up).toEqual([
      ['metadata', early.getMap()],
      ['status', Status.UNAUTHENTICATED, ''],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('reach the caller before the first message', async () => {
    const { up, listeners } = bench();
    await settled();
    listeners[0]!.onReceiveMetadata(early);
    expect(up).toEqual([]);
    listeners[0]!.onReceiveMessage('answer');
    expect(up.map(([name]) => name)).toEqual(['metadata', 'message']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('reach the caller after a tenth of a second though nothing follows; the retry stays on, and none come twice', async () => {
    const { up, listeners } = bench();
    await settled();
    listeners[0]!.onReceiveMetadata(early);
    vi.advanceTimersByTime(99);
    expect(up).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(up).toEqual([['metadata', early.getMap()]]);
    listeners[0]!.onReceiveStatus(refused('TOKEN_EXPIRED'));
    await settled();
    listeners[1]!.onReceiveMetadata(good);
    listeners[1]!.onReceiveStatus(ok);
    expect(up).toEqual([
      ['metadata', early.getMap()],
      ['status', Status.OK, ''],
    ]);
  });

  it.each<[string, Metadata, BenchOptions]>([
    ['they say that the token is good', good, {}],
    ['nothing is repeated', early, { retries: NO_RETRY }],
  ])('reach the caller at once if %s', async (_, metadata, options) => {
    const { up, listeners } = bench(options);
    await settled();
    listeners[0]!.onReceiveMetadata(metadata);
    expect(up).toEqual([['metadata', metadata.getMap()]]);
  });

  it('reach the caller at once if a message of its stream is out', async () => {
    const { call, up, listeners } = bench({ method: collectNotes });
    await settled();
    call.sendMessage('one');
    listeners[0]!.onReceiveMetadata(early);
    expect(up).toEqual([['metadata', early.getMap()]]);
  });

  it('that are still held leave no timer behind when the caller gives up', async () => {
    const { call, up, listeners } = bench({ deadline: Date.now() + 50 });
    await settled();
    listeners[0]!.onReceiveMetadata(early);
    call.cancelWithStatus(Status.CANCELLED, 'enough');
    listeners[0]!.onReceiveStatus({ code: Status.CANCELLED, details: 'enough', metadata: new Metadata() });
    expect(up.map(([name]) => name)).toEqual(['metadata', 'status']);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a source that fails', () => {
  it('is the cause of the status, so that programs can tell why', async () => {
    const cause = new WalletError('USER_REJECTED', 'the request was rejected in the wallet');
    const { up, statuses } = bench({ get: () => Promise.reject(cause) });
    await settled();
    expect(up).toEqual([['status', Status.UNAUTHENTICATED, 'no token: the request was rejected in the wallet']]);
    expect((statuses[0] as { cause?: unknown }).cause).toBe(cause);
  });
});

describe('the expiry that a node tells', () => {
  it.each([
    ['1700000000000', [['expiry', 'a.token', 1_700_000_000_000]]],
    ['x1', []],
    ['1x', []],
    [undefined, []],
  ])('%j is learnt only if it is one', async (text, expected) => {
    const { told, listeners } = bench();
    await settled();
    const metadata = new Metadata();
    if (text !== undefined) metadata.set(EXPIRES_KEY, text);
    listeners[0]!.onReceiveMetadata(metadata);
    expect(told).toEqual(expected);
  });
});

describe('a deadline', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('ends a call that waits for its token, not earlier and not twice', async () => {
    const { call, up } = bench({ deadline: Date.now() + 50, get: never });
    vi.advanceTimersByTime(49);
    expect(up).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(up).toEqual([['status', Status.DEADLINE_EXCEEDED, 'Deadline exceeded']]);
    call.cancelWithStatus(Status.CANCELLED, '');
    await settled();
    expect(up).toHaveLength(1);
  });

  it('that has passed ends the call at the next turn', () => {
    const { up } = bench({ deadline: new Date(Date.now() - 1), get: never });
    expect(up).toEqual([]);
    vi.advanceTimersByTime(0);
    expect(up).toHaveLength(1);
  });

  it.each([
    ['none', undefined, 0],
    ['Infinity', Infinity, 0],
    ['one beyond what timers can wait', LONGEST_TIMER_MS + 1, 0],
    ['the longest that timers can wait', LONGEST_TIMER_MS, 1],
  ])('%s: there are so many timers while the token is awaited', (_, delayMs, timers) => {
    bench({ ...(delayMs === undefined ? {} : { deadline: Date.now() + delayMs }), get: never });
    expect(vi.getTimerCount()).toBe(timers);
  });

  it('is watched no longer when the call is made', async () => {
    bench({ deadline: Date.now() + 50 });
    await settled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a call in the handler of another call', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const ended = [['status', Status.CANCELLED, 'Cancelled by parent call']];

  it('ends with that while its token is awaited, and is not made', async () => {
    const parent = new FakeParent();
    let give!: (token: string) => void;
    const { up, down } = bench({ parent, get: () => new Promise((resolve) => (give = resolve)) });
    parent.cancel();
    await settled();
    expect(up).toEqual(ended);
    give('a.token');
    await settled();
    expect([up, down]).toEqual([ended, []]);
  });

  it('ends with that while the next try is awaited', async () => {
    const parent = new FakeParent();
    const retries = { token: true, rateLimited: { maxRetries: 1, maxDelayMs: 1_000 } };
    const { up, listeners } = bench({ parent, retries });
    await settled();
    listeners[0]!.onReceiveStatus(refused('RATE_LIMITED', { retry_after_ms: '500' }, Status.RESOURCE_EXHAUSTED));
    parent.cancel();
    await vi.runAllTimersAsync();
    expect(up).toEqual(ended);
    expect(listeners).toHaveLength(1);
  });

  it('does not begin where that had ended before', async () => {
    const parent = new FakeParent();
    parent.cancel();
    const { up } = bench({ parent, get: never });
    await settled();
    expect(up).toEqual(ended);
  });

  it('waits for its token until the deadline of that', () => {
    const { up } = bench({ parent: new FakeParent(Date.now() + 50), deadline: Date.now() + 100, get: never });
    vi.advanceTimersByTime(49);
    expect(up).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(up).toEqual([['status', Status.DEADLINE_EXCEEDED, 'Deadline exceeded']]);
  });

  it('goes its own way where the flags say so', async () => {
    const parent = new FakeParent(Date.now() + 50);
    const flags = propagate.DEFAULTS & ~propagate.CANCELLATION & ~propagate.DEADLINE;
    const { up } = bench({ parent, flags, get: never });
    parent.cancel();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(up).toEqual([]);
  });

  it('leaves no listener on that', async () => {
    const parent = new FakeParent();
    const { listeners } = bench({ parent });
    await settled();
    listeners[0]!.onReceiveStatus(ok);
    expect(parent.listenerCount('cancelled')).toBe(0);
  });
});
