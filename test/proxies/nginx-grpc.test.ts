import { credentials, Metadata } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';

import { DemoService } from '../../gen/walletauth/demo/v1/demo_pb.js';
import { createTokenSource } from '../../src/client/create-token-source.js';
import { createClient } from '../../src/grpc/client/create-client.js';
import { authDetailsOf, authReasonOf } from '../../src/grpc/status.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { authorization, callKinds, kinds, methodOf } from '../support/demo-server.js';
import { nginxIsMissing, nginxNote } from '../support/nginx.js';
import { rawConnection } from '../support/raw-http2.js';
import { tokens } from '../support/tokens.js';
import { CALLER, clientOf, nodeBehindNginx, sendFramesTo } from './through-nginx.js';

const alice = testWallets.alice.address;

describe.skipIf(nginxIsMissing)(`gRPC through nginx with TLS${nginxNote}`, () => {
  it.each(kinds)('the token arrives and the identity is right: %s', async (kind) => {
    const { client, node } = await nodeBehindNginx();
    const { wallets, error, metadata } = await callKinds[kind](client, authorization(tokens.good));
    expect([error, ...new Set(wallets)]).toEqual([undefined, alice]);
    expect(metadata?.get('wallet-token-expires-at-ms')).toEqual([String(node.clock.now().getTime() + 3_600_000)]);
  });

  it.each(kinds)(
    'a refusal comes with its status, reason and details, and nothing reaches the handler: %s',
    async (kind) => {
      const { client, node } = await nodeBehindNginx();
      for (const [sent, reason] of [
        [new Metadata(), 'MISSING_CREDENTIALS'],
        [authorization(tokens.expired), 'TOKEN_EXPIRED'],
        [authorization(tokens.forged), 'INVALID_AUTH_DATA_SIGNATURE'],
      ] as const) {
        const { error } = await callKinds[kind](client, sent);
        expect([error?.code, authReasonOf(error)]).toEqual([16, reason]);
        const info = { server_time_ms: String(node.clock.now().getTime()) };
        expect(authDetailsOf(error)).toMatchObject({ reason, info });
      }
      expect(node.handlersRun()).toBe(0);
    },
  );

  it('a refusal is trailers only, in front of nginx as behind it', async () => {
    const { node, whoAmIFrom } = await nodeBehindNginx();
    const connection = rawConnection(node.target);
    onTestFinished(connection.close);
    const direct = await connection.call(methodOf.unary);
    const through = await whoAmIFrom(CALLER, {});
    expect(through.status).toBe(16);
    expect(through.details).toEqual(direct.details);
    expect(through.headers[':status']).toBe(200);
  });

  it('RATE_LIMITED says how long to wait', async () => {
    const limits = { classes: { default: { points: 1, windowMs: 60_000 } } };
    const { client } = await nodeBehindNginx({ limits });
    await callKinds.unary(client, authorization(tokens.good));
    const { error } = await callKinds.unary(client, authorization(tokens.good));
    expect(authDetailsOf(error)).toMatchObject({ reason: 'RATE_LIMITED', retryAfterMs: 60_000 });
  });

  it('a client whose clock is wrong heals by what the node says', async () => {
    const { nginx, node } = await nodeBehindNginx();
    const slow = settableClock(new Date(node.clock.now().getTime() - 4_000_000));
    const source = createTokenSource(mintIdentity(), { now: slow.now, maxClockAdvanceMs: 5_000_000 });
    const tls = credentials.createSsl(nginx.certificate.pem);
    const client = createClient(DemoService, `localhost:${nginx.port}`, tls, source);
    onTestFinished(() => client.close());
    expect(await callKinds.unary(client)).toMatchObject({ wallets: [alice], error: undefined });
    expect(node.events.map(({ decision }) => decision)).toEqual(['refused', 'admitted']);
  });

  it('two authorization headers: nginx answers 400 by itself, and the node is not called', async () => {
    const { nginx, node } = await nodeBehindNginx();
    const header: [string, string] = ['authorization', tokens.good];
    await sendFramesTo(nginx, [header, header]);
    await expect.poll(nginx.accessLog).toMatch(/" 400 /);
    expect(node.events).toEqual([]);
    await sendFramesTo(nginx, [header]);
    await expect.poll(() => node.events.map(({ decision }) => decision)).toEqual(['admitted']);
  });

  it('two tokens in one header are refused by the node', async () => {
    const { whoAmIFrom } = await nodeBehindNginx();
    const both = `${tokens.good}, ${tokens.bobs}`;
    expect(await whoAmIFrom(CALLER, { authorization: both })).toMatchObject({ status: 16, message: 'malformed token' });
  });

  it('a token of the size that a node may allow passes; a larger header ends its connection and all calls on it', async () => {
    const { whoAmIFrom, node } = await nodeBehindNginx({ maxTokenLength: 16_000 });
    const tokenOf = (length: number) => ({ authorization: `Bearer ${'A'.repeat(length)}` });
    expect(await whoAmIFrom(CALLER, tokenOf(16_000))).toMatchObject({ status: 16, message: 'malformed token' });
    expect(await whoAmIFrom(CALLER, tokenOf(16_001))).toMatchObject({ status: 16, message: 'token too large' });
    expect(node.events).toHaveLength(2);
    expect(await whoAmIFrom(CALLER, tokenOf(60_000))).toMatchObject({ status: undefined, rstCode: 11 }); // ENHANCE_YOUR_CALM
    expect(node.events).toHaveLength(2);
  });

  it('metadata of a client and of a handler pass: large, binary, and with an underscore', async () => {
    const { client, node } = await nodeBehindNginx();
    const seen: unknown[] = [];
    node.own.whoAmI = (call, callback) => {
      seen.push(['x_key', 'x-bytes-bin', 'x-large'].map((key) => call.metadata.get(key)[0]));
      const answer = new Metadata();
      answer.set('x-answer', 'b'.repeat(12_000));
      call.sendMetadata(answer);
      callback(null, { wallet: alice });
    };
    const sent = authorization(tokens.good);
    sent.set('x_key', 'a');
    sent.set('x-bytes-bin', Buffer.of(1, 2, 255));
    sent.set('x-large', 'c'.repeat(12_000));
    const { error, metadata } = await callKinds.unary(client, sent);
    expect([error, seen]).toEqual([undefined, [['a', Buffer.of(1, 2, 255), 'c'.repeat(12_000)]]]);
    expect(metadata?.get('x-answer')).toEqual(['b'.repeat(12_000)]);
  });

  it('without underscores_in_headers a metadata key with an underscore is dropped, and nobody says so', async () => {
    const { client, node } = await nodeBehindNginx({}, { 'underscores_in_headers on;': '' });
    const seen: unknown[] = [];
    node.own.whoAmI = (call, callback) => (seen.push(call.metadata.get('x_key')), callback(null, {}));
    const sent = authorization(tokens.good);
    sent.set('x_key', 'a');
    expect((await callKinds.unary(client, sent)).error).toBeUndefined();
    expect(seen).toEqual([[]]);
  });

  it('an error whose trailers are larger than grpc_buffer_size becomes 502 and has no reason', async () => {
    const { client, node } = await nodeBehindNginx();
    const failWith = (size: number) => {
      node.own.whoAmI = (_, callback) => callback({ code: 9, details: 'd'.repeat(size) });
      return callKinds.unary(client, authorization(tokens.good));
    };
    expect((await failWith(8_000)).error).toMatchObject({ code: 9 });
    expect((await failWith(40_000)).error).toMatchObject({ code: 14 }); // UNAVAILABLE
  });

  it('while the node is down its callers get UNAVAILABLE without a reason', async () => {
    const { client, node } = await nodeBehindNginx();
    node.close();
    const { error } = await callKinds.unary(client, authorization(tokens.good));
    expect([error?.code, authReasonOf(error)]).toEqual([14, undefined]);
  });

  it('no token is in its access log, nor in its error log', async () => {
    const { nginx, client, node } = await nodeBehindNginx();
    await callKinds.unary(client, authorization(tokens.good));
    await callKinds.unary(client, authorization(tokens.expired));
    node.close();
    await callKinds.unary(client, authorization(tokens.good));
    expect(nginx.accessLog().match(/WhoAmI/g)).toHaveLength(3);
    for (const sent of [tokens.good, tokens.expired]) {
      expect(nginx.accessLog() + nginx.errorLog()).not.toContain(sent.slice('Bearer '.length, 60));
    }
  });

  it('more calls at once than nginx has connections to the node open', async () => {
    const { nginx, node } = await nodeBehindNginx();
    const clients = [clientOf(nginx), clientOf(nginx)];
    const calls = Array.from({ length: 60 }, (_, i) => callKinds.unary(clients[i % 2]!, authorization(tokens.good)));
    const outcomes = await Promise.all(calls);
    expect(new Set(outcomes.map(({ wallets, error }) => error?.message ?? wallets[0]))).toEqual(new Set([alice]));
    expect(node.handlersRun()).toBe(60);
  });

  it.each(['grpc.conf', 'one-address.conf'] as const)('a request stream is as long as it likes: %s', async (config) => {
    const { client } = await nodeBehindNginx({}, {}, config);
    const text = 'a'.repeat(1_000_000);
    const outcome = await new Promise((resolve) => {
      const call = client.collectNotes(authorization(tokens.good), (error, answer) => resolve(error ?? answer));
      for (let i = 0; i < 6; i++) call.write({ text });
      call.end();
    });
    expect(outcome).toMatchObject({ wallet: alice, count: 6 });
  });
});
