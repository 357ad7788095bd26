import { once } from 'node:events';

import { ServerInterceptingCall, type Metadata, type ServerDuplexStream, type ServerInterceptor } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { StreamRule } from '../../../src/gate/call/call.js';
import type { CallWithAuthContext } from '../../../src/grpc/server/identity-of.js';
import { leaseOf } from '../../../src/grpc/server/lease-of.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import { authReasonOf } from '../../../src/grpc/status.js';
import { callOf } from '../../../src/testing/call-of.js';
import { fakeDevices } from '../../../src/testing/fake-devices.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { authorization, callKinds, methodOf, startDemoServer } from '../../support/demo-server.js';

const HOUR_MS = 3_600_000;
const GRACE_MS = 30_000;

type ChatCall = ServerDuplexStream<object, { wallet: string; text: string }>;

/** An open chat on a node with a clock of its own; its handler says a last word when its lease lapses. */
async function openChat(options: WalletAuthOptions = {}, { clock = settableClock(), anonymous = false } = {}) {
  const demo = await startDemoServer(walletAuth({ now: clock.now, timers: clock.timers, ...options }));
  onTestFinished(demo.close);
  const handled = { lapses: 0, cancellations: 0, stop: () => undefined as void, onLapse: () => undefined as void };
  demo.own.chat = (call) => {
    handled.stop = leaseOf(call).onLapsing(() => {
      handled.lapses++;
      handled.onLapse();
      call.write({ wallet: '', text: `last word ${handled.lapses}` });
    });
    call.on('cancelled', () => handled.cancellations++);
    call.on('data', ({ text }: { text: string }) => call.write({ wallet: '', text }));
    call.on('end', () => call.end());
  };
  const client = demo.client();
  const token = (): Metadata => authorization(`Bearer ${mintToken({ now: clock.now })}`);
  const call = anonymous ? client.chat() : client.chat(token());
  const texts: string[] = [];
  call.on('data', ({ text }: { text: string }) => texts.push(text));
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
  const renew = async () => expect((await callKinds.unary(client, token())).error).toBeUndefined();
  return { clock, handled, call, texts, ended, line, renew };
}

describe('leaseOf(call).onLapsing', () => {
  it('is for a last word: called when the newest token ends, before grace; the word arrives, then the stream ends', async () => {
    const { clock, handled, texts, ended, call } = await openChat();
    clock.advance(HOUR_MS);
    expect(handled.lapses).toBe(0);
    const arrived = once(call, 'data');
    clock.advance(1);
    expect([handled.lapses, handled.cancellations]).toEqual([1, 0]);
    await arrived;
    expect(texts).toEqual(['hello', 'last word 1']);
    clock.advance(GRACE_MS - 2);
    expect(handled.cancellations).toBe(0);
    clock.advance(1);
    expect(await ended).toBe('TOKEN_EXPIRED');
    await new Promise(setImmediate);
    expect(handled).toMatchObject({ lapses: 1, cancellations: 1 });
  });

  it('is called again where a newer token came in the grace period and ended, too', async () => {
    const { clock, handled, ended, renew, line } = await openChat();
    clock.advance(HOUR_MS + 1);
    await renew();
    clock.advance(GRACE_MS);
    await line('still here');
    clock.advance(HOUR_MS - GRACE_MS);
    expect(handled.lapses).toBe(1);
    clock.advance(1);
    expect(handled.lapses).toBe(2);
    clock.advance(GRACE_MS - 1);
    expect(await ended).toBe('TOKEN_EXPIRED');
  });

  it('is not called where a newer token came in time', async () => {
    const { clock, handled, renew } = await openChat();
    clock.advance(HOUR_MS - 1);
    await renew();
    clock.advance(HOUR_MS);
    expect(handled.lapses).toBe(0);
    clock.advance(1);
    expect(handled.lapses).toBe(1);
  });

  it('is not called after its undo', async () => {
    const { clock, handled } = await openChat();
    handled.stop();
    clock.advance(HOUR_MS + 1);
    expect(handled.lapses).toBe(0);
  });

  it('works the same with a registry of devices', async () => {
    const { devices, clock } = await fakeDevices();
    const { handled, ended, call } = await openChat({ devices }, { clock });
    const arrived = once(call, 'data');
    clock.advance(HOUR_MS + 1);
    await arrived;
    expect(handled.lapses).toBe(1);
    clock.advance(GRACE_MS);
    expect(await ended).toBe('TOKEN_EXPIRED');
  });

  it('is not called when the device is revoked: there is no time for a last word', async () => {
    const { devices, clock } = await fakeDevices();
    const { handled, ended } = await openChat({ devices }, { clock });
    await devices.revoke(mintIdentity().deviceId);
    expect(await ended).toBe('DEVICE_REVOKED');
    await new Promise(setImmediate);
    expect(handled).toMatchObject({ lapses: 0, cancellations: 1 });
  });

  it('where the method is until-expiry, is called right before the end, also if the device has a newer token', async () => {
    const { clock, handled, texts, ended, renew } = await openChat({
      rules: { [methodOf['bidi stream']]: { stream: 'until-expiry' } },
    });
    clock.advance(HOUR_MS - 1);
    await renew();
    clock.advance(2);
    expect(await ended).toBe('TOKEN_EXPIRED');
    await new Promise(setImmediate);
    expect(handled).toMatchObject({ lapses: 1, cancellations: 1 });
    expect(texts).toEqual(['hello', 'last word 1']);
  });

  it('what a listener throws is dropped, and the stream ends as it would', async () => {
    const { clock, handled, ended } = await openChat();
    handled.onLapse = () => {
      throw new Error('thrown');
    };
    clock.advance(HOUR_MS + 1);
    expect(handled.lapses).toBe(1);
    clock.advance(GRACE_MS - 1);
    expect(await ended).toBe('TOKEN_EXPIRED');
  });
});

describe('a call without a lease never lapses', () => {
  it.each<[string, WalletAuthOptions, { anonymous?: boolean }]>([
    ['a stream that is at-open', { rules: { '*': { stream: 'at-open' satisfies StreamRule } } }, {}],
    ['a stream of an anonymous caller', { rules: { '*': 'optional' } }, { anonymous: true }],
    ['a stream of a public method', { rules: { '*': 'public' } }, {}],
  ])('%s', async (_, options, caller) => {
    const { clock, handled, line } = await openChat(options, caller);
    clock.advance(24 * HOUR_MS);
    await line('a day later');
    expect(handled).toMatchObject({ lapses: 0, cancellations: 0 });
  });

  it.each<[string, CallWithAuthContext]>([
    ['a call where walletAuth is missing', { getAuthContext: () => ({}) }],
    ['a call of callOf', callOf<ChatCall>(mintIdentity())],
  ])('%s', (_, call) => {
    const stop = leaseOf(call).onLapsing(() => expect.unreachable());
    expect(stop()).toBeUndefined();
  });

  it('a unary call', async () => {
    const clock = settableClock();
    const leases: object[] = [];
    const look: ServerInterceptor = (_, call) =>
      new ServerInterceptingCall(call, {
        start: (next) =>
          next({
            onReceiveMetadata(metadata, go) {
              leases.push(leaseOf(call));
              leaseOf(call).onLapsing(() => expect.unreachable());
              go(metadata);
            },
          }),
      });
    const demo = await startDemoServer(walletAuth({ now: clock.now, timers: clock.timers }), look);
    onTestFinished(demo.close);
    const token = authorization(`Bearer ${mintToken({ now: clock.now })}`);
    expect((await callKinds.unary(demo.client(), token)).error).toBeUndefined();
    clock.advance(24 * HOUR_MS);
    expect(leases).toHaveLength(1);
  });
});
