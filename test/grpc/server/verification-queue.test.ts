import { once } from 'node:events';

import { ServerInterceptingCall, status as Status, type Metadata, type ServerInterceptor } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createGate, type Gate } from '../../../src/gate/create-gate.js';
import type { GateOptions } from '../../../src/gate/options.js';
import { walletAuth } from '../../../src/grpc/server/wallet-auth.js';
import { authDetailsOf, authReasonOf } from '../../../src/grpc/status.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { authorization, callKinds, forwarded, kinds, startDemoServer } from '../../support/demo-server.js';
import { heldTurns } from '../../support/held-turns.js';
import { bearerToken, now, tokens } from '../../support/tokens.js';

const forged = (i: number) =>
  authorization(bearerToken({ refusedFor: 'INVALID_AUTH_DATA_SIGNATURE', now: () => new Date(now().getTime() - i) }));
const good = authorization(tokens.good);
const flooders = ['203.0.113.66', '203.0.113.77'] as const;
const honest = '203.0.113.5';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A server whose gate verifies nothing more until the test has its turns come. */
async function heldServer(options: GateOptions = {}, ...before: readonly ServerInterceptor[]) {
  const turns = heldTurns();
  const { curve, timers } = turns;
  const gate = createGate({ now, curve, timers, trustedProxies: ['127.0.0.1'], ...options });
  const server = await startDemoServer(...before, walletAuth(gate));
  onTestFinished(server.close);
  const client = server.client();
  await callKinds.unary(client, authorization(tokens.bobs)); // uses up the slice of this turn
  Object.assign(curve.calls, { verify: 0, recover: 0 });
  return { ...turns, gate, server, client };
}

async function untilWaiting(gate: Gate, count: number): Promise<void> {
  while (gate.waitingTokens !== count) await nextTurn();
}

describe('a server under a flood of forged tokens', () => {
  it('serves honest callers of other addresses before the rest of the flood', async () => {
    const { gate, client, turn } = await heldServer();
    const order: string[] = [];
    const call = async (name: string, metadata: Metadata, address: string) => {
      const { error } = await callKinds.unary(client, forwarded(metadata, address));
      order.push(name);
      return authReasonOf(error);
    };
    const flood = Array.from({ length: 40 }, (_, i) => call('forged', forged(i), flooders[i % 2] ?? ''));
    await untilWaiting(gate, 40);
    const served = call('honest', good, honest);
    await untilWaiting(gate, 41);
    const all = Promise.all(flood);
    for (let isOver = false; !isOver;) {
      turn();
      isOver = await Promise.race([all.then(() => true), nextTurn().then(() => false)]);
    }
    expect(await served).toBeUndefined();
    expect(new Set(await all)).toEqual(new Set(['INVALID_AUTH_DATA_SIGNATURE']));
    expect(order.indexOf('honest')).toBeLessThan(10); // third of 41 in the queue; its answer has a way of some turns
  });

  it('answers cached tokens while all others wait', async () => {
    const { gate, client, turnAll } = await heldServer();
    const waiting = callKinds.unary(client, forwarded(forged(0), flooders[0]));
    await untilWaiting(gate, 1);
    expect((await callKinds.unary(client, authorization(tokens.bobs))).wallets).toEqual([testWallets.bob.address]);
    expect(gate.waitingTokens).toBe(1);
    await turnAll();
    expect(authReasonOf((await waiting).error)).toBe('INVALID_AUTH_DATA_SIGNATURE');
  });

  it('refuses what has no room with RATE_LIMITED, with the time after which to come back', async () => {
    const { gate, client, turnAll } = await heldServer({ verificationQueue: { maxWaiting: 1 } });
    const waiting = callKinds.unary(client, forwarded(good, honest));
    await untilWaiting(gate, 1);
    const { error } = await callKinds.unary(client, forwarded(forged(0), flooders[0]));
    expect(error?.code).toBe(Status.RESOURCE_EXHAUSTED);
    expect(authDetailsOf(error)).toMatchObject({ reason: 'RATE_LIMITED', retryAfterMs: 1_000 });
    await turnAll();
    expect((await waiting).error).toBeUndefined();
  });

  it('does so in real time, by its own turns', async () => {
    const gate = createGate({ now, curve: heldTurns().curve, trustedProxies: ['127.0.0.1'] });
    const server = await startDemoServer(walletAuth(gate));
    onTestFinished(server.close);
    const client = server.client();
    const order: string[] = [];
    const call = async (name: string, metadata: Metadata, address: string) => {
      await callKinds.unary(client, forwarded(metadata, address));
      order.push(name);
    };
    await callKinds.unary(client, authorization(tokens.bobs));
    const flood = Array.from({ length: 60 }, (_, i) => call('forged', forged(i), flooders[i % 2] ?? ''));
    await Promise.all([...flood, call('honest', good, honest)]);
    expect(order).toHaveLength(61);
    expect(order.slice(-5)).not.toContain('honest');
    expect(gate.waitingTokens).toBe(0);
  });
});

describe('a call whose token waits', () => {
  it.each(kinds)('goes on as if it had not waited: %s', async (kind) => {
    const { gate, client, turnAll } = await heldServer();
    const outcome = callKinds[kind](client, good);
    await untilWaiting(gate, 1);
    for (let i = 0; i < 5; i++) await nextTurn(); // its messages wait, too
    await turnAll();
    const { error, wallets } = await outcome;
    expect(error).toBeUndefined();
    expect(new Set(wallets)).toEqual(new Set([testWallets.alice.address]));
  });

  it('keeps its messages in order', async () => {
    const { gate, client, turnAll } = await heldServer();
    const call = client.chat(good);
    const texts: string[] = [];
    call.on('data', ({ text }: { text: string }) => texts.push(text));
    for (const text of ['a', 'b', 'c']) call.write({ text });
    await untilWaiting(gate, 1);
    await turnAll();
    call.end({ text: 'd' });
    await once(call, 'end');
    expect(texts).toEqual(['a', 'b', 'c', 'd']);
  });

  /** An interceptor nearer to the wire, and how many calls with the good token were cancelled there. */
  function cancels() {
    const seen = { count: 0 };
    const watching: ServerInterceptor = (_, call) => {
      let isGood = false;
      return new ServerInterceptingCall(call, {
        start: (next) =>
          next({
            onReceiveMetadata(metadata, admit) {
              isGood = metadata.get('authorization')[0] === tokens.good;
              admit(metadata);
            },
            onCancel: () => void (seen.count += Number(isGood)),
          }),
      });
    };
    const untilSeen = async () => {
      while (seen.count === 0) await nextTurn();
    };
    return { watching, untilSeen };
  }

  it('is not verified if its caller has cancelled it', async () => {
    const { watching, untilSeen } = cancels();
    const { gate, client, server, curve, turnAll } = await heldServer({}, watching);
    const before = server.handlersRun();
    const call = client.whoAmI({}, good, () => undefined);
    await untilWaiting(gate, 1);
    call.cancel();
    await untilSeen();
    await turnAll();
    expect([gate.waitingTokens, curve.calls.verify, server.handlersRun() - before]).toEqual([0, 0, 0]);
  });

  it('ends at its deadline, and is not verified then', async () => {
    const { watching, untilSeen } = cancels();
    const { client, curve, turnAll } = await heldServer({}, watching);
    const code = new Promise((resolve) => {
      client.whoAmI({}, good, { deadline: Date.now() + 100 }, (error) => resolve(error?.code));
    });
    expect(await code).toBe(Status.DEADLINE_EXCEEDED);
    await untilSeen();
    await turnAll();
    expect(curve.calls.verify).toBe(0);
  });

  it('holds up nobody when its server is closed', async () => {
    const { gate, client, server, turnAll } = await heldServer();
    const outcome = callKinds.unary(client, good);
    await untilWaiting(gate, 1);
    server.close();
    expect((await outcome).error).toBeDefined();
    await turnAll();
    expect(gate.waitingTokens).toBe(0);
  });
});
