import type { Metadata } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';

import type { ChatRequest } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import type { LimitStore } from '../../../src/gate/limits/limit-store.js';
import type { MethodPolicy } from '../../../src/gate/rules/policy.js';
import { walletAuth } from '../../../src/grpc/server/wallet-auth.js';
import { authReasonOf } from '../../../src/grpc/status.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { authorization, callKinds, startDemoServer, type DemoServer } from '../../support/demo-server.js';

const { now } = settableClock();
const good = () => authorization(`Bearer ${mintToken({ now })}`);

let demo: DemoServer | undefined;
afterEach(() => demo?.close());

/** A node whose store records what is taken, out of a bucket that holds so many points. */
async function node(policy: MethodPolicy<Metadata>, points = 1_000) {
  const taken: number[] = [];
  const store: LimitStore = {
    open: () => async (_, cost) => {
      const sum = taken.reduce((a, b) => a + b, 0);
      if (sum + cost > points) return 1_000;
      taken.push(cost);
      return 0;
    },
  };
  const limits = { classes: { default: { points: 1_000, windowMs: 60_000 } }, store };
  demo = await startDemoServer(walletAuth({ now, rules: { '*': policy }, limits }));
  const client = demo.client();
  const chat = (...texts: string[]) =>
    new Promise<string | undefined>((resolve) => {
      const call = client.chat(good());
      call.on('error', (error) => resolve(authReasonOf(error))).on('end', () => resolve(undefined));
      call.on('data', () => undefined);
      for (const text of texts) call.write({ text });
      call.end();
    });
  return { taken, client, chat, demo };
}

const length = ({ text }: ChatRequest) => text.length;

describe('costs that are charged by message', () => {
  it('leave no stream that sends nothing free', async () => {
    const { taken, chat } = await node({ cost: length });
    expect(await chat()).toBeUndefined();
    expect(taken).toEqual([1]);
  });

  it('leave no empty request free', async () => {
    const { taken, chat } = await node({ cost: length });
    expect(await chat('')).toBeUndefined();
    expect(taken).toEqual([1]);
  });

  it('take 1 for the call and the rest for its first message, which costs nothing more than its cost', async () => {
    const { taken, chat } = await node({ cost: length });
    await chat('a');
    expect(taken).toEqual([1]);
    await chat('abcde', 'abc');
    expect(taken).toEqual([1, 1, 4]);
  });

  it.each<[string, MethodPolicy<Metadata>]>([
    ['ownWallet', { ownWallet: ['text'] }],
    ['authorizeMessage', { authorizeMessage: () => false }],
  ])('leave no message free that %s refuses', async (_, policy) => {
    const { taken, chat } = await node({ ...policy, cost: length, chargeMessages: true });
    expect(await chat('abcde')).toBe('ACCESS_DENIED');
    expect(taken).toEqual([1, 4]);
  });

  it('are charged before the checks that cost', async () => {
    let called = 0;
    const { chat } = await node({ cost: length, authorizeMessage: () => ((called += 1), true) }, 3);
    expect(await chat('abcde')).toBe('RATE_LIMITED');
    expect(called).toBe(0);
  });

  it('ask the store once for a call and once for each message at most', async () => {
    const { taken, chat } = await node({ cost: length, chargeMessages: true });
    await chat('abc', 'de', '', 'f');
    expect(taken).toEqual([1, 2, 2, 1]);
  });
});

describe('with an empty bucket', () => {
  it.each<[string, MethodPolicy<Metadata>]>([
    ['a function finds the cost', { cost: () => 5 }],
    ['a function finds the limit', { limit: () => 'default' }],
    ['the cost is fixed', { cost: 5 }],
    ['messages are charged', { cost: () => 5, chargeMessages: true }],
  ])('no message of 3.9 MB is parsed where %s', async (_, policy) => {
    const { client, demo: server } = await node(policy, 0);
    const error = await new Promise<Error | undefined>((resolve) => {
      const call = client.collectNotes(good(), (failed) => resolve(failed ?? undefined));
      call.end({ text: 'x'.repeat(3_900_000) });
    });
    expect(authReasonOf(error)).toBe('RATE_LIMITED');
    for (const kind of ['unary', 'bidi stream'] as const)
      expect(authReasonOf((await callKinds[kind](client, good())).error)).toBe('RATE_LIMITED');
    expect([server.messagesParsed(), server.handlersRun()]).toEqual([0, 0]);
  });

  it('calls whose cost is the constant 0 go on', async () => {
    const { client, taken } = await node({ cost: 0, limit: () => 'default', chargeMessages: true }, 0);
    expect((await callKinds['bidi stream'](client, good())).error).toBeUndefined();
    expect(taken).toEqual([]);
  });
});
