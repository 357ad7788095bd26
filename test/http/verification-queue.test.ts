import { describe, expect, it } from 'vitest';

import { createGate } from '../../src/gate/create-gate.js';
import { walletAuth } from '../../src/http/wallet-auth.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { heldTurns } from '../support/held-turns.js';
import { now, tokens } from '../support/tokens.js';

describe('a request whose token waits for the curve', () => {
  it('is answered when its turn has come', async () => {
    const { curve, timers, turnAll } = heldTurns();
    const gate = createGate({ now, curve, timers });
    const auth = walletAuth(gate);
    const request = (authorization: string) =>
      auth.authenticate(new Request('http://localhost/', { headers: { authorization } }), { address: '203.0.113.7' });
    await request(tokens.bobs); // uses up the slice of this turn
    const [good, forged] = [request(tokens.good), request(tokens.forged)];
    expect([auth.waitingTokens, gate.waitingTokens]).toEqual([2, 2]);
    await turnAll();
    expect(await good).toMatchObject({ wallet: testWallets.alice.address });
    expect(await forged).toMatchObject({ status: 401 });
  });
});
