import { DemoService } from '../../gen/walletauth/demo/v1/demo_pb.js';
import type { AuthReason } from '../../src/errors.js';
import type { GateOptions } from '../../src/gate/options.js';
import type { MintTokenOptions } from '../../src/testing/mint-token.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { createChallenges } from '../../src/verify/challenge.js';
import { methodOf } from './calls.js';

/** Where the nodes of this table are reached. */
export const NODE = 'node.example:443';

export const SECRET = 's'.repeat(32);
export const OLD_SECRET = 'o'.repeat(32);

export const SLOT_MS = 600_000;

const startMs = settableClock().now().getTime();

/** The challenge of a slot, counted from that in which clocks of tests start. */
export function challengeOf(slot: number, secret = SECRET): string {
  return createChallenges({ secret }).current(startMs + slot * SLOT_MS);
}

/** A token, and what a node must answer to it. */
export interface RestrictionCase {
  readonly name: string;
  readonly options?: GateOptions | undefined;
  readonly token: MintTokenOptions;
  /** How long after the token was made it is presented, in milliseconds. Default: 0. */
  readonly afterMs?: number | undefined;
  /** Default: it is admitted. */
  readonly reason?: AuthReason | undefined;
}

const names = ['a.example:443', 'my-network', '[2001:db8::1]:8443'];
const offered: GateOptions = { audience: NODE, challenge: { secret: SECRET } };
const demanded: GateOptions = { ...offered, require: { challenge: true } };
const rotated: GateOptions = {
  audience: NODE,
  challenge: { secrets: [SECRET, OLD_SECRET] },
  require: { challenge: true },
};
const demo = `${DemoService.typeName}/*`;
const [service] = demo.split('/');

/** A policy for all methods of the demo service. */
const policy = (require: GateOptions['require']): GateOptions => ({ ...offered, rules: { [demo]: { require } } });

const withChallenge = (challenge: string): MintTokenOptions => ({ audience: NODE, challenge });

/** What nodes of every transport must answer, whatever the kind of the call. Calls are of the demo service. */
export const restrictionTable: readonly RestrictionCase[] = [
  { name: 'an audience that names the node', options: { audience: NODE }, token: { audience: NODE } },
  {
    name: 'an audience of another node',
    options: { audience: NODE },
    token: { audience: 'b.example:443' },
    reason: 'WRONG_AUDIENCE',
  },
  {
    name: 'an audience with another port',
    options: { audience: NODE },
    token: { audience: 'node.example:8443' },
    reason: 'WRONG_AUDIENCE',
  },
  { name: 'an audience, on a node without a name', token: { audience: NODE }, reason: 'WRONG_AUDIENCE' },
  ...names.map((name) => ({
    name: `an audience ${name} of a node with several names`,
    options: { audience: names },
    token: { audience: name },
  })),
  {
    name: 'several audiences, one of them the node',
    options: { audience: NODE },
    token: { audience: ['b.example:443', NODE] },
  },
  {
    name: 'several audiences, none of them the node',
    options: { audience: names },
    token: { audience: [NODE, '[2001:db8::2]:8443'] },
    reason: 'WRONG_AUDIENCE',
  },
  { name: 'no audience, where none is demanded', options: { audience: NODE }, token: {} },
  {
    name: 'no audience, where one is demanded of all',
    options: { audience: NODE, require: { audience: true } },
    token: {},
    reason: 'WRONG_AUDIENCE',
  },
  {
    name: 'no audience, where a policy demands one',
    options: policy({ audience: true }),
    token: {},
    reason: 'WRONG_AUDIENCE',
  },
  { name: 'an audience, where a policy demands one', options: policy({ audience: true }), token: { audience: NODE } },

  { name: 'an end, just before it', token: { validForMs: 60_000 }, afterMs: 60_000 },
  { name: 'an end, just after it', token: { validForMs: 60_000 }, afterMs: 60_001, reason: 'TOKEN_EXPIRED' },
  {
    name: 'an end after that of the node',
    token: { validForMs: 7_200_000 },
    afterMs: 3_600_001,
    reason: 'TOKEN_EXPIRED',
  },
  { name: 'a life as a policy allows', options: policy({ maxLifetimeMs: 10_000 }), token: {}, afterMs: 10_000 },
  {
    name: 'a longer life than a policy allows',
    options: policy({ maxLifetimeMs: 10_000 }),
    token: {},
    afterMs: 10_001,
    reason: 'TOKEN_EXPIRED',
  },

  { name: 'the methods of the service', token: { methods: [demo] } },
  { name: 'these methods', token: { methods: Object.values(methodOf).map((path) => path.slice(1)) } },
  { name: 'other methods', token: { methods: [`${service}/Other`, 'other.Service/*'] }, reason: 'ACCESS_DENIED' },

  { name: 'the strict form', token: { strict: true } },
  {
    name: 'a proof that no call has',
    token: { refusedFor: 'UNSUPPORTED_RESTRICTION' },
    reason: 'UNSUPPORTED_RESTRICTION',
  },

  { name: 'the challenge of this slot', options: demanded, token: withChallenge(challengeOf(0)) },
  { name: 'the challenge of the last slot', options: demanded, token: withChallenge(challengeOf(-1)) },
  {
    name: 'the challenge of two slots ago',
    options: demanded,
    token: withChallenge(challengeOf(-2)),
    reason: 'CHALLENGE_REQUIRED',
  },
  {
    name: 'the challenge of three slots ago',
    options: demanded,
    token: withChallenge(challengeOf(-3)),
    reason: 'CHALLENGE_REQUIRED',
  },
  {
    name: 'the challenge of a slot to come',
    options: demanded,
    token: withChallenge(challengeOf(1)),
    reason: 'CHALLENGE_REQUIRED',
  },
  {
    name: 'the challenge of the next slot within a minute of it',
    options: demanded,
    token: withChallenge(challengeOf(1)),
    afterMs: SLOT_MS - 60_000,
  },
  {
    name: 'a challenge that was good when it was cached',
    options: demanded,
    token: withChallenge(challengeOf(0)),
    afterMs: 2 * SLOT_MS,
    reason: 'CHALLENGE_REQUIRED',
  },
  {
    name: 'the challenge of another network',
    options: demanded,
    token: withChallenge(challengeOf(0, OLD_SECRET)),
    reason: 'CHALLENGE_REQUIRED',
  },
  {
    name: 'the challenge of a secret that is changed',
    options: rotated,
    token: withChallenge(challengeOf(0, OLD_SECRET)),
  },
  { name: 'the challenge of the new secret', options: rotated, token: withChallenge(challengeOf(0)) },
  {
    name: 'no challenge, where one is demanded of all',
    options: demanded,
    token: { audience: NODE },
    reason: 'CHALLENGE_REQUIRED',
  },
  {
    name: 'no challenge, where a policy demands one',
    options: policy({ challenge: true }),
    token: { audience: NODE },
    reason: 'CHALLENGE_REQUIRED',
  },
  { name: 'no challenge, where one is offered', options: offered, token: {} },
  {
    name: 'an old challenge, where one is offered',
    options: offered,
    token: withChallenge(challengeOf(-3)),
    reason: 'CHALLENGE_REQUIRED',
  },
  { name: 'an old challenge, on a node without', options: { audience: NODE }, token: withChallenge(challengeOf(-3)) },

  { name: 'a certificate that ends, at its end', token: { certificateExpiresAtMs: startMs + 1_000 }, afterMs: 1_000 },
  {
    name: 'a certificate that has ended',
    token: { certificateExpiresAtMs: startMs + 1_000 },
    afterMs: 1_001,
    reason: 'CERTIFICATE_EXPIRED',
  },
  {
    name: 'a certificate that is too old',
    options: { maxCertificateAgeMs: 1_000 },
    token: {},
    afterMs: 1_001,
    reason: 'CERTIFICATE_EXPIRED',
  },
  {
    name: 'a forged signature and restrictions that are kept',
    options: demanded,
    token: {
      ...withChallenge(challengeOf(0)),
      methods: ['other.Service/*'],
      refusedFor: 'INVALID_AUTH_DATA_SIGNATURE',
    },
    reason: 'INVALID_AUTH_DATA_SIGNATURE',
  },
];
