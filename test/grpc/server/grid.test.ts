import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { AuthReason } from '../../../src/errors.js';
import { walletAuth } from '../../../src/grpc/server/wallet-auth.js';
import { authReasonOf } from '../../../src/grpc/status.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { authorization, callKinds, kinds, startDemoServer, type DemoServer } from '../../support/demo-server.js';
import { now, tokens } from '../../support/tokens.js';

const { alice } = testWallets;

/** What callers may come with, and what a node must find wrong about it. */
const credentials: Record<string, { header?: string; reason?: AuthReason }> = {
  'no token': { reason: 'MISSING_CREDENTIALS' },
  'an empty value': { header: '', reason: 'MALFORMED_HEADER' },
  'no scheme': { header: mintToken({ now }), reason: 'MALFORMED_HEADER' },
  'another scheme': { header: `Basic ${mintToken({ now })}`, reason: 'UNSUPPORTED_SCHEME' },
  'a malformed token': { header: 'Bearer not/a/token', reason: 'MALFORMED_TOKEN' },
  'an oversized token': { header: `Bearer ${'A'.repeat(4097)}`, reason: 'TOKEN_TOO_LARGE' },
  'an expired token': { header: tokens.expired, reason: 'TOKEN_EXPIRED' },
  'a token from the future': { header: tokens.fromFuture, reason: 'TOKEN_FROM_FUTURE' },
  'a forged token': { header: tokens.forged, reason: 'INVALID_AUTH_DATA_SIGNATURE' },
  "another wallet's address": { header: tokens.wrongWallet, reason: 'WALLET_MISMATCH' },
  'an uncertified key': { header: tokens.uncertified, reason: 'UNSIGNED_IDENTITY_KEY' },
  'a good token': { header: tokens.good },
};

describe.each(['required', 'optional', 'public'] as const)('a server whose methods are %s', (rule) => {
  let server: DemoServer;
  beforeAll(async () => {
    server = await startDemoServer(walletAuth({ now, rules: { '*': rule } }));
  });
  afterAll(() => server.close());

  describe.each(kinds)('%s', (kind) => {
    it.each(Object.entries(credentials))('%s', async (_, { header, reason }) => {
      const before = { handlers: server.handlersRun(), messages: server.messagesParsed() };
      const metadata = header === undefined ? undefined : authorization(header);
      const { wallets, error, metadata: initial } = await callKinds[kind](server.client(), metadata);

      const refusedFor = header === undefined && rule !== 'required' ? undefined : reason;
      expect(authReasonOf(error)).toBe(refusedFor);
      if (refusedFor !== undefined) {
        expect(error?.code).toBe(16);
        expect(server.handlersRun()).toBe(before.handlers);
        expect(server.messagesParsed()).toBe(before.messages);
        return;
      }
      expect(error).toBeUndefined();
      expect(server.handlersRun()).toBe(before.handlers + 1);
      const known = header !== undefined && rule !== 'public';
      expect(new Set(wallets)).toEqual(new Set([known ? alice.address : 'nobody']));
      const expiresAtMs = header === undefined ? [] : [String(now().getTime() + 3_600_000)];
      expect(initial?.get('wallet-token-expires-at-ms')).toEqual(expiresAtMs);
    });
  });
});
