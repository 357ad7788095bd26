import { constants } from 'node:http2';

import { setLogger } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';

import type { DecisionEvent } from '../../../src/gate/decision.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import { refusalDetails } from '../../../src/status-details.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { methodOf, startDemoServer, type DemoServer } from '../../support/demo-server.js';
import { sendFrames } from '../../support/raw-frames.js';
import { answerOf, EMPTY_MESSAGE, rawConnection, type RawConnection } from '../../support/raw-http2.js';

const { now } = settableClock();
const good = `Bearer ${mintToken({ now })}`;
const bobs = `Bearer ${mintToken({ now, wallet: testWallets.bob })}`;

let server: DemoServer;
let raw: RawConnection;
afterEach(() => {
  raw.close();
  server.close();
});

async function start(options: WalletAuthOptions = {}): Promise<void> {
  server = await startDemoServer(walletAuth({ now, ...options }));
  raw = rawConnection(server.target);
}

const reasonOf = ({ details }: { details: Uint8Array }) => refusalDetails(details)?.reason;

describe('headers that a grpc-js client cannot send', () => {
  it('two authorization values: Node keeps the first and never shows the second', async () => {
    let told!: (wallet: string | undefined) => void;
    await start({ authorize: (identity) => (told(identity?.wallet), true) });
    for (const [first, second, wallet] of [
      [good, bobs, testWallets.alice.address],
      [bobs, good, testWallets.bob.address],
    ] as const) {
      const seen = new Promise<string | undefined>((resolve) => (told = resolve));
      const close = sendFrames(server.port, methodOf.unary, [
        ['authorization', first],
        ['authorization', second],
      ]);
      expect(await seen).toBe(wallet);
      close();
    }
  });

  it.each([
    ['joined by a comma', `${good}, ${bobs}`],
    ['joined by a comma without a space', `${good},${bobs.slice(7)}`],
  ])('two tokens %s are nobody', async (_, value) => {
    await start();
    expect(reasonOf(await raw.call(methodOf.unary, { authorization: value }))).toBe('MALFORMED_TOKEN');
    expect(server.handlersRun()).toBe(0);
  });

  it.each([
    ['upper-case scheme', good.replace('Bearer', 'BEARER'), undefined],
    ['many spaces', good.replace(' ', '      '), undefined],
    ['16 kB', `Bearer ${'A'.repeat(16_384)}`, 'TOKEN_TOO_LARGE'],
    ['nothing after the scheme', 'Bearer', 'MALFORMED_HEADER'],
  ])('%s', async (_, authorization, reason) => {
    await start();
    const answer = await raw.call(methodOf.unary, { authorization });
    expect(reasonOf(answer)).toBe(reason);
    expect(answer.status).toBe(reason === undefined ? 0 : 16);
    expect(server.handlersRun()).toBe(reason === undefined ? 1 : 0);
  });

  it.each([
    ['trailing spaces', `${good}   `, false],
    ['a tab', good.replace(' ', '\t'), true],
    ['Latin-1 letters', `${good.slice(0, -4)}äöü=`, true],
  ])('a value with %s is dropped below the interceptor and counts as missing', async (_, authorization, logged) => {
    const lines: unknown[] = [];
    setLogger({ error: (line) => lines.push(line) });
    await start();
    expect(reasonOf(await raw.call(methodOf.unary, { authorization }))).toBe('MISSING_CREDENTIALS');
    expect(server.handlersRun()).toBe(0);
    // a fact about grpc-js that SECURITY.md tells with its remedy: what it drops it may log, whole
    expect(lines.some((line) => String(line).includes(authorization))).toBe(logged);
    setLogger(console);
  });

  it('an upper-case key means the same header', async () => {
    await start();
    expect((await raw.call(methodOf.unary, { Authorization: good })).status).toBe(0);
  });

  it('1 MB is refused by Node before any interceptor', async () => {
    const events: DecisionEvent[] = [];
    await start({ onDecision: (event) => events.push(event) });
    const answer = await raw.call(methodOf.unary, { authorization: `Bearer ${'A'.repeat(1_048_576)}` });
    expect(answer.status).toBeUndefined();
    expect(answer.rstCode).not.toBe(0);
    expect(events).toEqual([]);
    expect(server.handlersRun()).toBe(0);
  });

  it('a token in the trailers authenticates nobody', async () => {
    await start();
    const stream = raw.session.request(
      { ':method': 'POST', ':path': methodOf.unary, 'content-type': 'application/grpc', te: 'trailers' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ authorization: good }));
    stream.end(EMPTY_MESSAGE);
    expect(reasonOf(await answerOf(stream))).toBe('MISSING_CREDENTIALS');
    expect(server.handlersRun()).toBe(0);
  });
});

describe('calls that end before the decision', () => {
  /** A server whose authorize hook waits; gives a promise of "asked" and the function that lets it answer. */
  async function startWaiting() {
    let asked!: () => void;
    let allow!: () => void;
    let decided!: (event: DecisionEvent) => void;
    const wasAsked = new Promise<void>((resolve) => (asked = resolve));
    const answer = new Promise<boolean>((resolve) => (allow = () => resolve(true)));
    const decision = new Promise<DecisionEvent>((resolve) => (decided = resolve));
    const authorize = (_: unknown, { method }: { method: string }) => {
      if (method === methodOf.unary) return true;
      asked();
      return answer;
    };
    await start({
      authorize,
      onDecision: (event) => event.method === methodOf.unary || decided(event),
    });
    return { wasAsked, allow, decision };
  }

  it('a reset right after the headers runs no handler', async () => {
    await start();
    for (let i = 0; i < 20; i++) {
      const stream = raw.open(methodOf['bidi stream'], { authorization: bobs });
      stream.on('error', () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
    }
    expect((await raw.call(methodOf.unary, { authorization: good })).status).toBe(0);
    expect(server.messagesParsed()).toBe(1);
  });

  it('a reset while authorize is waiting runs no handler', async () => {
    const { wasAsked, allow, decision } = await startWaiting();
    const stream = raw.open(methodOf['bidi stream'], { authorization: good });
    const answer = answerOf(stream);
    await wasAsked;
    stream.close(constants.NGHTTP2_CANCEL);
    await answer;
    await raw.call(methodOf.unary, { authorization: good }); // the server has seen the reset by now
    allow();
    await decision;
    expect((await raw.call(methodOf.unary, { authorization: good })).status).toBe(0);
    expect(server.handlersRun()).toBe(2);
  });

  it('a deadline while authorize is waiting ends the call with DEADLINE_EXCEEDED', async () => {
    const { wasAsked, allow, decision } = await startWaiting();
    const stream = raw.open(methodOf['server stream'], { authorization: good, 'grpc-timeout': '20m' });
    stream.end(EMPTY_MESSAGE);
    const answer = answerOf(stream);
    await wasAsked;
    expect((await answer).status).toBe(4);
    allow();
    await decision;
    expect(server.handlersRun()).toBe(0);
    expect(server.messagesParsed()).toBe(0);
  });

  it('a half-close and ten thousand messages before the decision are parsed only after it', async () => {
    const { wasAsked, allow } = await startWaiting();
    const stream = raw.open(methodOf['client stream'], { authorization: good });
    const answer = answerOf(stream);
    stream.end(Buffer.concat(Array.from({ length: 10_000 }, () => EMPTY_MESSAGE)));
    await wasAsked;
    await raw.call(methodOf.unary, { authorization: good });
    expect(server.messagesParsed()).toBe(1);
    allow();
    expect((await answer).status).toBe(0);
    expect(server.messagesParsed()).toBe(10_001);
  });

  it('ten thousand messages of a refused caller are never parsed', async () => {
    await start();
    const stream = raw.open(methodOf['client stream']);
    const answer = answerOf(stream);
    stream.end(Buffer.concat(Array.from({ length: 10_000 }, () => EMPTY_MESSAGE)));
    expect(reasonOf(await answer)).toBe('MISSING_CREDENTIALS');
    expect((await raw.call(methodOf.unary, { authorization: good })).status).toBe(0);
    expect(server.messagesParsed()).toBe(1);
    expect(server.handlersRun()).toBe(1);
  });
});
