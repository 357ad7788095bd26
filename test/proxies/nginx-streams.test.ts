import { once } from 'node:events';

import type { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';

import { authReasonOf } from '../../src/grpc/status.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { authorization } from '../support/demo-server.js';
import { nginxIsMissing, nginxNote } from '../support/nginx.js';
import { tokens } from '../support/tokens.js';
import { clientOf, nodeBehindNginx } from './through-nginx.js';

const HOUR_MS = 3_600_000;
const GRACE_MS = 30_000;
const wallet = testWallets.alice.address;

/** A node behind nginx with a clock of its own, where every kind of stream stays open and silent. */
async function start(replace: Readonly<Record<string, string>> = {}, clientOptions: object = {}) {
  const clock = settableClock();
  const proxied = await nodeBehindNginx({ now: clock.now, timers: clock.timers }, replace);
  const { node, nginx } = proxied;
  const handled = { cancellations: 0 };
  node.own.chat = (call) => {
    call.on('cancelled', () => handled.cancellations++);
    call.on('data', ({ text }: { text: string }) => call.write({ wallet, text }));
    call.on('end', () => call.end());
  };
  node.own.countUp = (call) => {
    call.on('cancelled', () => handled.cancellations++);
    if (call.request.limit > 0) call.write({ wallet, number: 1 });
  };
  node.own.collectNotes = (call) => {
    call.on('cancelled', () => handled.cancellations++);
    call.resume();
  };
  const client = clientOf(nginx, clientOptions);
  return { ...proxied, clock, handled, client, metadata: authorization(tokens.good) };
}

/** The status that ended a stream, and its reason. */
function endOf(call: NodeJS.EventEmitter): Promise<[code: number, reason: string | undefined]> {
  return new Promise((resolve) => {
    call.on('data', () => undefined);
    call.on('error', () => undefined);
    call.on('status', (status: { code: number; metadata: Metadata }) =>
      resolve([status.code, authReasonOf(Object.assign(new Error(), status))]),
    );
  });
}

describe.skipIf(nginxIsMissing)(`streams through nginx${nginxNote}`, () => {
  it('a chat passes line by line, and the gate’s end of it arrives with its reason', async () => {
    const { client, clock, handled, metadata } = await start();
    const chat = client.chat(metadata);
    const ended = endOf(chat);
    for (const text of ['a', 'b', 'c']) {
      chat.write({ text });
      expect(await once(chat, 'data')).toMatchObject([{ text }]);
    }
    clock.advance(HOUR_MS + GRACE_MS);
    expect(await ended).toEqual([16, 'TOKEN_EXPIRED']);
    await expect.poll(() => handled.cancellations).toBe(1);
  });

  it.each([
    ['before its first message', 0],
    ['after its first message', 1],
  ])('the gate ends a silent server stream with its reason, %s', async (_, limit) => {
    const { client, clock, metadata, node } = await start();
    const call = client.countUp({ limit }, metadata);
    const ended = endOf(call);
    if (limit > 0) await once(call, 'data');
    await expect.poll(node.handlersRun).toBe(1);
    clock.advance(HOUR_MS + GRACE_MS);
    expect(await ended).toEqual([16, 'TOKEN_EXPIRED']);
  });

  it('a client that cancels is noticed by the handler', async () => {
    const { client, handled, metadata } = await start();
    const chat = client.chat(metadata);
    const ended = endOf(chat);
    chat.write({ text: 'a' });
    await once(chat, 'data');
    chat.cancel();
    expect(await ended).toEqual([1, undefined]);
    await expect.poll(() => handled.cancellations).toBe(1);
  });

  const SHORT = '300ms';

  it.each([
    ['before its first message', 0],
    ['after its first message', 1],
  ])('grpc_read_timeout ends a server stream that is silent for longer, without a reason, %s', async (_, limit) => {
    const { client, handled, metadata } = await start({ 'grpc_read_timeout 1h': `grpc_read_timeout ${SHORT}` });
    const ended = await endOf(client.countUp({ limit }, metadata));
    expect([limit, ...ended]).toEqual(limit === 0 ? [0, 14, undefined] : [1, 13, undefined]);
    await expect.poll(() => handled.cancellations).toBe(1);
  });

  it('keepalive pings of the client do not keep a silent stream open: nginx answers them itself', async () => {
    const pings = { 'grpc.keepalive_time_ms': 50, 'grpc.keepalive_timeout_ms': 1_000 };
    const { client, metadata } = await start({ 'grpc_read_timeout 1h': `grpc_read_timeout ${SHORT}` }, pings);
    expect((await endOf(client.countUp({ limit: 1 }, metadata)))[0]).toBe(13);
  });

  it.each(['client', 'bidi'] as const)(
    'client_body_timeout ends a %s stream whose client says nothing for longer, without a reason',
    async (kind) => {
      const { client, handled, metadata } = await start({ 'client_body_timeout 1h': `client_body_timeout ${SHORT}` });
      const call = kind === 'bidi' ? client.chat(metadata) : client.collectNotes(metadata, () => undefined);
      (call as { write(message: object): unknown }).write({ text: 'a' });
      expect(await endOf(call)).toEqual([13, undefined]);
      await expect.poll(() => handled.cancellations).toBe(1);
    },
  );

  it('client_body_timeout counts the client’s silence alone: what the node sends does not matter', async () => {
    const { client, metadata, node } = await start({ 'client_body_timeout 1h': `client_body_timeout ${SHORT}` });
    let sent = 0;
    node.own.chat = (call) => {
      const timer = setInterval(() => call.write({ text: String(sent++) }), 20);
      call.on('cancelled', () => clearInterval(timer));
    };
    const chat = client.chat(metadata);
    chat.write({ text: 'a' });
    expect(await endOf(chat)).toEqual([13, undefined]);
    expect(sent).toBeGreaterThan(1);
  });

  it('a stream that speaks more often than that stays open, however long', async () => {
    const { client, metadata } = await start({
      'grpc_read_timeout 1h': 'grpc_read_timeout 1s',
      'client_body_timeout 1h': 'client_body_timeout 1s',
    });
    const chat = client.chat(metadata);
    const ended = endOf(chat);
    const longerThanBoth = performance.now() + 1_500;
    while (performance.now() < longerThanBoth) {
      chat.write({ text: 'a' });
      await once(chat, 'data');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    chat.end();
    expect(await ended).toEqual([0, undefined]);
  });
});
