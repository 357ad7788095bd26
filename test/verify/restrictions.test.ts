import { createHash, createHmac } from 'node:crypto';

import { computeAddress, hashMessage, keccak256 } from 'ethers';
import { describe, expect, it } from 'vitest';

import { bytes as nodeBytes } from '../../src/bytes/node-bytes.js';
import { createVerifier, siweStatement, xmtpStatement, type VerifierOptions } from '../../src/index.js';
import { fastestKeccak } from '../../src/keccak/fastest-keccak.js';
import { PendingToken } from '../../src/verify/pending-token.js';
import { checkMethods, restrictionsOf, type Demands } from '../../src/verify/restrictions.js';
import { createStagedVerifier } from '../../src/verify/staged-verifier.js';
import { portableVerifierTools, serverTools } from '../../src/verify/tools.js';
import { countingCurve } from '../support/counting-curve.js';
import { bytes, concat, NOTHING, tag, text, uint, varint } from '../support/raw-proto.js';
import { reasonOf, refusalOf } from '../support/refusal-of.js';
import {
  alice,
  aliceAddress,
  bearer,
  bob,
  HOUR_MS,
  NOW_MS,
  NS_PER_MS,
  planToken,
  sign,
  type TokenPlan,
} from '../support/token-workshop.js';

const NAME = 'node.example:443';
const SECRET = new Uint8Array(32).fill(7);
const SLOT_MS = 600_000;
const NOW_NS = BigInt(NOW_MS) * NS_PER_MS;
const DAY_MS = 86_400_000;

/** A token whose restrictions are these bytes, signed as they are. */
function restricted(content: Uint8Array, changes: Partial<TokenPlan> = {}): string {
  const createdNs = changes.createdNs ?? NOW_NS;
  const claims = changes.claims ?? aliceAddress;
  const authData = concat(text(1, claims), uint(2, createdNs), bytes(1600, content));
  return bearer({ ...changes, authData });
}

/** A token whose certificate ends. */
function endingAt(notAfterNs: bigint, changes: Partial<TokenPlan> = {}): string {
  const { keyBytes } = planToken();
  return bearer({ ...changes, keyUnionField: bytes(3, concat(bytes(1, keyBytes), uint(1600, notAfterNs))) });
}

/** The challenge of a slot, by Node. */
function challengeAt(ms: number, secret = SECRET, slotMs = SLOT_MS): Uint8Array {
  const message = `walletauth/challenge/1\n${slotMs}\n${Math.floor(ms / slotMs)}`;
  return Uint8Array.from(createHmac('sha256', secret).update(message).digest().subarray(0, 16));
}

const audience = (...names: string[]) => concat(...names.map((name) => text(1, name)));
const expires = (ns: bigint) => uint(2, ns);
const challenge = (value: Uint8Array) => bytes(3, value);
const methods = (...patterns: string[]) => concat(...patterns.map((pattern) => text(4, pattern)));

describe.each([
  ['portable tools', portableVerifierTools],
  ['server tools', serverTools(fastestKeccak(), nodeBytes)],
])('with %s', (_, tools) => {
  function node(options: VerifierOptions = {}) {
    let nowMs = NOW_MS;
    const curve = countingCurve();
    const stages = createStagedVerifier({ audience: NAME, now: () => new Date(nowMs), curve, ...options }, tools);
    return {
      calls: curve.calls,
      stages,
      set: (ms: number) => (nowMs = ms),
      verify(authorization: string, demands?: Demands) {
        const found = stages.begin(authorization, demands);
        return found instanceof PendingToken ? stages.finish(found) : found;
      },
    };
  }
  /** The reason, that no curve was used, and that it is the same again. */
  function refusedBeforeCurve(token: string, options: VerifierOptions = {}, demands?: Demands): string | undefined {
    const { verify, calls } = node(options);
    const reason = reasonOf(() => verify(token, demands));
    expect(calls).toEqual({ verify: 0, recover: 0 });
    expect(reasonOf(() => verify(token, demands))).toBe(reason);
    return reason;
  }

  describe('restrictions that say nothing', () => {
    it.each([
      ['nothing', NOTHING],
      ['an end of 0', concat(tag(2, 0), varint(0))],
      ['an empty challenge', challenge(NOTHING)],
      ['no proof', concat(tag(5, 0), varint(0))],
      ['not strict', concat(tag(6, 0), varint(0))],
    ])('restrict nothing: %s', (__, content) => {
      const identity = node({ audience: undefined }).verify(restricted(content));
      expect(identity).toMatchObject({ wallet: aliceAddress, expiresAtMs: NOW_MS + HOUR_MS });
      expect(restrictionsOf(identity)).toBeUndefined();
    });
  });

  describe('shapes', () => {
    const tooMany = Array.from({ length: 17 }, (__, i) => `node${i}.example:443`);
    it.each<[string, Uint8Array]>([
      ['an empty audience', audience('')],
      ['a repeated audience', audience(NAME, NAME)],
      ['17 audiences', audience(...tooMany)],
      ['an audience of 256 characters', audience('a'.repeat(256))],
      ['an audience with a space', audience('node example')],
      ['an audience with a line feed at its end', audience('node\n')],
      ['an audience that is no ASCII', audience('n\u00f6de')],
      ['an audience that is no UTF-8', bytes(1, Uint8Array.of(0x41, 0xff))],
      ['33 methods', methods(...Array<string>(33).fill('a.S/M'))],
      ['a method with a slash before it', methods('/a.S/M')],
      ['a method without a service', methods('M')],
      ['a star alone', methods('*')],
      ['an empty method', methods('')],
      ['a package of nothing', methods('a..S/M')],
      ['a challenge of 15 bytes', challenge(new Uint8Array(15))],
      ['a challenge of 17 bytes', challenge(new Uint8Array(17))],
      ['an end at the time of creation', expires(NOW_NS)],
      ['an end before it', expires(1n)],
      ['an audience that is a number', uint(1, 5)],
      ['an end that is bytes', bytes(2, NOTHING)],
      ['an end of eight bytes', concat(tag(2, 1), new Uint8Array(8))],
      ['a challenge that is a number', uint(3, 5)],
      ['a method that is a number', uint(4, 5)],
      ['a proof that is bytes', bytes(5, NOTHING)],
      ['strict that is bytes', bytes(6, NOTHING)],
      ['broken bytes', Uint8Array.of(0x0a, 0x05)],
    ])('refuses with MALFORMED_AUTH_DATA before the curve: %s', (__, content) => {
      expect(refusedBeforeCurve(restricted(content))).toBe('MALFORMED_AUTH_DATA');
    });

    it.each([0, 1, 3, 5])('refuses restrictions of wire type %d with MALFORMED_AUTH_DATA', (wireType) => {
      const content = { 0: varint(0), 1: new Uint8Array(8), 3: tag(1600, 4), 5: new Uint8Array(4) }[wireType]!;
      const authData = concat(text(1, aliceAddress), uint(2, NOW_NS), tag(1600, wireType), content);
      expect(refusedBeforeCurve(bearer({ authData }))).toBe('MALFORMED_AUTH_DATA');
    });

    it('takes the most that there may be of everything', () => {
      const names = tooMany.slice(0, 15).concat(NAME);
      const all = concat(audience(...names), expires(2n ** 64n - 1n), methods(...Array<string>(32).fill('a.S/M')));
      expect(node().verify(restricted(all)).wallet).toBe(aliceAddress);
      expect(node({ audience: 'a'.repeat(255) }).verify(restricted(audience('a'.repeat(255)))).wallet).toBe(
        aliceAddress,
      );
    });

    it('merges copies, of which the last scalar counts', () => {
      const one = concat(audience('a'), expires(NOW_NS + 1n), methods('a.S/M'));
      const two = concat(audience('b'), expires(NOW_NS + 5n * NS_PER_MS), methods('a.S/N'));
      const authData = concat(bytes(1600, one), text(1, aliceAddress), uint(2, NOW_NS), bytes(1600, two));
      const identity = node({ audience: 'b' }).verify(bearer({ authData }));
      expect(identity.expiresAtMs).toBe(NOW_MS + 5);
      expect(restrictionsOf(identity)).toMatchObject({ hasAudience: true, methods: ['a.S/M', 'a.S/N'] });
    });
  });

  describe('what this version does not know', () => {
    it.each([
      ['an unknown field', uint(7, 1)],
      ['an unknown field of 0', concat(tag(7, 0), varint(0))],
      ['an unknown field of bytes', bytes(100, NOTHING)],
      ['a proof that is required', concat(audience(NAME), uint(5, 1))],
    ])('is refused with UNSUPPORTED_RESTRICTION before the curve: %s', (__, content) => {
      expect(refusedBeforeCurve(restricted(content))).toBe('UNSUPPORTED_RESTRICTION');
    });

    it('is refused in any copy', () => {
      for (const copies of [
        [uint(7, 1), audience(NAME)],
        [audience(NAME), uint(7, 1)],
      ]) {
        const authData = concat(text(1, aliceAddress), uint(2, NOW_NS), ...copies.map((copy) => bytes(1600, copy)));
        expect(refusedBeforeCurve(bearer({ authData }))).toBe('UNSUPPORTED_RESTRICTION');
      }
    });

    it('comes after the address and before the audience and the time', () => {
      const content = concat(audience('elsewhere'), uint(7, 1));
      expect(refusedBeforeCurve(restricted(content, { claims: '0x' }))).toBe('INVALID_WALLET_ADDRESS');
      expect(refusedBeforeCurve(restricted(content, { createdNs: 1n }))).toBe('UNSUPPORTED_RESTRICTION');
    });
  });

  describe('audience', () => {
    it('names the node, alone or among others, by any of its names', () => {
      const names = { audience: ['other', NAME] };
      for (const content of [audience(NAME), audience('a', NAME, 'b'), audience('other')]) {
        expect(node(names).verify(restricted(content)).wallet).toBe(aliceAddress);
      }
    });

    it.each([
      ['another name', 'other.example:443', NAME],
      ['another port', 'node.example:8443', NAME],
      ['no port', 'node.example', NAME],
      ['another case', 'NODE.example:443', NAME],
      ['the beginning of it', 'node.example:44', NAME],
      ['a node without a name', NAME, undefined],
    ])('is refused with WRONG_AUDIENCE before the curve: %s', (__, name, own) => {
      expect(refusedBeforeCurve(restricted(audience(name)), { audience: own })).toBe('WRONG_AUDIENCE');
    });

    it('comes before the time of the token', () => {
      expect(refusedBeforeCurve(restricted(audience('elsewhere'), { createdNs: 1n }))).toBe('WRONG_AUDIENCE');
    });

    it('may be demanded, of tokens that are cached too', () => {
      const demands = { audience: true, challenge: false, maxLifetimeMs: undefined };
      const { verify } = node();
      expect(verify(bearer()).wallet).toBe(aliceAddress);
      expect(reasonOf(() => verify(bearer(), demands))).toBe('WRONG_AUDIENCE');
      expect(refusedBeforeCurve(restricted(methods('a.S/M')), {}, demands)).toBe('WRONG_AUDIENCE');
      expect(verify(restricted(audience(NAME)), demands).wallet).toBe(aliceAddress);
      expect(verify(restricted(audience(NAME)), demands).wallet).toBe(aliceAddress);
    });
  });

  describe('ends', () => {
    it('includes the end that the token says, to the millisecond', () => {
      const { verify, set } = node();
      const token = restricted(expires(NOW_NS + 5n * NS_PER_MS + 999_999n));
      expect(verify(token).expiresAtMs).toBe(NOW_MS + 5);
      set(NOW_MS + 5);
      expect(verify(token).expiresAtMs).toBe(NOW_MS + 5);
      set(NOW_MS + 6);
      expect(reasonOf(() => verify(token))).toBe('TOKEN_EXPIRED');
      expect(reasonOf(() => verify(token))).toBe('TOKEN_EXPIRED');
    });

    it('does not make a token last longer than the node allows', () => {
      expect(node().verify(restricted(expires(2n ** 64n - 1n))).expiresAtMs).toBe(NOW_MS + HOUR_MS);
    });

    it('of a demanded lifetime come sooner, for these calls alone', () => {
      const demands = { audience: false, challenge: false, maxLifetimeMs: 1_000 };
      const { verify, set } = node();
      set(NOW_MS + 1_000);
      expect(verify(bearer(), demands).wallet).toBe(aliceAddress);
      set(NOW_MS + 1_001);
      const error = refusalOf(() => verify(bearer(), demands));
      expect(error).toMatchObject({ reason: 'TOKEN_EXPIRED', info: { max_age_ms: '1000' } });
      expect(verify(bearer()).wallet).toBe(aliceAddress);
      expect(refusedBeforeCurve(bearer({ createdNs: NOW_NS - 1_001n * NS_PER_MS }), {}, demands)).toBe('TOKEN_EXPIRED');
    });
  });

  describe('a certificate that ends', () => {
    it('is good until and including its end, cached or not', () => {
      const { verify, set } = node();
      const token = endingAt(NOW_NS + 5n * NS_PER_MS);
      expect(verify(token).expiresAtMs).toBe(NOW_MS + 5);
      set(NOW_MS + 5);
      expect(verify(token).wallet).toBe(aliceAddress);
      set(NOW_MS + 6);
      expect(reasonOf(() => verify(token))).toBe('CERTIFICATE_EXPIRED');
      expect(reasonOf(() => verify(endingAt(NOW_NS + 5n * NS_PER_MS, { createdNs: NOW_NS + 6n * NS_PER_MS })))).toBe(
        'CERTIFICATE_EXPIRED',
      );
    });

    it('that ended a second ago is refused before the curve', () => {
      expect(refusedBeforeCurve(endingAt(NOW_NS - 1_000n * NS_PER_MS))).toBe('CERTIFICATE_EXPIRED');
    });

    it('and a token that has ended as well: the token is told first', () => {
      expect(refusedBeforeCurve(endingAt(1n, { createdNs: 1n }))).toBe('TOKEN_EXPIRED');
    });

    it('was signed with its end', () => {
      const forged = endingAt(NOW_NS + 5n, { statement: planToken().statement });
      expect(reasonOf(() => node().verify(forged))).toBe('WALLET_MISMATCH');
    });

    const { keyBytes } = planToken();
    const key = bytes(1, keyBytes);
    const end = uint(1600, NOW_NS + 1n);
    it.each<[string, Uint8Array]>([
      ['an end of 0', bytes(3, concat(key, tag(1600, 0), varint(0)))],
      ['two ends', bytes(3, concat(key, end, end))],
      ['the end before the key', bytes(3, concat(end, key))],
      ['an end with more bytes than it needs', bytes(3, concat(key, tag(1600, 0), varint(NOW_NS + 1n, 10)))],
      ['a tag with more bytes than it needs', bytes(3, concat(key, varint(12_800, 3), varint(NOW_NS + 1n)))],
      ['an unknown field', bytes(3, concat(key, uint(2, 1)))],
      ['an unknown field before the key', bytes(3, concat(uint(9, 1), key))],
      ['the key twice', bytes(3, concat(key, key))],
      ['an end in a copy of its own', concat(bytes(3, key), bytes(3, end))],
      ['an end in one of two copies', concat(bytes(3, key), bytes(3, concat(key, end)))],
      ['an end in the first of two copies', concat(bytes(3, concat(key, end)), bytes(3, NOTHING))],
    ])('in another form than the one is INVALID_IDENTITY_KEY before the curve: %s', (__, keyUnionField) => {
      expect(refusedBeforeCurve(bearer({ keyUnionField }))).toBe('INVALID_IDENTITY_KEY');
    });

    it('of another wire type is MALFORMED_TOKEN', () => {
      const keyUnionField = bytes(3, concat(key, bytes(1600, NOTHING)));
      expect(refusedBeforeCurve(bearer({ keyUnionField }))).toBe('MALFORMED_TOKEN');
    });
  });

  describe('maxCertificateAgeMs', () => {
    const limited = { maxCertificateAgeMs: DAY_MS };
    it.each([
      ['milliseconds', BigInt(NOW_MS - DAY_MS)],
      ['nanoseconds', NOW_NS - BigInt(DAY_MS) * NS_PER_MS],
      ['a day ahead', BigInt(NOW_MS + DAY_MS)],
    ])('takes a certificate that is just good: %s', (__, keyTimestamp) => {
      expect(node(limited).verify(bearer({ keyTimestamp })).wallet).toBe(aliceAddress);
    });

    it.each([
      ['a millisecond too old', BigInt(NOW_MS - DAY_MS - 1)],
      ['a nanosecond too old', NOW_NS - BigInt(DAY_MS) * NS_PER_MS - 1n],
      ['of an unknown time', 0n],
      ['a millisecond more than a day ahead', BigInt(NOW_MS + DAY_MS + 1)],
      ['as far ahead as can be', 2n ** 64n - 1n],
    ])('refuses with CERTIFICATE_EXPIRED before the curve: %s', (__, keyTimestamp) => {
      expect(refusedBeforeCurve(bearer({ keyTimestamp }), limited)).toBe('CERTIFICATE_EXPIRED');
    });

    it('ends a cached token with its certificate, and no other', () => {
      const { verify, set } = node(limited);
      const token = bearer({ keyTimestamp: BigInt(NOW_MS - DAY_MS + 10) });
      expect(verify(token).expiresAtMs).toBe(NOW_MS + 10);
      set(NOW_MS + 11);
      expect(reasonOf(() => verify(token))).toBe('CERTIFICATE_EXPIRED');
    });
  });

  describe('a challenge', () => {
    const options = { challenge: { secret: SECRET, slotMs: SLOT_MS } };
    const withChallenge = (value: Uint8Array, ...more: Uint8Array[]) =>
      restricted(concat(audience(NAME), challenge(value), ...more));

    it.each([
      ['of this slot', 0, true],
      ['of the last slot', -SLOT_MS, true],
      ['of two slots ago', -2 * SLOT_MS, false],
      ['of three slots ago', -3 * SLOT_MS, false],
      ['of the next slot', SLOT_MS, false],
    ])('is judged by its slot: %s', (__, byMs, good) => {
      const token = withChallenge(challengeAt(NOW_MS + byMs));
      if (good) expect(node(options).verify(token).wallet).toBe(aliceAddress);
      else expect(refusedBeforeCurve(token, options)).toBe('CHALLENGE_REQUIRED');
    });

    it('of the next slot is good within a minute of its start', () => {
      const start = (Math.floor(NOW_MS / SLOT_MS) + 1) * SLOT_MS;
      const { verify, set } = node({ ...options, maxAgeMs: DAY_MS });
      const token = withChallenge(challengeAt(start));
      set(start - 60_001);
      expect(reasonOf(() => verify(token))).toBe('CHALLENGE_REQUIRED');
      set(start - 60_000);
      expect(verify(token).wallet).toBe(aliceAddress);
    });

    it('is looked at again when the token is cached', () => {
      const { verify, set } = node(options);
      const token = withChallenge(challengeAt(NOW_MS));
      expect(verify(token).wallet).toBe(aliceAddress);
      set(NOW_MS + 2 * SLOT_MS);
      const error = refusalOf(() => verify(token));
      const current = Buffer.from(challengeAt(NOW_MS + 2 * SLOT_MS)).toString('hex');
      expect(error).toMatchObject({ reason: 'CHALLENGE_REQUIRED', info: { challenge: current } });
    });

    it('of another network is refused', () => {
      const theirs = challengeAt(NOW_MS, new Uint8Array(32).fill(8));
      expect(refusedBeforeCurve(withChallenge(theirs), options)).toBe('CHALLENGE_REQUIRED');
    });

    it('of either of two secrets is good, and the first is handed out', () => {
      const old = new Uint8Array(40).fill(9);
      const both = { challenge: { secrets: [SECRET, old], slotMs: SLOT_MS } };
      for (const secret of [SECRET, old]) {
        expect(node(both).verify(withChallenge(challengeAt(NOW_MS, secret))).wallet).toBe(aliceAddress);
      }
      expect(node(both).stages.challenge()).toBe(Buffer.from(challengeAt(NOW_MS)).toString('hex'));
    });

    it('without an audience is WRONG_AUDIENCE, for another node could have passed it on', () => {
      expect(refusedBeforeCurve(restricted(challenge(challengeAt(NOW_MS))), options)).toBe('WRONG_AUDIENCE');
    });

    it('is ignored where the node has none', () => {
      expect(node().verify(restricted(challenge(new Uint8Array(16)))).wallet).toBe(aliceAddress);
      expect(node().stages.challenge()).toBeUndefined();
    });

    it('may be demanded, of tokens that are cached too', () => {
      const demands = { audience: false, challenge: true, maxLifetimeMs: undefined };
      const { verify } = node(options);
      const plain = restricted(audience(NAME));
      expect(verify(plain).wallet).toBe(aliceAddress);
      expect(reasonOf(() => verify(plain, demands))).toBe('CHALLENGE_REQUIRED');
      expect(refusedBeforeCurve(bearer(), options, demands)).toBe('CHALLENGE_REQUIRED');
      expect(verify(withChallenge(challengeAt(NOW_MS)), demands).wallet).toBe(aliceAddress);
    });

    it.each([
      [{}],
      [{ secret: SECRET, secrets: [SECRET] }],
      [{ secret: new Uint8Array(31) }],
      [{ secret: 'short' }],
      [{ secrets: [] }],
      [{ secrets: [SECRET, SECRET, SECRET] }],
      [{ secret: SECRET, slotMs: 59_999 }],
      [{ secret: SECRET, slot: 1 }],
      [null],
      ['text'],
    ])('is a TypeError where the options are wrong: %j', (wrong) => {
      expect(() => createVerifier({ audience: NAME, challenge: wrong as never })).toThrow(TypeError);
    });

    it('is a TypeError where the node has no name', () => {
      expect(() => createVerifier({ challenge: { secret: SECRET } })).toThrow(/challenge needs an audience/);
    });
  });

  describe('the strict form', () => {
    const content = uint(6, 1);
    const authData = concat(text(1, aliceAddress), uint(2, NOW_NS), bytes(1600, content));
    const { device } = planToken();
    const strictly = sign(device, keccak256(concat(Buffer.from('walletauth/2\n'), authData)));

    it('is signed with its context', () => {
      expect(node().verify(bearer({ authData, authSignature: strictly })).wallet).toBe(aliceAddress);
    });

    it('is refused with the other signature, and the other form with this one', () => {
      expect(reasonOf(() => node().verify(bearer({ authData })))).toBe('INVALID_AUTH_DATA_SIGNATURE');
      const plain = planToken().authData;
      const other = sign(device, keccak256(concat(Buffer.from('walletauth/2\n'), plain)));
      expect(reasonOf(() => node().verify(bearer({ authSignature: other })))).toBe('INVALID_AUTH_DATA_SIGNATURE');
    });
  });

  describe('several statements', () => {
    const ours = { title: 'Ours', closing: 'bye' };
    const signedBy = (statement: string) => bearer({ statement });
    const plan = planToken();
    const oursText = plan.statement.replace('XMTP : Create Identity', 'Ours').replace(/For more.*$/, 'bye');
    const siwe = siweStatement({ domain: 'app.example', uri: 'https://app.example/', chainId: 1 });

    it('are tried in order until one is the wallet\u2019s', () => {
      const { verify, calls } = node({ statement: [xmtpStatement, ours] });
      expect(verify(signedBy(oursText)).wallet).toBe(aliceAddress);
      expect(calls).toEqual({ verify: 1, recover: 2 });
      expect(verify(signedBy(plan.statement)).wallet).toBe(aliceAddress);
      expect(reasonOf(() => node().verify(signedBy(oursText)))).toBe('WALLET_MISMATCH');
    });

    it('are WALLET_MISMATCH if none is, and INVALID_WALLET_SIGNATURE if none recovers', () => {
      const { verify } = node({ statement: [xmtpStatement, ours, siwe] });
      expect(reasonOf(() => verify(signedBy('other')))).toBe('WALLET_MISMATCH');
      const walletSignature = { field: 2, bytes: new Uint8Array(64), recovery: 0 };
      expect(reasonOf(() => verify(bearer({ walletSignature })))).toBe('INVALID_WALLET_SIGNATURE');
    });

    it('with a domain need the time of the key: INVALID_IDENTITY_KEY before the curve', () => {
      for (const keyTimestamp of [0n, 253_402_300_800_000n]) {
        expect(refusedBeforeCurve(bearer({ keyTimestamp }), { statement: siwe })).toBe('INVALID_IDENTITY_KEY');
        const { verify } = node({ statement: [siwe, xmtpStatement] });
        expect(verify(bearer({ keyTimestamp })).wallet).toBe(aliceAddress);
      }
    });
  });

  describe('the cache of certificates', () => {
    it('keeps apart what is claimed: another wallet, the same certificate', () => {
      const { verify, stages } = node();
      verify(bearer());
      const other = computeAddress(bob);
      expect(reasonOf(() => verify(bearer({ claims: other })))).toBe('WALLET_MISMATCH');
      expect(stages.cachedDevices).toBe(1);
    });

    it('keeps apart certificates with and without an end', () => {
      const { verify, stages, calls } = node();
      verify(bearer());
      verify(endingAt(NOW_NS + 9n));
      expect(calls.recover).toBe(2);
      expect(stages.cachedDevices).toBe(2);
    });
  });

  describe('methods', () => {
    const identityOf = (...patterns: string[]) => node().verify(restricted(methods(...patterns)));
    it.each([
      ['/a.S/M', true],
      ['/a.S/N', false],
      ['/a.S/MM', false],
      ['/aa.S/M', false],
      ['/b.T/Any', true],
      ['/b.TT/Any', false],
      ['/xb.T/Any', false],
      ['/b.T/Any/More', false],
      [undefined, false],
    ])('let a token call what they cover: %s', (method, good) => {
      const identity = identityOf('a.S/M', 'b.T/*');
      if (good) expect(() => checkMethods(identity, method)).not.toThrow();
      else expect(reasonOf(() => checkMethods(identity, method))).toBe('ACCESS_DENIED');
    });

    it('restrict nothing where there are none', () => {
      expect(() => checkMethods(node().verify(bearer()), undefined)).not.toThrow();
      expect(() => checkMethods(node().verify(restricted(audience(NAME))), '/a.S/M')).not.toThrow();
    });
  });
});

describe('the text of a statement with a domain', () => {
  it('is signed by a wallet and accepted', () => {
    const { keyBytes } = planToken();
    const statement = siweStatement({ domain: 'app.example', uri: 'https://app.example/login', chainId: 1 });
    const keyUnionField = bytes(3, concat(bytes(1, keyBytes), uint(1600, NOW_NS + 5n * NS_PER_MS)));
    const unsigned = concat(uint(1, 1_700_000_000_123), keyUnionField);
    const hex = Buffer.from(unsigned).toString('hex');
    const lines = [
      'app.example wants you to sign in with your Ethereum account:',
      aliceAddress,
      '',
      'Let this device act for my account.',
      '',
      'URI: https://app.example/login',
      'Version: 1',
      'Chain ID: 1',
      `Nonce: ${createHash('sha256').update(unsigned).digest('hex').slice(0, 17)}`,
      'Issued At: 2023-11-14T22:13:20.123Z',
      `Expiration Time: ${new Date(NOW_MS + 5).toISOString()}`,
      'Resources:',
      `- urn:walletauth:device:${hex}`,
    ];
    const walletSignature = sign(alice, hashMessage(lines.join('\n')));
    const token = bearer({ keyUnionField, walletSignature });
    const verifier = createVerifier({ statement, now: () => new Date(NOW_MS) });
    expect(verifier.verify(token).wallet).toBe(aliceAddress);
    expect(verifier.verify(token).expiresAtMs).toBe(NOW_MS + 5);
  });
});
