import { once } from 'node:events';
import { constants } from 'node:http2';

import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { AccessSubject } from '../../../src/gate/access/access-list.js';
import { HARD_CLOSE_AFTER_MS } from '../../../src/gate/steps/hard-close.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import { refusalDetails } from '../../../src/status-details.js';
import { fakeDevices } from '../../../src/testing/fake-devices.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { methodOf, startDemoServer } from '../../support/demo-server.js';
import { answerOf, EMPTY_MESSAGE, rawConnection } from '../../support/raw-http2.js';

const HOUR_MS = 3_600_000;
const GRACE_MS = 30_000;
const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants;

/** An interceptor that only passes calls on. */
const passing: ServerInterceptor = (_, call) => new ServerInterceptingCall(call);

interface Setting {
  readonly options?: WalletAuthOptions;
  /** How many messages of 10 kB the handler writes; a window holds six. */
  readonly messages?: number;
  readonly before?: readonly ServerInterceptor[];
  /** Interceptors between `walletAuth` and the handler. */
  readonly after?: readonly ServerInterceptor[];
}

/** A raw stream that is open on a node with a registry, whose client reads nothing until it is told to. */
async function open({ options = {}, messages = 100, before = [], after = [] }: Setting = {}) {
  const fake = await fakeDevices();
  const { devices, clock } = fake;
  onTestFinished(() => devices.close());
  const auth = walletAuth({ devices, now: clock.now, timers: clock.timers, ...options });
  const demo = await startDemoServer(...before, auth, ...after);
  onTestFinished(demo.close);
  const raw = rawConnection(demo.target);
  onTestFinished(raw.close);
  let cancellations = 0;
  let written = 0;
  const started = new Promise<void>((resolve) => {
    demo.own.chat = (call) => {
      call.on('cancelled', () => cancellations++);
      for (let i = 0; i < messages; i++) call.write({ wallet: 'x'.repeat(10_000), text: '' }, () => written++);
      call.resume();
      resolve();
    };
  });
  const stream = raw.open(methodOf['bidi stream'], { authorization: `Bearer ${mintToken({ now: clock.now })}` });
  stream.on('error', () => undefined);
  const closed = once(stream, 'close').then(() => stream.rstCode);
  stream.write(EMPTY_MESSAGE);
  await started;
  /** Another call and back, so that all frames before it have arrived. */
  const settle = async () => void (await raw.call(methodOf.unary, {}));
  while (written < Math.min(messages, 6)) await settle(); // the seventh does not fit
  return { ...fake, auth, raw, stream, closed, settle, cancellations: () => cancellations };
}

describe('a stream whose client reads nothing', () => {
  it('never gets the status; it is closed hard 5 seconds after the gate ended it, with CANCEL, and counted', async () => {
    const { devices, auth, clock, closed, stream, settle, cancellations } = await open();
    clock.advance(HOUR_MS + GRACE_MS);
    await settle();
    clock.advance(HARD_CLOSE_AFTER_MS - 1);
    await settle();
    expect(stream.closed).toBe(false);
    expect([auth.hardCloses, devices.health().hardCloses]).toEqual([0, 0]);
    clock.advance(1);
    expect(await closed).toBe(NGHTTP2_CANCEL);
    expect([auth.hardCloses, devices.health().hardCloses]).toEqual([1, 1]);
    expect(cancellations()).toBe(1);
  });

  it.each<[string, (node: Awaited<ReturnType<typeof open>>) => unknown]>([
    ['TOKEN_EXPIRED', ({ clock }) => clock.advance(HOUR_MS + GRACE_MS)],
    ['TOKEN_EXPIRED, as its device was removed', ({ devices }) => devices.remove(mintIdentity().deviceId)],
    ['DEVICE_REVOKED', ({ devices }) => devices.revoke(mintIdentity().deviceId)],
    ['DEVICE_REVOKED with its wallet', ({ devices }) => devices.revokeWallet(testWallets.alice.address)],
  ])('is closed hard after %s', async (_, end) => {
    const node = await open();
    await end(node);
    await node.settle();
    node.clock.advance(HARD_CLOSE_AFTER_MS);
    expect(await node.closed).toBe(NGHTTP2_CANCEL);
    expect(node.auth.hardCloses).toBe(1);
  });

  it.each(['by the sweep', 'at its next message'])('is closed hard after ACCESS_DENIED %s', async (when) => {
    const denied = new Set<string | undefined>();
    const deny = { has: ({ wallet }: AccessSubject) => denied.has(wallet), size: 1 };
    const { auth, clock, closed, stream, settle } = await open({ options: { access: { deny } } });
    denied.add(testWallets.alice.address);
    if (when === 'by the sweep') clock.advance(5_000);
    else stream.write(EMPTY_MESSAGE);
    await settle();
    clock.advance(HARD_CLOSE_AFTER_MS);
    expect(await closed).toBe(NGHTTP2_CANCEL);
    expect(auth.hardCloses).toBe(1);
  });

  it('is closed hard behind other interceptors, too', async () => {
    const { clock, closed, settle } = await open({ before: [passing, passing] });
    clock.advance(HOUR_MS + GRACE_MS);
    await settle();
    clock.advance(HARD_CLOSE_AFTER_MS);
    expect(await closed).toBe(NGHTTP2_CANCEL);
  });

  it('stays half-open where another interceptor hides the stream of grpc-js; the process goes on', async () => {
    const hiding: ServerInterceptor = (_, call) => {
      const hidden = new ServerInterceptingCall(call) as unknown as { nextCall: object };
      const names = Object.getOwnPropertyNames(Object.getPrototypeOf(hidden)).filter((name) => name !== 'constructor');
      const methods = names.map((name) => [
        name,
        (...values: unknown[]): unknown => Reflect.apply(Reflect.get(hidden, name) as () => unknown, hidden, values),
      ]);
      return Object.fromEntries(methods);
    };
    const { auth, clock, stream, settle } = await open({ before: [hiding] });
    clock.advance(HOUR_MS + GRACE_MS);
    await settle();
    clock.advance(HARD_CLOSE_AFTER_MS);
    await settle();
    expect([stream.closed, auth.hardCloses]).toEqual([false, 0]);
  });
});

describe('a stream whose client reads', () => {
  it('gets all that was handed to the transport, then the status, and is not counted', async () => {
    const { auth, clock, stream, closed, settle } = await open();
    const answer = answerOf(stream);
    const all = new Promise<void>((resolve) => {
      let bytes = 0;
      stream.on('data', (chunk: Buffer) => (bytes += chunk.length) >= 1_000_000 && resolve());
    });
    await all;
    clock.advance(HOUR_MS + GRACE_MS);
    await settle();
    stream.end();
    expect(await closed).toBe(NGHTTP2_NO_ERROR);
    const { status, details } = await answer;
    expect([status, refusalDetails(details)?.reason]).toEqual([16, 'TOKEN_EXPIRED']);
    clock.advance(HARD_CLOSE_AFTER_MS);
    expect(auth.hardCloses).toBe(0);
  });

  it('gets the status within the 5 seconds if it begins to read only then', async () => {
    const { auth, clock, stream, settle } = await open();
    clock.advance(HOUR_MS + GRACE_MS);
    await settle();
    clock.advance(HARD_CLOSE_AFTER_MS - 1);
    const answer = answerOf(stream);
    const gotStatus = once(stream, 'trailers');
    await gotStatus;
    await settle();
    clock.advance(1);
    expect((await answer).status).toBe(16);
    expect(auth.hardCloses).toBe(0);
  });

  it.each([
    ['after messages', 1],
    ['before any message', 0],
  ])('and never closes its own side is closed without an error, and not counted: %s', async (_, messages) => {
    const { auth, clock, stream, closed, settle } = await open({ messages });
    const answer = answerOf(stream);
    clock.advance(HOUR_MS + GRACE_MS);
    await settle();
    clock.advance(HARD_CLOSE_AFTER_MS);
    expect(await closed).toBe(NGHTTP2_NO_ERROR);
    expect((await answer).status).toBe(16);
    expect(auth.hardCloses).toBe(0);
  });
});

describe('a clock of a test', () => {
  it('that is advanced by hours at once ends streams with their status, not with a reset', async () => {
    const { clock, stream } = await open({ messages: 1 });
    const answer = answerOf(stream);
    stream.end();
    clock.advance(10 * HOUR_MS);
    expect((await answer).status).toBe(16);
  });
});

describe('a stream that was ended behind the gate', () => {
  it('is left alone while its client reads slowly, also if the check of a message refuses it only then', async () => {
    let allow: (answer: boolean) => void = () => undefined;
    const answer = new Promise<boolean>((resolve) => (allow = resolve));
    const checks = { count: 0 };
    const authorizeMessage = () => (checks.count++, answer);
    const calls: Parameters<ServerInterceptor>[1][] = [];
    const { auth, clock, stream, settle } = await open({
      after: [(_, call) => (calls.push(call), new ServerInterceptingCall(call))],
      options: { rules: { '*': { authorizeMessage } } },
    });
    while (checks.count === 0) await settle();
    calls[0]?.sendStatus({ code: 9, details: 'enough' });
    allow(false);
    await settle();
    clock.advance(HARD_CLOSE_AFTER_MS);
    await settle();
    expect([stream.closed, auth.hardCloses]).toEqual([false, 0]);
  });
});
