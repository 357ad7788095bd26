import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { DemoService } from '../../gen/walletauth/demo/v1/demo_pb.js';
import { AuthError, authReasons, type AuthReason } from '../../src/errors.js';
import type { CallInfo } from '../../src/gate/call/call.js';
import { createGate } from '../../src/gate/create-gate.js';
import type { DecisionEvent } from '../../src/gate/decision.js';
import { corsHeaders, expiryHeaders } from '../../src/http/headers.js';
import { refusalOf } from '../../src/http/problem.js';
import { walletAuth, type RequestOptions, type WalletAuthOptions } from '../../src/http/wallet-auth.js';
import { fakeDevices } from '../../src/testing/fake-devices.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { incomingCall } from '../support/incoming-call.js';
import { now, tokens } from '../support/tokens.js';

const alice = testWallets.alice.address;
const bob = testWallets.bob.address;
const WHO_AM_I = '/walletauth.demo.v1.DemoService/WhoAmI';
const CHAT = '/walletauth.demo.v1.DemoService/Chat';

function requestWith(authorization?: string, more: Record<string, string> = {}): Request {
  return new Request('http://node.example/notes', {
    headers: { ...more, ...(authorization === undefined ? {} : { authorization }) },
  });
}

/** A gate with a clock of its own, and what it answers. */
function start(options: WalletAuthOptions = {}) {
  const clock = settableClock();
  const events: DecisionEvent[] = [];
  const auth = walletAuth({
    now: clock.now,
    timers: clock.timers,
    onDecision: (event) => void events.push(event),
    ...options,
  });
  const answerTo = async (authorization?: string, about?: RequestOptions, more?: Record<string, string>) => {
    const answer = await auth.authenticate(requestWith(authorization, more), about);
    if (!(answer instanceof Response)) return answer?.wallet ?? 'nobody';
    return { status: answer.status, reason: (await refusalOf(answer))?.reason };
  };
  return { auth, clock, events, answerTo };
}

const credentials: [string, string | undefined, AuthReason][] = [
  ['no token', undefined, 'MISSING_CREDENTIALS'],
  ['no scheme', mintToken({ now }), 'MALFORMED_HEADER'],
  ['another scheme', `Basic ${mintToken({ now })}`, 'UNSUPPORTED_SCHEME'],
  ['two values, joined', `${tokens.good}, ${tokens.good}`, 'MALFORMED_TOKEN'],
  ['an expired token', tokens.expired, 'TOKEN_EXPIRED'],
  ['a token from the future', tokens.fromFuture, 'TOKEN_FROM_FUTURE'],
  ['a forged token', tokens.forged, 'INVALID_AUTH_DATA_SIGNATURE'],
];

describe('authenticate()', () => {
  it('returns the identity of a good token', async () => {
    const { auth } = start();
    const identity = await auth.authenticate(requestWith(tokens.good));
    expect(identity).toMatchObject({ wallet: alice, deviceId: mintIdentity().deviceId });
    expect(auth.cachedTokens).toBe(1);
  });

  it.each(credentials)('answers %s with 401, the challenge and the reason', async (_, header, reason) => {
    const { auth } = start();
    const answer = (await auth.authenticate(requestWith(header))) as Response;
    expect(answer).toBeInstanceOf(Response);
    expect(answer.status).toBe(401);
    const challenge = reason === 'MISSING_CREDENTIALS' ? 'Bearer' : 'Bearer error="invalid_token"';
    expect(answer.headers.get('www-authenticate')).toBe(challenge);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await refusalOf(answer)).toMatchObject({ reason, info: { server_time_ms: String(now().getTime()) } });
    expect(await answer.json()).toMatchObject({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      reason,
      detail: new AuthError(reason).message,
    });
  });

  it.each(['optional', 'public'] as const)(
    'returns no identity for an anonymous caller where the rule is %s',
    async (rule) => {
      const { answerTo } = start({ rules: { '*': rule } });
      expect(await answerTo()).toBe('nobody');
      expect(await answerTo(tokens.good)).toBe(rule === 'public' ? 'nobody' : alice);
      expect(await answerTo(tokens.forged)).toMatchObject({ status: 401 });
    },
  );

  it.each(authReasons)('has the HTTP status of %s', async (reason) => {
    const { answerTo } = start({ authorize: () => new AuthError(reason) });
    expect(await answerTo(tokens.good)).toEqual({ status: new AuthError(reason).statusCode, reason });
  });

  it('says how long to wait, in whole seconds too', async () => {
    const { auth, answerTo } = start({ limits: { classes: { default: { points: 2, windowMs: 3_000 } } } });
    for (let i = 0; i < 2; i++) expect(await answerTo(tokens.good)).toBe(alice);
    const answer = (await auth.authenticate(requestWith(tokens.good))) as Response;
    expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('www-authenticate')]).toEqual([
      429,
      '2',
      null,
    ]);
    expect(await refusalOf(answer)).toMatchObject({ reason: 'RATE_LIMITED', retryAfterMs: 1_500 });
    expect(await answerTo(tokens.bobs)).toBe(bob);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('secret');
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret'))],
    ['answers nonsense', () => 'yes'],
  ])('answers INTERNAL without a text where a hook %s', async (_, authorize) => {
    const { auth } = start({ authorize: authorize as never });
    const answer = (await auth.authenticate(requestWith(tokens.good))) as Response;
    const body = await answer.text();
    expect([answer.status, body.includes('secret')]).toEqual([500, false]);
    expect(body).toContain('authentication failed');
  });

  it('answers INTERNAL to a request that throws when it is read', async () => {
    const { auth } = start();
    const headers = {
      get: () => {
        throw new Error('secret');
      },
    };
    expect(await auth.authenticate({ headers })).toMatchObject({ status: 500 });
  });

  it('takes the policy of the method that is named, and the rule * without one', async () => {
    const { answerTo, events } = start({
      services: [DemoService],
      rules: { [WHO_AM_I]: 'public', '*': { authorize: () => false } },
    });
    expect(await answerTo(undefined, { method: WHO_AM_I })).toBe('nobody');
    expect(await answerTo(tokens.good)).toEqual({ status: 403, reason: 'ACCESS_DENIED' });
    expect(events.map(({ method }) => method)).toEqual([WHO_AM_I, '*']);
  });

  it('shows hooks the method, the address and the headers', async () => {
    const seen: unknown[] = [];
    const authorize = (_: unknown, call: CallInfo) => {
      seen.push([call.method, call.address, call.header('x-room'), call.header('x-none')]);
      return true;
    };
    const { answerTo } = start({ authorize });
    await answerTo(tokens.good, { method: WHO_AM_I, address: '203.0.113.7:5000' }, { 'x-room': 'red' });
    await answerTo(tokens.good);
    expect(seen).toEqual([
      [WHO_AM_I, '203.0.113.7', ['red'], []],
      ['*', undefined, [], []],
    ]);
  });

  it('refuses revoked devices, and counts calls of devices', async () => {
    const { devices, clock } = await fakeDevices();
    const { answerTo } = start({ devices, now: clock.now, timers: clock.timers });
    expect(await answerTo(tokens.good)).toBe(alice);
    await devices.revoke(mintIdentity().deviceId);
    expect(await answerTo(tokens.good)).toEqual({ status: 401, reason: 'DEVICE_REVOKED' });
    await devices.close();
  });

  it.each<[string, RequestOptions]>([
    ['method must be /package.Service/Method', { method: 'WhoAmI' }],
    ['method must be', { method: '/a/b/c' }],
    ['address must be a text', { address: 7 as never }],
    ['unknown option "path"', { path: '/' } as never],
  ])('throws a TypeError: %s', async (message, options) => {
    await expect(start().auth.authenticate(requestWith(), options)).rejects.toThrow(message);
  });
});

describe('rules about addresses', () => {
  const cases: [string, WalletAuthOptions, string | undefined][] = [
    ['a deny list', { access: { deny: ['10.0.0.1'] } }, tokens.good],
    ['an allow list, for who is not in it', { access: { allow: [alice, '10.0.0.1'] } }, tokens.bobs],
    [
      'a limit before authentication',
      {
        limits: {
          classes: { default: { points: 9, windowMs: 1_000 } },
          beforeAuthentication: { points: 9, windowMs: 1_000 },
        },
      },
      tokens.good,
    ],
    ['a failed-token limit', { failedTokenLimit: {} }, tokens.good],
    [
      'a limit of anonymous callers',
      { rules: { '*': 'optional' }, limits: { classes: { default: { points: 9, windowMs: 1_000 } } } },
      undefined,
    ],
  ];
  it.each(
    cases.flatMap(([name, options, token]) =>
      [undefined, 'unknown', 'example.org', 'unix:', ''].map((address) => [name, address, options, token] as const),
    ),
  )(
    'refuse with INTERNAL and one warning, and are never skipped: %s, address %j',
    async (_, address, options, token) => {
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      onTestFinished(() => warn.mockRestore());
      const { answerTo } = start(options);
      for (let i = 0; i < 2; i++)
        expect(await answerTo(token, { address })).toEqual({ status: 500, reason: 'INTERNAL' });
      const texts = warn.mock.calls
        .map(([text]) => String(text))
        .filter((text) => text.includes('give it the address'));
      expect(texts).toHaveLength(1);
    },
  );

  it.each(cases)('hold with an address: %s', async (_, options, token) => {
    const { answerTo } = start(options);
    const answer = await answerTo(token, { address: '192.0.2.1:4000' });
    expect(answer).not.toMatchObject({ reason: 'INTERNAL' });
    expect(await answerTo(tokens.good, { address: '10.0.0.1' })).toEqual(
      options.access?.deny ? { status: 403, reason: 'ACCESS_DENIED' } : alice,
    );
  });

  it('believe trusted proxies, one on a Unix socket too', async () => {
    const access = { deny: ['203.0.113.7'] };
    const forwarded = { 'x-forwarded-for': '203.0.113.7' };
    const { answerTo } = start({ access, trustedProxies: ['127.0.0.1', 'unix'] });
    for (const address of ['127.0.0.1', '127.0.0.1:80', 'unix:'])
      expect(await answerTo(tokens.good, { address }, forwarded)).toMatchObject({ reason: 'ACCESS_DENIED' });
    expect(await answerTo(tokens.good, { address: '192.0.2.1' }, forwarded)).toBe(alice);
    expect(await answerTo(tokens.good, {}, forwarded)).toMatchObject({ reason: 'INTERNAL' });
  });
});

describe('policies that look into messages', () => {
  const rules = { [CHAT]: { ownWallet: ['text'] } };

  it('refuse with INTERNAL and one warning where authenticate is given none', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const { answerTo } = start({ rules });
    for (let i = 0; i < 2; i++)
      expect(await answerTo(tokens.good, { method: CHAT })).toEqual({ status: 500, reason: 'INTERNAL' });
    const codes = warn.mock.calls.map(([, about]) => (about as { code?: string }).code);
    expect(codes.filter((code) => code === 'WALLET_AUTH_NO_MESSAGE')).toHaveLength(1);
    expect(await answerTo(tokens.good)).toBe(alice);
  });

  it('are applied to the message that it is given', async () => {
    const { answerTo } = start({ rules });
    expect(await answerTo(tokens.good, { method: CHAT, message: { text: alice } })).toBe(alice);
    expect(await answerTo(tokens.good, { method: CHAT, message: { text: bob } })).toEqual({
      status: 403,
      reason: 'ACCESS_DENIED',
    });
  });

  it('of a method that streams do not make its streams plain calls: these keep their leases', async () => {
    const clock = settableClock();
    const gate = createGate({ now: clock.now, timers: clock.timers });
    const { authenticate } = walletAuth(gate);
    await authenticate(requestWith(tokens.good), { method: CHAT });
    const ends: unknown[] = [];
    const stream = { end: (status: unknown) => void ends.push(status) };
    const decision = await gate.decide({ ...incomingCall({ method: CHAT }), stream }, tokens.good);
    expect(decision).toMatchObject({ admitted: true, onEnd: expect.any(Function) });
    clock.advance(3_600_000 + 30_000);
    expect(ends).toHaveLength(1);
  });
});

describe('refusalOf()', () => {
  it.each([
    ['read as it is', '', { reason: 'TOKEN_EXPIRED', info: {}, retryAfterMs: undefined }],
    ['refused where it is longer than a problem can be', ' '.repeat(100_000), undefined],
  ])(
    'the answer of a runtime whose fetch has no streams, such as React Native, is %s',
    async (_, padding, expected) => {
      const problem = JSON.stringify({ domain: 'grpc-wallet-auth', reason: 'TOKEN_EXPIRED' });
      const headers = { 'content-type': 'application/problem+json' };
      const response = new Response(problem + padding, { status: 401, headers });
      const withoutStreams = (from: Response): Response =>
        new Proxy(from, {
          get(target, name) {
            if (name === 'body') return undefined;
            if (name === 'clone') return () => withoutStreams(target.clone());
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        });
      expect(await refusalOf(withoutStreams(response))).toEqual(expected);
    },
  );

  const problem = (body: unknown, init: ResponseInit = {}) =>
    new Response(typeof body === 'string' ? body : JSON.stringify(body), {
      status: 401,
      headers: { 'content-type': 'application/problem+json' },
      ...init,
    });
  const ours = { domain: 'grpc-wallet-auth', reason: 'TOKEN_EXPIRED' };

  it.each<[string, Response]>([
    ['an answer that is good', problem(ours, { status: 200 })],
    ['another type', problem(ours, { headers: { 'content-type': 'application/json' } })],
    ['another domain', problem({ ...ours, domain: 'example' })],
    ['an unknown reason', problem({ ...ours, reason: 'NOPE' })],
    ['no JSON', problem('{')],
    ['no object', problem('null')],
    ['no body', problem('')],
    ['what is too long', problem({ ...ours, detail: 'x'.repeat(20_000) })],
  ])('finds nothing in %s', async (_, response) => {
    expect(await refusalOf(response)).toBeUndefined();
  });

  it('leaves the answer readable, takes only texts, and Retry-After where nothing else is said', async () => {
    const headers = { 'content-type': 'application/problem+json; charset=utf-8', 'retry-after': '7' };
    const response = problem({ ...ours, info: { a: 'b', c: 1, retry_after_ms: 'soon' } }, { headers });
    expect(await refusalOf(response)).toEqual({
      reason: 'TOKEN_EXPIRED',
      info: { a: 'b', retry_after_ms: 'soon' },
      retryAfterMs: 7_000,
    });
    expect(await response.json()).toMatchObject(ours);
  });
});

it('expiryHeaders() says when a token ends', async () => {
  const { auth } = start();
  const identity = await auth.authenticate(requestWith(tokens.good));
  if (identity instanceof Response) throw new Error('refused');
  expect(expiryHeaders(identity)).toEqual({ 'wallet-token-expires-at-ms': String(now().getTime() + 3_600_000) });
  expect(expiryHeaders(undefined)).toEqual({});
  expect(corsHeaders.exposedHeaders).toEqual(expect.arrayContaining(Object.keys(expiryHeaders(identity))));
});
