import { credentials, InterceptingCall, type Interceptor, type Requester } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { createTokenSource } from '../../../src/client/create-token-source.js';
import { AuthError } from '../../../src/errors.js';
import type { DecisionEvent } from '../../../src/gate/decision.js';
import { attachToken, type AttachTokenOptions } from '../../../src/grpc/client/attach-token.js';
import { createClient } from '../../../src/grpc/client/create-client.js';
import { walletAuth } from '../../../src/grpc/server/wallet-auth.js';
import { authDetailsOf, authReasonOf } from '../../../src/grpc/status.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { callKinds, kinds, startDemoServer, type DemoServer } from '../../support/demo-server.js';

const WALLET = testWallets.alice.address;
const PATIENT: AttachTokenOptions = { retryRateLimited: {} };

let server: DemoServer | undefined;
afterEach(() => server?.close());

function refusal(retryAfterMs: number | undefined): AuthError {
  return new AuthError('RATE_LIMITED', {
    info: retryAfterMs === undefined ? {} : { retry_after_ms: String(retryAfterMs) },
  });
}

/** A node that refuses the first calls with these, what it decided and when, and when the client knows of the first refusal. */
async function startNode(...answers: AuthError[]) {
  const decisions: string[] = [];
  const times: number[] = [];
  const onDecision = ({ decision, reason }: DecisionEvent) => {
    decisions.push(reason ?? decision);
    times.push(performance.now());
  };
  let calls = 0;
  const authorize = () => answers[calls++] ?? true;
  server = await startDemoServer(walletAuth({ authorize, onDecision }));
  const source = createTokenSource(mintIdentity());
  let refused!: () => void;
  const waiting = new Promise<void>((resolve) => (refused = resolve));
  const probe: Interceptor = (options, next) => {
    const requester: Requester = {
      start: (metadata, _listener, start) =>
        start(metadata, { onReceiveStatus: (status, tell) => (tell(status), refused()) }),
    };
    return new InterceptingCall(next(options), requester);
  };
  const client = (options?: AttachTokenOptions) => server!.client([attachToken(source, options), probe]);
  return { ...server, client, source, decisions, times, waiting };
}

describe('a caller who is too fast', () => {
  it.each(['unary', 'server stream'] as const)(
    'gets through with a %s after the time that was asked for',
    async (kind) => {
      const { client, decisions, times } = await startNode(refusal(20), refusal(30));
      const { wallets, error } = await callKinds[kind](client({ retryRateLimited: { maxRetries: 2 } }));
      expect(error).toBeUndefined();
      expect(new Set(wallets)).toEqual(new Set([WALLET]));
      expect(decisions).toEqual(['RATE_LIMITED', 'RATE_LIMITED', 'admitted']);
      const [first = 0, second = 0, third = 0] = times;
      expect(second - first).toBeGreaterThanOrEqual(19); // timers round down to the millisecond
      expect(third - second).toBeGreaterThanOrEqual(29);
    },
  );

  it('gets through with a stream on which it has said nothing yet, and what it says while it waits is not lost', async () => {
    const { client, decisions, waiting } = await startNode(refusal(20));
    const call = client(PATIENT).chat();
    const said = new Promise((resolve, reject) => {
      call.on('data', resolve);
      call.on('error', reject);
    });
    await waiting;
    call.end({ text: 'hello' });
    expect(await said).toMatchObject({ wallet: WALLET, text: 'hello' });
    expect(decisions).toEqual(['RATE_LIMITED', 'admitted']);
  });

  it.each(['client stream', 'bidi stream'] as const)('is told so once a message of its %s was taken', async (kind) => {
    const { client, decisions } = await startNode(refusal(1));
    expect(authReasonOf((await callKinds[kind](client(PATIENT))).error)).toBe('RATE_LIMITED');
    expect(decisions).toEqual(['RATE_LIMITED']);
  });

  it.each(kinds)('is told so at once with a %s unless it asked for patience', async (kind) => {
    const { client, decisions } = await startNode(refusal(1));
    const { error } = await callKinds[kind](client());
    expect(authDetailsOf(error)).toMatchObject({ reason: 'RATE_LIMITED', retryAfterMs: 1 });
    expect(decisions).toEqual(['RATE_LIMITED']);
  });

  it('is told so after one wait unless it asked for more', async () => {
    const { client, decisions } = await startNode(...Array.from({ length: 9 }, () => refusal(1)));
    expect(authReasonOf((await callKinds.unary(client(PATIENT))).error)).toBe('RATE_LIMITED');
    expect(decisions).toHaveLength(2);
  });

  it('is told so after as many tries as it asked for', async () => {
    const { client, decisions } = await startNode(...Array.from({ length: 9 }, () => refusal(1)));
    const { error } = await callKinds.unary(client({ retryRateLimited: { maxRetries: 2 } }));
    expect(authReasonOf(error)).toBe('RATE_LIMITED');
    expect(decisions).toHaveLength(3);
  });

  it('is told so at once if it would have to wait longer than it is willing to', async () => {
    const { client, decisions } = await startNode(refusal(1), refusal(6), refusal(1));
    const { error } = await callKinds.unary(client({ retryRateLimited: { maxRetries: 3, maxDelayMs: 5 } }));
    expect(authDetailsOf(error)?.retryAfterMs).toBe(6);
    expect(decisions).toHaveLength(2);
  });

  it('is told so at once if its time would be up before, not that its time is up', async () => {
    const { client, decisions } = await startNode(refusal(25_000));
    const error = await new Promise((resolve) => {
      client(PATIENT).whoAmI({}, { deadline: Date.now() + 20_000 }, resolve);
    });
    expect(authReasonOf(error)).toBe('RATE_LIMITED');
    expect(decisions).toHaveLength(1);
  });

  it('waits within its deadline', async () => {
    const { client, decisions } = await startNode(refusal(5));
    const error = await new Promise((resolve) => {
      client(PATIENT).whoAmI({}, { deadline: new Date(Date.now() + 20_000) }, resolve);
    });
    expect(error).toBeNull();
    expect(decisions).toEqual(['RATE_LIMITED', 'admitted']);
  });

  it('is told so at once if nobody knows how long it takes', async () => {
    const { client, decisions } = await startNode(refusal(undefined));
    expect(authReasonOf((await callKinds.unary(client(PATIENT))).error)).toBe('RATE_LIMITED');
    expect(decisions).toHaveLength(1);
  });

  it('may give up while it waits; the node hears nothing more', async () => {
    const { client, decisions, waiting } = await startNode(refusal(1));
    let cancel!: () => void;
    const error = new Promise((resolve) => {
      const call = client(PATIENT).whoAmI({}, resolve);
      cancel = () => call.cancel();
    });
    await waiting;
    cancel();
    expect(await error).toMatchObject({ code: 1 });
    await callKinds.unary(client());
    await callKinds.unary(client());
    expect(decisions).toEqual(['RATE_LIMITED', 'admitted', 'admitted']);
  });

  it('whose client is closed while it waits is told so', async () => {
    const { client, decisions, waiting } = await startNode(refusal(1));
    const attached = client(PATIENT);
    const error = new Promise((resolve) => void attached.whoAmI({}, resolve));
    await waiting;
    attached.close();
    expect(await error).toMatchObject({ code: 14, details: 'Channel has been shut down' });
    expect(decisions).toEqual(['RATE_LIMITED']);
  });

  it('with a token that ends meanwhile gets both retries, whatever comes first', async () => {
    const expired = () => new AuthError('TOKEN_EXPIRED');
    for (const answers of [
      [refusal(1), expired()],
      [expired(), refusal(1)],
    ]) {
      const { client, decisions, close } = await startNode(...answers);
      expect((await callKinds.unary(client(PATIENT))).error).toBeUndefined();
      expect(decisions).toEqual([...answers.map(({ reason }) => reason), 'admitted']);
      close();
    }
  });

  it('keeps its patience when it may not replace its token', async () => {
    const { client, decisions } = await startNode(refusal(1), new AuthError('TOKEN_EXPIRED'));
    const { error } = await callKinds.unary(client({ retry: false, retryRateLimited: {} }));
    expect(authReasonOf(error)).toBe('TOKEN_EXPIRED');
    expect(decisions).toHaveLength(2);
  });

  it('can have its client from createClient', async () => {
    const { target, source, decisions } = await startNode(refusal(1));
    const client = createClient(DemoService, target, credentials.createInsecure(), source, PATIENT);
    expect((await callKinds.unary(client)).error).toBeUndefined();
    expect(decisions).toEqual(['RATE_LIMITED', 'admitted']);
    client.close();
  });
});

it.each(['ACCESS_DENIED', 'AUTH_UNAVAILABLE', 'DEVICE_REVOKED'] as const)(
  '%s with a time to wait is no rate limit',
  async (reason) => {
    const { client, decisions } = await startNode(new AuthError(reason, { info: { retry_after_ms: '1' } }));
    expect(authReasonOf((await callKinds.unary(client(PATIENT))).error)).toBe(reason);
    expect(decisions).toHaveLength(1);
  },
);

it.each([
  [null, 'retryRateLimited must be an object'],
  [true, 'retryRateLimited must be an object'],
  [{ maxRetry: 1 }, 'unknown option "maxRetry"; known are maxRetries, maxDelayMs'],
  [{ maxRetries: 0 }, 'retryRateLimited.maxRetries must be an integer from 1 to 100'],
  [{ maxRetries: NaN }, 'retryRateLimited.maxRetries must be an integer from 1 to 100'],
  [{ maxDelayMs: Infinity }, 'retryRateLimited.maxDelayMs must be an integer from 1 to 3600000'],
])('refuses %s at construction', (retryRateLimited, complaint) => {
  const source = createTokenSource(mintIdentity());
  expect(() => attachToken(source, { retryRateLimited } as never)).toThrow(new TypeError(complaint));
});
