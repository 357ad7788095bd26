import { ServerInterceptingCall, ServerListenerBuilder, type ServerInterceptor } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';

import { createTokenSource } from '../../../src/client/create-token-source.js';
import type { TokenSource } from '../../../src/client/token-source.js';
import { fastestCurve } from '../../../src/curves/fastest-curve.js';
import { AuthError, type AuthReason } from '../../../src/errors.js';
import { attachToken } from '../../../src/grpc/client/attach-token.js';
import type { WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import { authReasonOf } from '../../../src/grpc/status.js';
import { nobleCurve } from '../../../src/index.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { authorization, callKinds, kinds } from '../../support/demo-server.js';
import { failOnEscapedErrors } from '../../support/escaped-errors.js';
import { misbehaviours } from '../../support/misbehaviours.js';
import { startNode } from '../../support/start-node.js';
import { now, tokens } from '../../support/tokens.js';

const good = authorization(tokens.good);
const other = authorization(tokens.bobs);
const curve = fastestCurve() ?? nobleCurve;

failOnEscapedErrors();

/** A piece of other people's code that works until it is told to misbehave. */
function breakable<F extends (...args: never[]) => unknown>(works: F) {
  let misbehave: (() => unknown) | undefined;
  const code = ((...args: Parameters<F>) => (misbehave ? misbehave() : works(...args))) as F;
  return { code, breakWith: (behave?: () => unknown) => (misbehave = behave) };
}

/** Every place of a node's options that runs other people's code: how it is set, and what a caller is told when it fails. */
const places: Record<string, () => { options: WalletAuthOptions; breakWith: (behave?: () => unknown) => void }> = {
  now: () => {
    const { code, breakWith } = breakable(now);
    return { options: { now: code }, breakWith };
  },
  isRevoked: () => {
    const { code, breakWith } = breakable(() => false);
    return { options: { isRevoked: code }, breakWith };
  },
  'curve.verify': () => {
    const { code, breakWith } = breakable(curve.verify);
    return { options: { curve: { ...curve, verify: code } }, breakWith };
  },
  'curve.recover': () => {
    const { code, breakWith } = breakable(curve.recover);
    return { options: { curve: { ...curve, recover: code } }, breakWith };
  },
  authorize: () => {
    const { code, breakWith } = breakable(() => true);
    return { options: { authorize: code }, breakWith };
  },
};

/** Answers that are right in one place and wrong in the others. */
const fitting: Record<string, Partial<Record<string, AuthReason>>> = {
  now: { 'answers a date': 'TOKEN_FROM_FUTURE' },
  'curve.recover': { 'answers undefined': 'INVALID_WALLET_SIGNATURE', 'answers bytes': 'WALLET_MISMATCH' },
};

describe.each(Object.keys(places))('%s', (place) => {
  it.each(misbehaviours)(
    'that %s refuses the call, on every call kind, and leaves the next one alone',
    async (name, behave) => {
      const { options, breakWith } = places[place]!();
      const server = await startNode({ curve, maxCachedTokens: 0, maxCachedDevices: 0, ...options });
      const client = server.client();
      const reason = fitting[place]?.[name] ?? 'INTERNAL';
      breakWith(behave);
      const refused = await Promise.all(kinds.map((kind) => callKinds[kind](client, good)));
      expect(refused.map(({ error }) => authReasonOf(error))).toEqual(kinds.map(() => reason));
      expect(server.events.map((event) => event.reason)).toEqual(kinds.map(() => reason));
      expect(server.handlersRun()).toBe(0);
      breakWith();
      const admitted = await Promise.all(kinds.map((kind) => callKinds[kind](client, other)));
      expect(admitted.map(({ wallets }) => wallets[0])).toEqual(kinds.map(() => testWallets.bob.address));
    },
  );
});

describe('onDecision', () => {
  it.each(misbehaviours)('that %s changes no decision', async (_, behave) => {
    const server = await startNode({ curve, onDecision: behave });
    const client = server.client();
    const outcomes = await Promise.all(kinds.map((kind) => callKinds[kind](client, good)));
    expect(outcomes.map(({ wallets }) => wallets[0])).toEqual(kinds.map(() => testWallets.alice.address));
    expect(authReasonOf((await callKinds.unary(client)).error)).toBe('MISSING_CREDENTIALS');
  });
});

describe('authorize with an AuthError that was tampered with', () => {
  const thrower = () => {
    throw new Error('getter');
  };
  const tampered: [string, (error: AuthError) => object][] = [
    ...(['reason', 'message', 'info', 'code'] as const).map((name): [string, (error: AuthError) => object] => [
      `a getter of ${name} that throws`,
      (error) => Object.defineProperty(error, name, { get: thrower }),
    ]),
    [
      'info whose getter throws',
      (error) => Object.assign(error, { info: Object.defineProperty({}, 'x', { get: thrower, enumerable: true }) }),
    ],
    ['info that is null', (error) => Object.assign(error, { info: null })],
    ['a message that is no text', (error) => Object.assign(error, { message: 7n })],
    ['a proxy around it', (error) => new Proxy(error, { get: thrower })],
  ];
  it.each(tampered)('%s ends the call with INTERNAL, returned or thrown, at once or later', async (_, tamper) => {
    const make = () => tamper(new AuthError('ACCESS_DENIED'));
    const answers = [
      make,
      async () => make(),
      () => Promise.reject(make()),
      () => {
        throw make();
      },
    ];
    for (const authorize of answers) {
      const server = await startNode({ curve, authorize: authorize as never });
      const { error } = await callKinds.unary(server.client(), good);
      expect(error).toMatchObject({ code: 13, details: 'authentication failed' });
      expect(server.handlersRun()).toBe(0);
    }
  });
});

/** Answers that may be tokens, as far as a client can tell. */
const TOKENS = ['answers a text', 'answers a text of a million characters'];

describe("a client's token source", () => {
  const source = createTokenSource(mintIdentity(), { now, curve });
  const noSource = { ...source, get: async () => 'x' };

  it.each(misbehaviours.filter(([name]) => !TOKENS.includes(name)))(
    'whose get() %s ends the call with UNAUTHENTICATED',
    async (_, behave) => {
      const server = await startNode({ curve });
      const { code, breakWith } = breakable(source.get);
      const client = server.client([attachToken({ ...source, get: code })]);
      breakWith(behave);
      for (const kind of kinds) {
        const { error } = await callKinds[kind](client);
        expect(error).toMatchObject({ code: 16, details: expect.stringContaining('no token: ') as string });
      }
      breakWith();
      expect((await callKinds.unary(client)).error).toBeUndefined();
    },
  );

  it.each(misbehaviours)('whose other methods %s breaks no call', async (_, behave) => {
    const server = await startNode({ curve });
    const broken: TokenSource = {
      ...source,
      noteExpiry: behave,
      noteServerTime: behave,
      invalidate: behave,
    };
    const client = server.client([attachToken(broken)]);
    for (const kind of kinds) expect((await callKinds[kind](client)).error).toBeUndefined();
    const old = { ...broken, get: async () => mintToken({ now, refusedFor: 'TOKEN_EXPIRED' }) };
    const refused = await callKinds.unary(server.client([attachToken(old)]));
    expect(authReasonOf(refused.error)).toBe('TOKEN_EXPIRED');
  });

  it.each(['two\nlines', 'a tab\tinside', 'l\u00f6we', '\ud800', ''])(
    'that gives %j as a token does not see it quoted',
    async (part) => {
      const server = await startNode({ curve });
      const token = part === '' ? '' : `${mintToken({ now })}${part}`;
      const { error } = await callKinds.unary(server.client([attachToken({ ...noSource, get: async () => token })]));
      expect(error).toMatchObject({ code: 16, details: 'no token: the token source gave no token' });
    },
  );
});

const throwing: ServerInterceptor = (_, call) =>
  new ServerInterceptingCall(call, {
    start: (next) => {
      const listener = new ServerListenerBuilder().withOnReceiveMetadata(() => {
        throw new Error('an interceptor listed later');
      });
      next(listener.build());
    },
  });

describe('an interceptor listed later that throws', () => {
  it.each<[string, WalletAuthOptions]>([
    ['at once', {}],
    ['after an answer that took its time', { authorize: async () => true }],
  ])('%s ends the call with INTERNAL', async (_, options) => {
    const server = await startNode({ curve, after: [throwing], ...options });
    const client = server.client();
    for (const kind of kinds) {
      const { error } = await callKinds[kind](client, good);
      expect(error).toMatchObject({ code: 13, details: 'authentication failed' });
      expect(authReasonOf(error)).toBe('INTERNAL');
    }
    expect(server.handlersRun()).toBe(0);
  });
});
