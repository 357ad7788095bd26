import { describe, expect, it } from 'vitest';

import { authDetailsOf } from '../../../src/grpc/status.js';
import { authorization, callKinds, forwarded } from '../../support/demo-server.js';
import { startNode } from '../../support/start-node.js';
import { tokens } from '../../support/tokens.js';

const good = authorization(tokens.good);
const forged = authorization(tokens.forged);

describe('x-forwarded-for', () => {
  it('names the caller behind a proxy that is trusted', async () => {
    const { client } = await startNode({ failedTokenLimit: { failures: 1 }, trustedProxies: ['127.0.0.1'] });
    const shared = client();
    await callKinds.unary(shared, forwarded(forged, '203.0.113.66'));
    const { error } = await callKinds.unary(shared, forwarded(good, '203.0.113.66'));
    expect(authDetailsOf(error)).toMatchObject({ reason: 'RATE_LIMITED', retryAfterMs: 60_000 });
    expect((await callKinds.unary(shared, forwarded(good, '203.0.113.67'))).error).toBeUndefined();
  });

  it('is nothing but text to hooks', async () => {
    const seen: unknown[] = [];
    const keys = ['x-forwarded-for', 'x-bytes-bin', 'x-none'];
    const { client } = await startNode({
      authorize: (_, call) => (seen.push(...keys.map((key) => call.header(key))), true),
    });
    const metadata = forwarded(good, '203.0.113.66');
    metadata.set('x-bytes-bin', Buffer.of(1, 2));
    expect((await callKinds.unary(client(), metadata)).error).toBeUndefined();
    expect(seen).toEqual([['203.0.113.66'], [], []]);
  });
});
