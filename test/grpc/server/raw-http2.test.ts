import { constants } from 'node:http2';

import { setLogger } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { DecisionEvent } from '../../../src/gate/decision.js';
import { refusalDetails } from '../../../src/status-details.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { methodOf } from '../../support/demo-server.js';
import { sendFrames } from '../../support/raw-frames.js';
import { answerOf, EMPTY_MESSAGE, rawConnection } from '../../support/raw-http2.js';
import { startNode, type NodeOptions } from '../../support/start-node.js';
import { tokens } from '../../support/tokens.js';
import { withResolvers } from '../../support/with-resolvers.js';

const { good, bobs } = tokens;

/** A node and a raw connection to it. */
async function start(options?: NodeOptions) {
  const node = await startNode(options);
  const raw = rawConnection(node.target);
  onTestFinished(raw.close);
  return { ...node, raw };
}

const reasonOf = ({ details }: { details: Uint8Array }) => refusalDetails(details)?.reason;

describe('headers that a grpc-js client cannot send', () => {
  it('two authorization values: Node keeps the first and never shows the second', async () => {
    let told = withResolvers<string | undefined>();
    const { port } = await start({ authorize: (identity) => (told.resolve(identity?.wallet), true) });
    for (const [first, second, wallet] of [
      [good, bobs, testWallets.alice.address],
      [bobs, good, testWallets.bob.address],
    ] as const) {
      told = withResolvers();
      const close = sendFrames(port, methodOf.unary, [
        ['authorization', first],
        ['authorization', second],
      ]);
      expect(await told.promise).toBe(wallet);
      close();
    }
  });

  it.each([
    ['joined by a comma', `${good}, ${bobs}`],
    ['joined by a comma without a space', `${good},${bobs.slice(7)}`],
  ])('two tokens %s are nobody', async (_, value) => {
    const { handlersRun, raw } = await start();
    expect(reasonOf(await raw.call(methodOf.unary, { authorization: value }))).toBe('MALFORMED_TOKEN');
    expect(handlersRun()).toBe(0);
  });

  it.each([
    ['upper-case scheme', good.replace('Bearer', 'BEARER'), undefined],
    ['many spaces', good.replace(' ', '      '), undefined],
    ['16 kB', `Bearer ${'A'.repeat(16_384)}`, 'TOKEN_TOO_LARGE'],
    ['nothing after the scheme', 'Bearer', 'MALFORMED_HEADER'],
  ])('%s', async (_, authorization, reason) => {
    const { handlersRun, raw } = await start();
    const answer = await raw.call(methodOf.unary, { authorization });
    expect(reasonOf(answer)).toBe(reason);
    expect(answer.status).toBe(reason === undefined ? 0 : 16);
    expect(handlersRun()).toBe(reason === undefined ? 1 : 0);
  });

  it.each([
    ['trailing spaces', `${good}   `, false],
    ['a tab', good.replace(' ', '\t'), true],
    ['Latin-1 letters', `${good.slice(0, -4)}äöü=`, true],
  ])('a value with %s is dropped below the interceptor and counts as missing', async (_, authorization, logged) => {
    const lines: unknown[] = [];
    setLogger({ error: (line) => lines.push(line) });
    const { handlersRun, raw } = await start();
    expect(reasonOf(await raw.call(methodOf.unary, { authorization }))).toBe('MISSING_CREDENTIALS');
    expect(handlersRun()).toBe(0);
    // a fact about grpc-js that SECURITY.md tells with its remedy: what it drops it may log, whole
    expect(lines.some((line) => String(line).includes(authorization))).toBe(logged);
    setLogger(console);
  });

  it('an upper-case key means the same header', async () => {
    const { raw } = await start();
    expect((await raw.call(methodOf.unary, { Authorization: good })).status).toBe(0);
  });

  it('1 MB is refused by Node before any interceptor', async () => {
    const { handlersRun, raw, events } = await start();
    const answer = await raw.call(methodOf.unary, { authorization: `Bearer ${'A'.repeat(1_048_576)}` });
    expect(answer.status).toBeUndefined();
    expect(answer.rstCode).not.toBe(0);
    expect(events).toEqual([]);
    expect(handlersRun()).toBe(0);
  });

  it('a token in the trailers authenticates nobody', async () => {
    const { handlersRun, raw } = await start();
    const stream = raw.session.request(
      { ':method': 'POST', ':path': methodOf.unary, 'content-type': 'application/grpc', te: 'trailers' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ authorization: good }));
    stream.end(EMPTY_MESSAGE);
    expect(reasonOf(await answerOf(stream))).toBe('MISSING_CREDENTIALS');
    expect(handlersRun()).toBe(0);
  });
});

describe('calls that end before the decision', () => {
  /** A node whose authorize hook waits: a promise of its call, the function that lets it answer, and its decision. */
  async function startWaiting() {
    const asked = withResolvers();
    const answer = withResolvers<boolean>();
    const decided = withResolvers<DecisionEvent>();
    const node = await start({
      authorize(_, { method }) {
        if (method === methodOf.unary) return true;
        asked.resolve();
        return answer.promise;
      },
      onDecision: (event) => event.method === methodOf.unary || decided.resolve(event),
    });
    return { ...node, wasAsked: asked.promise, allow: () => answer.resolve(true), decision: decided.promise };
  }

  it('a reset right after the headers runs no handler', async () => {
    const { messagesParsed, raw } = await start();
    for (let i = 0; i < 20; i++) {
      const stream = raw.open(methodOf['bidi stream'], { authorization: bobs });
      stream.on('error', () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
    }
    expect((await raw.call(methodOf.unary, { authorization: good })).status).toBe(0);
    expect(messagesParsed()).toBe(1);
  });

  it('a reset while authorize is waiting runs no handler', async () => {
    const { wasAsked, allow, decision, handlersRun, raw } = await startWaiting();
    const stream = raw.open(methodOf['bidi stream'], { authorization: good });
    const answer = answerOf(stream);
    await wasAsked;
    stream.close(constants.NGHTTP2_CANCEL);
    await answer;
    await raw.call(methodOf.unary, { authorization: good }); // the server has seen the reset by now
    allow();
    await decision;
    expect((await raw.call(methodOf.unary, { authorization: good })).status).toBe(0);
    expect(handlersRun()).toBe(2);
  });

  it('a deadline while authorize is waiting ends the call with DEADLINE_EXCEEDED', async () => {
    const { wasAsked, allow, decision, handlersRun, messagesParsed, raw } = await startWaiting();
    const stream = raw.open(methodOf['server stream'], { authorization: good, 'grpc-timeout': '20m' });
    stream.end(EMPTY_MESSAGE);
    const answer = answerOf(stream);
    await wasAsked;
    expect((await answer).status).toBe(4);
    allow();
    await decision;
    expect(handlersRun()).toBe(0);
    expect(messagesParsed()).toBe(0);
  });

  it('a half-close and ten thousand messages before the decision are parsed only after it', async () => {
    const { wasAsked, allow, messagesParsed, raw } = await startWaiting();
    const stream = raw.open(methodOf['client stream'], { authorization: good });
    const answer = answerOf(stream);
    stream.end(Buffer.concat(Array.from({ length: 10_000 }, () => EMPTY_MESSAGE)));
    await wasAsked;
    await raw.call(methodOf.unary, { authorization: good });
    expect(messagesParsed()).toBe(1);
    allow();
    expect((await answer).status).toBe(0);
    expect(messagesParsed()).toBe(10_001);
  });

  it('ten thousand messages of a refused caller are never parsed', async () => {
    const { handlersRun, messagesParsed, raw } = await start();
    const stream = raw.open(methodOf['client stream']);
    const answer = answerOf(stream);
    stream.end(Buffer.concat(Array.from({ length: 10_000 }, () => EMPTY_MESSAGE)));
    expect(reasonOf(await answer)).toBe('MISSING_CREDENTIALS');
    expect((await raw.call(methodOf.unary, { authorization: good })).status).toBe(0);
    expect(messagesParsed()).toBe(1);
    expect(handlersRun()).toBe(1);
  });
});
