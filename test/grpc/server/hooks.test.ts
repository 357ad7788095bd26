import type { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';

import { fastestCurve } from '../../../src/curves/fastest-curve.js';
import { authReasons } from '../../../src/errors.js';
import { gateOptionNames } from '../../../src/gate/options.js';
import { policyNames, type MethodPolicy } from '../../../src/gate/rules/policy.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import { authReasonOf } from '../../../src/grpc/status.js';
import { verifierOptionNames } from '../../../src/verify/options.js';
import { authorization, callKinds } from '../../support/demo-server.js';
import { failOnEscapedErrors } from '../../support/escaped-errors.js';
import { misbehaviours } from '../../support/misbehaviours.js';
import { startNode } from '../../support/start-node.js';
import { now, tokens } from '../../support/tokens.js';

const good = authorization(tokens.good);
const curve = fastestCurve();

failOnEscapedErrors();

const limits = { classes: { default: { points: 1_000, windowMs: 1_000 } } };
const list = (has: () => unknown) => ({ has: has as () => boolean, size: 1 });
const forAll = (policy: object): WalletAuthOptions => ({ limits, rules: { '*': policy as MethodPolicy<Metadata> } });

/** Every hook that runs for a call and decides about it, by the option that it is given in. What runs elsewhere is below. */
const hooks: Record<string, (behave: () => unknown) => WalletAuthOptions> = {
  'access.allow': (behave) => ({ access: { allow: list(behave) } }),
  'access.deny': (behave) => ({ access: { deny: list(behave) } }),
  'access.priority': (behave) => ({ access: { priority: list(behave) }, limits }),
  'limits.store': (behave) => ({ limits: { ...limits, store: { open: () => behave as () => number } } }),
  'authorize (policy)': (behave) => forAll({ authorize: behave }),
  'authorizeMessage (policy)': (behave) => forAll({ authorizeMessage: behave }),
  'cost (policy)': (behave) => forAll({ cost: behave }),
  'limit (policy)': (behave) => forAll({ limit: behave }),
};

/** Answers that mean something in a place: there they are no misbehaviour. */
const MEANT =
  /^(access\.priority|cost|limit|limits\.store) .*answers (0|-0|1|a number|a text|.*integer.*|.*million.*|-?\d.*)$/;

describe.each(Object.keys(hooks))('%s', (hook) => {
  it.each(misbehaviours.filter(([name]) => !MEANT.test(`${hook} ${name}`)))(
    'that %s ends the call closed, and the process lives',
    async (_, behave) => {
      const server = await startNode({ now, curve, ...hooks[hook]!(behave) });
      const client = server.client();
      for (const kind of ['unary', 'bidi stream'] as const) {
        const { error, wallets } = await callKinds[kind](client, good);
        expect(authReasons).toContain(authReasonOf(error));
        expect(wallets).toEqual([]);
      }
      expect(server.events.some(({ decision }) => decision === 'refused' || decision === 'ended')).toBe(true);
    },
  );
});

/** Options whose code runs for calls, and the test that breaks it: here, or where it says. */
const COVERED: Readonly<Record<string, string>> = {
  now: 'total.test.ts',
  curve: 'total.test.ts',
  isRevoked: 'total.test.ts and streams.test.ts',
  authorize: 'total.test.ts',
  onDecision: 'total.test.ts',
  onToken: 'on-token.test.ts',
  access: 'here',
  limits: 'here',
  rules: 'here, by property',
  timers: 'below',
  devices: 'test/devices/registry.test.ts: a store that is away, listeners that throw',
  authorizeMessage: 'here',
  cost: 'here',
  limit: 'here',
};

/** Options that hold no code. */
const PLAIN =
  'maxAgeMs maxFutureSkewMs maxTokenLength statement maxCachedTokens maxCachedTokenBytes maxCachedDevices services ' +
  'authorizeTimeoutMs failedTokenLimit trustedProxies graceMs streamRecheckMs verificationQueue auth chargeMessages ownWallet ' +
  'stream audience challenge maxCertificateAgeMs require';

it('no option that holds code of others is missing here', () => {
  const all = new Set<string>([...verifierOptionNames, ...gateOptionNames, ...policyNames]);
  expect([...all].toSorted()).toEqual([...Object.keys(COVERED), ...PLAIN.split(' ')].toSorted());
});

describe('timers', () => {
  const monotonicMs = () => 0;
  it.each(misbehaviours)('whose after() %s neither end the process nor admit a stream unseen', async (_, behave) => {
    const timers = { monotonicMs, after: behave as () => () => void };
    const server = await startNode({ now, curve, timers, isRevoked: () => false });
    const { error, wallets } = await callKinds['bidi stream'](server.client(), good);
    expect(error === undefined ? wallets.length : authReasonOf(error)).toSatisfy(
      (outcome) => outcome === 2 || outcome === 'INTERNAL',
    );
  });

  it.each(misbehaviours)('whose nextTurn() %s do not end the process', async (_, behave) => {
    const timers = { monotonicMs, after: () => () => undefined, nextTurn: behave };
    const server = await startNode({ now, curve, timers });
    expect((await callKinds.unary(server.client(), good)).error).toBeUndefined();
  });

  it('are checked at construction', () => {
    const nextTurn = 5 as never;
    expect(() => walletAuth({ timers: { monotonicMs, after: () => () => undefined, nextTurn } })).toThrow(
      'timers.nextTurn must be a function',
    );
    for (const timers of [null, 5, {}, { monotonicMs }]) {
      expect(() => walletAuth({ timers: timers as never })).toThrow('timers must have monotonicMs() and after()');
    }
  });
});
