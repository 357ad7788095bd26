import type { Metadata } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';

import { walletAuth } from '../../../src/grpc/server/wallet-auth.js';
import { authDetailsOf, authReasonOf } from '../../../src/grpc/status.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { authorization, callKinds, startDemoServer, type DemoServer } from '../../support/demo-server.js';

const { now } = settableClock();
const good = authorization(`Bearer ${mintToken({ now })}`);
const forged = authorization(`Bearer ${mintToken({ now, refusedFor: 'INVALID_AUTH_DATA_SIGNATURE' })}`);

let server: DemoServer | undefined;
afterEach(() => server?.close());

describe('x-forwarded-for', () => {
  const from = (address: string, token: Metadata) => {
    const metadata = token.clone();
    metadata.add('x-forwarded-for', address);
    return metadata;
  };

  it('names the caller behind a proxy that is trusted', async () => {
    const options = { now, failedTokenLimit: { failures: 1 }, trustedProxies: ['127.0.0.1'] };
    server = await startDemoServer(walletAuth(options));
    const client = server.client();
    await callKinds.unary(client, from('203.0.113.66', forged));
    const { error } = await callKinds.unary(client, from('203.0.113.66', good));
    expect(authReasonOf(error)).toBe('RATE_LIMITED');
    expect(authDetailsOf(error)?.retryAfterMs).toBe(60_000);
    expect((await callKinds.unary(client, from('203.0.113.67', good))).error).toBeUndefined();
  });

  it('is nothing but text to hooks', async () => {
    const seen: unknown[] = [];
    const keys = ['x-forwarded-for', 'x-bytes-bin', 'x-none'];
    server = await startDemoServer(
      walletAuth({ now, authorize: (_, call) => (seen.push(...keys.map((key) => call.header(key))), true) }),
    );
    const metadata = from('203.0.113.66', good);
    metadata.set('x-bytes-bin', Buffer.of(1, 2));
    expect((await callKinds.unary(server.client(), metadata)).error).toBeUndefined();
    expect(seen).toEqual([['203.0.113.66'], [], []]);
  });
});
