import { describe, expect, it } from 'vitest';

import { createGate, type GateOptions } from '../../../src/gate/index.js';
import { refusalDetails } from '../../../src/status-details.js';
import { mintToken, settableClock, type MintTokenOptions } from '../../../src/testing/index.js';
import { createChallenges } from '../../../src/verify/challenge.js';
import { incomingCall } from '../../support/incoming-call.js';
import { testGate } from '../../support/test-gate.js';

const AUDIENCE = 'node.example:443';
const SECRET = 's'.repeat(32);

function gate(options: GateOptions = {}) {
  const node = testGate({ audience: AUDIENCE, challenge: { secret: SECRET }, ...options });
  const challenge = () => createChallenges({ secret: SECRET }).current(node.clock.now().getTime());
  const token = (content: MintTokenOptions = {}) => `Bearer ${mintToken({ now: node.clock.now, ...content })}`;
  return { ...node, token, challenge };
}

describe('methods of a token', () => {
  it('are all that it may call: others and plain HTTP routes are ACCESS_DENIED', () => {
    const { reasonOf, token } = gate({ rules: { 'a.S/Open': 'public', 'a.S/Maybe': 'optional' } });
    const narrow = token({ methods: ['a.S/M', 'b.T/*'] });
    for (const method of ['/a.S/M', '/b.T/Any']) expect(reasonOf(narrow, { method })).toBe('admitted');
    for (const method of ['/a.S/N', '/b.U/Any', '/a.S/Open', '/a.S/Maybe', '*']) {
      expect([method, reasonOf(narrow, { method })]).toEqual([method, 'ACCESS_DENIED']);
    }
  });

  it('are not told to a forger', () => {
    const { reasonOf, token } = gate();
    const forged = token({ methods: ['a.S/N'], refusedFor: 'INVALID_AUTH_DATA_SIGNATURE' });
    expect(reasonOf(forged)).toBe('INVALID_AUTH_DATA_SIGNATURE');
  });

  it('come before lists and authorize', () => {
    let called = 0;
    const { reasonOf, token } = gate({ authorize: () => ++called > 0 });
    expect(reasonOf(token({ methods: ['a.S/N'] }))).toBe('ACCESS_DENIED');
    expect(called).toBe(0);
  });
});

describe('require', () => {
  it('for all methods refuses tokens without an audience, and nobody without a token', () => {
    const { reasonOf, token } = gate({ require: { audience: true }, rules: { 'a.S/Open': 'public' } });
    expect(reasonOf(token())).toBe('WRONG_AUDIENCE');
    expect(reasonOf(token({ audience: AUDIENCE }))).toBe('admitted');
    expect(reasonOf(undefined, { method: '/a.S/Open' })).toBe('admitted');
    expect(reasonOf(token(), { method: '/a.S/Open' })).toBe('WRONG_AUDIENCE');
  });

  it('of a policy is about its methods, in the cache of tokens too', () => {
    const { reasonOf, token } = gate({ rules: { 'a.S/Pay': { require: { audience: true } } } });
    const plain = token();
    expect(reasonOf(plain)).toBe('admitted');
    expect(reasonOf(plain, { method: '/a.S/Pay' })).toBe('WRONG_AUDIENCE');
    expect(reasonOf(plain)).toBe('admitted');
  });

  it('of a policy adds to that of all methods', () => {
    const rules: GateOptions['rules'] = { 'a.S/Pay': { require: { maxLifetimeMs: 10_000 } } };
    const { checkRules } = createGate({
      audience: AUDIENCE,
      require: { audience: true, maxLifetimeMs: 20_000 },
      rules,
    });
    const report = checkRules([{ pay: { path: '/a.S/Pay' }, m: { path: '/a.S/M' } }]);
    expect(report.byMethod.get('/a.S/Pay')?.require).toMatchObject({ audience: true, maxLifetimeMs: 10_000 });
    expect(report.byMethod.get('/a.S/M')?.require).toMatchObject({ audience: true, maxLifetimeMs: 20_000 });
  });

  it('a challenge: the refusal carries the current one, and a token with it is admitted', async () => {
    const { reasonOf, decide, token, challenge, admit } = gate({
      rules: { 'a.S/Pay': { require: { challenge: true } } },
    });
    const method = '/a.S/Pay';
    const refused = await decide(token({ audience: AUDIENCE }), { method });
    const details = refused.admitted ? undefined : refusalDetails(refused.status.details);
    expect(details).toMatchObject({ reason: 'CHALLENGE_REQUIRED', info: { challenge: challenge() } });
    const good = token({ audience: AUDIENCE, challenge: details?.info['challenge'] });
    expect(reasonOf(good, { method })).toBe('admitted');
    expect((await admit(good, { method })).challenge).toBe(challenge());
  });

  it('a shorter life: the answer says when it ends, and a token that is older is TOKEN_EXPIRED', async () => {
    const { reasonOf, admit, token, clock } = gate({ rules: { 'a.S/Pay': { require: { maxLifetimeMs: 10_000 } } } });
    const nowMs = clock.now().getTime();
    const plain = token();
    expect((await admit(plain, { method: '/a.S/Pay' })).expiresAtMs).toBe(nowMs + 10_000);
    expect((await admit(plain)).expiresAtMs).toBe(nowMs + 3_600_000);
    clock.advance(10_001);
    expect(reasonOf(plain, { method: '/a.S/Pay' })).toBe('TOKEN_EXPIRED');
    expect(reasonOf(plain)).toBe('admitted');
  });

  it.each<[string, unknown]>([
    ['require', []],
    ['require.audience', { audience: 1 }],
    ['require.challenge', { challenge: 'yes' }],
    ['require.maxLifetimeMs', { maxLifetimeMs: 999 }],
    ['require: unknown option "proof"', { proof: true }],
  ])('is a TypeError that names what is wrong: %s', (name, require) => {
    expect(() => gate({ require: require as never })).toThrow(TypeError);
    expect(() => gate({ require: require as never })).toThrow(name);
    const rules = { 'a.S/M': { require: require as never } };
    expect(() => gate({ rules })).toThrow(`rules["a.S/M"].${name}`);
  });

  it('is a TypeError where the node has not itself what it demands', () => {
    expect(() => createGate({ require: { audience: true } })).toThrow(/^require.audience needs the option audience/);
    expect(() => createGate({ require: { challenge: true } })).toThrow(/^require.challenge needs the option challenge/);
    const rules: GateOptions['rules'] = { 'a.S/M': { require: { audience: true } } };
    expect(() => createGate({ rules })).toThrow('rules["a.S/M"].require.audience needs the option audience');
  });
});

it('a restriction that is not there leaves no trace in admissions', async () => {
  const clock = settableClock();
  const plain = createGate({ now: clock.now, timers: clock.timers });
  const decision = await plain.decide(incomingCall(), `Bearer ${mintToken({ now: clock.now })}`);
  expect(decision).toMatchObject({ admitted: true, challenge: undefined });
});
