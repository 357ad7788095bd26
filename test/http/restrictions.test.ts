import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import { createTokenSource, type TokenSourceOptions } from '../../src/client/create-token-source.js';
import type { DecisionEvent } from '../../src/gate/decision.js';
import { authorizedFetch, type AuthorizedFetchOptions } from '../../src/http/authorized-fetch.js';
import { corsHeaders, expiryHeaders } from '../../src/http/headers.js';
import { refusalOf } from '../../src/http/problem.js';
import { walletAuth, type WalletAuthOptions } from '../../src/http/wallet-auth.js';
import { authenticateIncoming, sendResponse } from '../../src/node/incoming.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { settableClock, type SettableClock } from '../../src/testing/settable-clock.js';
import { methodOf } from '../transports/calls.js';
import { challengeOf, NODE, restrictionTable, SECRET, SLOT_MS } from '../transports/restriction-table.js';

interface NodeSettings extends WalletAuthOptions {
  readonly clock?: SettableClock;
  /** The method that the route names. */
  readonly method?: string | undefined;
}

/** A real node of one route. */
async function start({ clock = settableClock(), method, ...options }: NodeSettings = {}) {
  const events: DecisionEvent[] = [];
  const { now, timers } = clock;
  const auth = walletAuth({ now, timers, onDecision: (event) => void events.push(event), ...options });
  const server = createServer((request, response) => {
    void (async () => {
      const caller = await authenticateIncoming(auth, request, { method });
      if (caller instanceof Response) return sendResponse(caller, response);
      return sendResponse(Response.json({}, { headers: expiryHeaders(caller) }), response);
    })();
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${host}/`;
  const client = (more: TokenSourceOptions = {}, fetching: AuthorizedFetchOptions = {}) =>
    authorizedFetch(createTokenSource(mintIdentity(), { now, random: () => 0, audience: NODE, ...more }), fetching);
  return {
    clock,
    url,
    host,
    events,
    client,
    decisions: () => events.map(({ reason, decision }) => reason ?? decision),
  };
}

const send = (url: string, token: string) => fetch(url, { headers: { authorization: `Bearer ${token}` } });

describe('a route that names its method', () => {
  it.each(restrictionTable)('$name: $reason', async ({ options, token, afterMs = 0, reason }) => {
    const { url, clock } = await start({ ...options, method: methodOf.unary });
    const text = mintToken({ now: clock.now, ...token });
    if (reason !== undefined && afterMs > 0) await send(url, text); // it may be cached
    clock.advance(afterMs);
    const answer = await send(url, text);
    const refused = await refusalOf(answer);
    expect([answer.status, refused?.reason]).toEqual([
      reason === undefined ? 200 : reason === 'ACCESS_DENIED' ? 403 : 401,
      reason,
    ]);
    const challenge = reason === 'CHALLENGE_REQUIRED' ? challengeOf(Math.floor(afterMs / SLOT_MS)) : undefined;
    expect(refused?.info['challenge']).toBe(challenge);
  });
});

describe('a route that names no method', () => {
  it('is ACCESS_DENIED for a token that names methods', async () => {
    const { url, clock } = await start();
    const narrow = mintToken({ now: clock.now, methods: [methodOf.unary.slice(1)] });
    expect((await refusalOf(await send(url, narrow)))?.reason).toBe('ACCESS_DENIED');
    expect((await send(url, mintToken({ now: clock.now }))).status).toBe(200);
  });
});

describe('the header wallet-challenge', () => {
  it('goes out with good answers, as pages of other origins may read it', async () => {
    const { url, clock } = await start({ audience: NODE, challenge: { secret: SECRET } });
    const token = mintToken({ now: clock.now });
    for (const slot of [0, 1]) {
      expect((await send(url, token)).headers.get('wallet-challenge')).toBe(challengeOf(slot));
      clock.advance(SLOT_MS);
    }
    expect(corsHeaders.exposedHeaders).toEqual(expect.arrayContaining(['wallet-challenge', 'wallet-challenge-bin']));
  });

  it('is not there where the node has no challenge, or the caller no token', async () => {
    const plain = await start();
    expect((await send(plain.url, mintToken({ now: plain.clock.now }))).headers.has('wallet-challenge')).toBe(false);
    const open = await start({ audience: NODE, challenge: { secret: SECRET }, rules: { '*': 'optional' } });
    expect((await fetch(open.url)).headers.has('wallet-challenge')).toBe(false);
  });
});

describe('the end of a token', () => {
  it('is, in the answer of a method with a shorter life, the end there', async () => {
    const rules = { [methodOf.unary]: { require: { maxLifetimeMs: 60_000 } } };
    const { url, clock } = await start({ method: methodOf.unary, rules });
    const answer = await send(url, mintToken({ now: clock.now }));
    expect(answer.headers.get('wallet-token-expires-at-ms')).toBe(String(clock.now().getTime() + 60_000));
  });

  it('is that of the method that was called last', async () => {
    const { now } = settableClock();
    const auth = walletAuth({ now, rules: { [methodOf.unary]: { require: { maxLifetimeMs: 60_000 } } } });
    const headers = new Headers({ authorization: `Bearer ${mintToken({ now })}` });
    const endAfter = async (method?: string) => {
      const caller = await auth.authenticate({ headers }, { method });
      if (caller instanceof Response) throw new Error('refused');
      return Number(expiryHeaders(caller)['wallet-token-expires-at-ms']) - now().getTime();
    };
    expect([await endAfter(), await endAfter(methodOf.unary), await endAfter()]).toEqual([
      3_600_000, 60_000, 3_600_000,
    ]);
  });
});

describe('authorizedFetch()', () => {
  const demanded = { audience: NODE, challenge: { secret: SECRET }, require: { challenge: true } };

  it('makes a refused request again with the challenge, and keeps up with the slots without a refusal', async () => {
    const { url, clock, client, decisions } = await start(demanded);
    const call = client();
    expect((await call(url)).status).toBe(200);
    for (let slot = 1; slot <= 4; slot++) {
      clock.advance(SLOT_MS);
      for (let i = 0; i < 2; i++) await call(url);
    }
    expect(decisions()).toEqual(['CHALLENGE_REQUIRED', ...Array<string>(9).fill('admitted')]);
    clock.advance(3 * SLOT_MS);
    expect((await call(url)).status).toBe(200);
    expect(decisions().slice(10)).toEqual(['CHALLENGE_REQUIRED', 'admitted']);
  });

  it('learns the challenge from a request that it does not repeat', async () => {
    const { url, client } = await start(demanded);
    const once = client();
    const body = () => ({ method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' as const });
    expect((await once(url, body())).status).toBe(401);
    expect((await once(url, body())).status).toBe(200);
    const off = client({}, { retry: false });
    expect([(await off(url)).status, (await off(url)).status]).toEqual([401, 200]);
  });

  it('names host and port of the URL as the audience', async () => {
    const { url, host, client, events } = await start({ audience: NODE });
    const call = client({ audience: undefined }, { audience: 'target' });
    expect((await refusalOf(await call(`${url}notes?x=1`)))?.reason).toBe('WRONG_AUDIENCE');
    expect(events.map(({ error }) => error?.cause)).toEqual([{ audience: [host], names: [NODE] }]);
  });

  it('rejects where a URL has no host that a node can have, and where audience is wrong', async () => {
    const { client } = await start();
    const call = client({}, { audience: 'target' });
    await expect(call('https://a..example/')).rejects.toThrow(TypeError);
    expect(() => client({}, { audience: NODE as never })).toThrow("audience must be 'target'");
  });
});
