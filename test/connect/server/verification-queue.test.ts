import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { connectNodeAdapter } from '@connectrpc/connect-node';
import { describe, expect, it, onTestFinished } from 'vitest';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { requireIdentity } from '../../../src/connect/server/identity-of.js';
import { walletAuth } from '../../../src/connect/server/wallet-auth.js';
import { createGate } from '../../../src/gate/create-gate.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { heldTurns } from '../../support/held-turns.js';
import { incomingCall } from '../../support/incoming-call.js';
import { now, tokens } from '../../support/tokens.js';
import { methodOf } from '../../transports/calls.js';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A Connect server whose gate verifies nothing more until the test has its turns come. */
async function heldServer() {
  const turns = heldTurns();
  const gate = createGate({ now, curve: turns.curve, timers: turns.timers });
  const handlers = { run: 0 };
  const handler = connectNodeAdapter({
    routes: (router) =>
      router.service(DemoService, {
        whoAmI: (_, context) => (handlers.run++, { wallet: requireIdentity(context).wallet }),
      }),
    ...walletAuth(gate).adapter,
  });
  const closed = { count: 0 };
  const server = createServer((request, response) => {
    response.on('close', () => closed.count++);
    handler(request, response);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${methodOf.unary}`;
  const headers = { 'content-type': 'application/json', authorization: tokens.good };
  const call = (signal: AbortSignal | null = null) => fetch(url, { method: 'POST', body: '{}', headers, signal });
  await gate.decide(incomingCall(), tokens.bobs); // uses up the slice of this turn
  Object.assign(turns.curve.calls, { verify: 0 });
  const untilWaiting = async () => {
    while (gate.waitingTokens === 0) await nextTurn();
  };
  const untilClosed = async () => {
    while (closed.count === 0) await nextTurn();
  };
  return { ...turns, gate, handlers, call, untilWaiting, untilClosed };
}

describe('a Connect call whose token waits for the curve', () => {
  it('goes on when its turn has come', async () => {
    const { call, untilWaiting, turnAll, handlers } = await heldServer();
    const answer = call();
    await untilWaiting();
    expect(handlers.run).toBe(0);
    await turnAll();
    expect(await (await answer).json()).toMatchObject({ wallet: testWallets.alice.address });
  });

  it('is not verified if its caller has left', async () => {
    const { call, untilWaiting, untilClosed, turnAll, curve, handlers, gate } = await heldServer();
    const leaving = new AbortController();
    const answer = call(leaving.signal);
    await untilWaiting();
    leaving.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    await untilClosed();
    await turnAll();
    expect([gate.waitingTokens, curve.calls.verify, handlers.run]).toEqual([0, 0, 0]);
  });
});
