import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { Point } from '@noble/secp256k1';
import { computeAddress, hashMessage } from 'ethers';
import { describe, expect, it } from 'vitest';

import {
  AuthError,
  createVerifier,
  nobleCurve,
  type AuthorizationValue,
  type Curve,
  type VerifierOptions,
} from '../../src/index.js';
import { countingCurve } from '../support/counting-curve.js';
import { hostileValues, throwingProxy } from '../support/hostile-values.js';
import { bytes, concat, text, uint } from '../support/raw-proto.js';
import { reasonOf, refusalOf } from '../support/refusal-of.js';
import {
  alice,
  aliceAddress,
  base64,
  bearer,
  bob,
  bobAddress,
  CURVE_ORDER,
  flipBit,
  HOUR_MS,
  NOW_MS,
  NS_PER_MS,
  planToken,
  signatureField,
  someKey,
  to32Bytes,
  tokenText,
  toBigInt,
  withOtherS,
  type RawSignature,
  type TokenPlan,
} from '../support/token-workshop.js';

const NOW_NS = BigInt(NOW_MS) * NS_PER_MS;
const HOUR_NS = BigInt(HOUR_MS) * NS_PER_MS;

/** A verifier at a time that the test sets, with a curve that counts. */
function bench(options: VerifierOptions = {}, parts: Partial<Curve> = {}) {
  const clock = { ms: NOW_MS };
  const curve = countingCurve(parts);
  const verifier = createVerifier({ now: () => new Date(clock.ms), curve, ...options });
  const verify = (changes: Partial<TokenPlan> = {}) => verifier.verify(bearer(changes));
  return { clock, curve, verifier, verify, calls: curve.calls };
}

/** A recover function that always names alice; for tests that are not about the maths. */
const someKeyOfAlice = () => aliceKey;
const aliceKey = planToken({ device: alice }).keyBytes;

/** A curve that finds every signature good, and a wallet that depends on all that was signed. No maths: fast. */
const credulous: Partial<Curve> = {
  verify: () => true,
  recover: (signature, recovery, digest) => concat(Uint8Array.of(4 + recovery), signature.subarray(32), digest),
};

describe('verify', () => {
  it('returns the identity of the wallet that certified the key', () => {
    const { verify } = bench();
    const createdNs = NOW_NS - 1n;
    const { keyBytes, keyTimestamp } = planToken();
    const fingerprint = createHash('sha256').update(keyBytes).digest('hex').slice(0, 32);
    expect({ ...verify({ createdNs }) }).toEqual({
      wallet: aliceAddress,
      deviceId: `${aliceAddress}/${fingerprint}`,
      identityKey: keyBytes,
      issuedAtMs: NOW_MS - 1,
      expiresAtMs: NOW_MS - 1 + HOUR_MS,
      certifiedAtMs: Number(keyTimestamp),
    });
  });

  it('tells wallets, devices and tokens apart', () => {
    const { verify } = bench();
    const first = verify();
    const newer = verify({ createdNs: NOW_NS + 1n });
    const otherDevice = verify({ device: someKey(2) });
    const otherWallet = verify({ wallet: bob });
    expect(newer.deviceId).toBe(first.deviceId);
    expect(otherDevice.wallet).toBe(first.wallet);
    expect(otherDevice.deviceId).not.toBe(first.deviceId);
    expect(otherWallet.wallet).toBe(bobAddress);
    expect(otherWallet.deviceId.split('/')[1]).toBe(first.deviceId.split('/')[1]);
  });

  it('works with no options, by the system\u2019s clock', () => {
    const createdNs = BigInt(Date.now()) * NS_PER_MS;
    expect(createVerifier().verify(bearer({ createdNs })).wallet).toBe(aliceAddress);
    expect(reasonOf(() => createVerifier().verify(bearer({ createdNs: createdNs - 2n * HOUR_NS })))).toBe(
      'TOKEN_EXPIRED',
    );
  });

  it('is frozen, and names its curve', () => {
    const { verifier } = bench({}, { name: 'counting' });
    expect(Object.isFrozen(verifier)).toBe(true);
    expect(verifier.curve).toBe('counting');
    expect(createVerifier().curve).toBe('noble');
  });

  it('does not let a caller who changes the key bytes change what is cached', () => {
    const { verify } = bench();
    const { keyBytes } = planToken();
    verify().identityKey.fill(0);
    expect(verify().identityKey).toEqual(keyBytes);
  });
});

describe('the header', () => {
  const { verifier } = bench();
  const token = tokenText();

  it.each([
    ['a lower-case scheme', `bearer ${token}`],
    ['spaces around the token', `BEARER   ${token}   `],
    ['no padding', `Bearer ${token.replace(/=+$/, '')}`],
    ['the URL-safe alphabet', `Bearer ${Buffer.from(token, 'base64').toString('base64url')}`],
    ['a list of one value', [`Bearer ${token}`]],
  ])('is accepted with %s', (_, value) => {
    expect(verifier.verify(value).wallet).toBe(aliceAddress);
  });

  it.each([
    ['nothing', undefined, 'MISSING_CREDENTIALS'],
    ['an empty list', [], 'MISSING_CREDENTIALS'],
    ['the same value twice', [`Bearer ${token}`, `Bearer ${token}`], 'MULTIPLE_CREDENTIALS'],
    ['the token alone', token, 'MALFORMED_HEADER'],
    ['another scheme', `Basic ${token}`, 'UNSUPPORTED_SCHEME'],
    ['two values joined by a comma', `Bearer ${token}, Bearer ${token}`, 'MALFORMED_TOKEN'],
    ['two tokens joined by a comma', `Bearer ${token},${token}`, 'MALFORMED_TOKEN'],
    ['two tokens joined by nothing', `Bearer ${token.replace(/=+$/, '')}${token}`, 'MALFORMED_TOKEN'],
    ['two tokens with a space between', `Bearer ${token} ${token}`, 'MALFORMED_TOKEN'],
    ['a trailing tab', `Bearer ${token}\t`, 'MALFORMED_TOKEN'],
    ['a trailing line end', `Bearer ${token}\r\n`, 'MALFORMED_TOKEN'],
    ['a padding character too many', `Bearer ${token.replace(/=+$/, '')}===`, 'MALFORMED_TOKEN'],
    ['a token of zero bytes in a list', ['Bearer ===='], 'MALFORMED_TOKEN'],
  ] as const)('is refused: %s', (_, value, reason) => {
    expect(reasonOf(() => verifier.verify(value))).toBe(reason);
  });

  it('of a size at the limit of 2,048 characters is judged, above it refused unread', () => {
    const { token: good } = planToken();
    const full = base64(concat(good, bytes(15, new Uint8Array(1_536 - good.length - 3))));
    expect(full).toHaveLength(2_048);
    expect(verifier.verify(`Bearer ${full}`).wallet).toBe(aliceAddress);
    expect(reasonOf(() => verifier.verify(`Bearer ${full}A`))).toBe('TOKEN_TOO_LARGE');
    expect(reasonOf(() => verifier.verify(`Bearer ${'!'.repeat(2_049)}`))).toBe('TOKEN_TOO_LARGE');
    expect(reasonOf(() => verifier.verify(`Bearer ${'!'.repeat(2_048)}`))).toBe('MALFORMED_TOKEN');
  });

  it('of a size above maxTokenLength is refused', () => {
    const exact = createVerifier({ now: () => new Date(NOW_MS), maxTokenLength: token.length });
    expect(exact.verify(`Bearer ${token}`).wallet).toBe(aliceAddress);
    const short = createVerifier({ now: () => new Date(NOW_MS), maxTokenLength: token.length - 1 });
    expect(reasonOf(() => short.verify(`Bearer ${token}`))).toBe('TOKEN_TOO_LARGE');
  });

  it('is looked at in the order: single, scheme, length, alphabet', () => {
    const wrong = `Basic ${'!'.repeat(5_000)}`;
    expect(reasonOf(() => verifier.verify([wrong, wrong]))).toBe('MULTIPLE_CREDENTIALS');
    expect(reasonOf(() => verifier.verify(wrong))).toBe('UNSUPPORTED_SCHEME');
    expect(reasonOf(() => verifier.verify(`Bearer ${'!'.repeat(5_000)}`))).toBe('TOKEN_TOO_LARGE');
  });

  it.each(hostileValues)('that is %s ends with an AuthError', (_, value) => {
    expect(refusalOf(() => verifier.verify(value as AuthorizationValue)).reason).toMatch(
      /^(MISSING_CREDENTIALS|MALFORMED_HEADER|UNSUPPORTED_SCHEME|MALFORMED_TOKEN|INTERNAL)$/,
    );
  });
});

describe('the time', () => {
  const outcome = (createdNs: bigint, options: VerifierOptions = {}) => {
    const { verify } = bench({ ...options }, credulous);
    try {
      verify({ createdNs });
      return 'passed';
    } catch (error) {
      // the credulous curve recovers no wallet: a mismatch comes after the time was found good
      const { reason } = error as AuthError;
      return reason === 'WALLET_MISMATCH' ? 'passed' : reason;
    }
  };

  it('is checked to the nanosecond at both ends, by the defaults of an hour and a minute', () => {
    expect(outcome(NOW_NS - HOUR_NS)).toBe('passed');
    expect(outcome(NOW_NS - HOUR_NS - 1n)).toBe('TOKEN_EXPIRED');
    expect(outcome(NOW_NS + 60_000n * NS_PER_MS)).toBe('passed');
    expect(outcome(NOW_NS + 60_000n * NS_PER_MS + 1n)).toBe('TOKEN_FROM_FUTURE');
  });

  it('is checked to the nanosecond at both ends, by the options', () => {
    const options = { maxAgeMs: 1, maxFutureSkewMs: 0 };
    expect(outcome(NOW_NS, options)).toBe('passed');
    expect(outcome(NOW_NS + 1n, options)).toBe('TOKEN_FROM_FUTURE');
    expect(outcome(NOW_NS - NS_PER_MS, options)).toBe('passed');
    expect(outcome(NOW_NS - NS_PER_MS - 1n, options)).toBe('TOKEN_EXPIRED');
    const longest = { maxAgeMs: 366 * 24 * HOUR_MS, maxFutureSkewMs: 24 * HOUR_MS };
    expect(outcome(NOW_NS - 366n * 24n * HOUR_NS, longest)).toBe('passed');
    expect(outcome(NOW_NS - 366n * 24n * HOUR_NS - 1n, longest)).toBe('TOKEN_EXPIRED');
    expect(outcome(NOW_NS + 24n * HOUR_NS, longest)).toBe('passed');
    expect(outcome(NOW_NS + 24n * HOUR_NS + 1n, longest)).toBe('TOKEN_FROM_FUTURE');
  });

  it.each([0n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n])(
    'accepts a token of nanosecond %d at that time, neither earlier nor later',
    (createdNs) => {
      const at = (ms: bigint) => ({ now: () => new Date(Number(ms)) });
      const next = (createdNs + NS_PER_MS - 1n) / NS_PER_MS;
      expect(outcome(createdNs, { ...at(next), maxAgeMs: 1, maxFutureSkewMs: 0 })).toBe('passed');
      expect(outcome(createdNs, { ...at(next - 1n), maxAgeMs: 1, maxFutureSkewMs: 0 })).toBe('TOKEN_FROM_FUTURE');
      expect(outcome(createdNs, { ...at(next + 2n), maxAgeMs: 1, maxFutureSkewMs: 0 })).toBe('TOKEN_EXPIRED');
    },
  );

  it('of a token is reported in whole milliseconds', () => {
    const { verify } = bench({ maxAgeMs: 10 });
    expect(verify({ createdNs: NOW_NS - 1n })).toMatchObject({ issuedAtMs: NOW_MS - 1, expiresAtMs: NOW_MS + 9 });
    expect(verify({ createdNs: NOW_NS })).toMatchObject({ issuedAtMs: NOW_MS, expiresAtMs: NOW_MS + 10 });
    expect(verify({ createdNs: NOW_NS + 1n })).toMatchObject({ issuedAtMs: NOW_MS, expiresAtMs: NOW_MS + 10 });
  });

  it('at which a token expires is the last millisecond at which it is accepted', () => {
    const { clock, verify } = bench();
    const createdNs = NOW_NS - 123_456_789n;
    clock.ms = verify({ createdNs }).expiresAtMs;
    expect(verify({ createdNs }).wallet).toBe(aliceAddress);
    clock.ms += 1;
    expect(reasonOf(() => verify({ createdNs }))).toBe('TOKEN_EXPIRED');
  });

  it('refused is reported to the caller with the limit, and to the operator with the times', () => {
    const { verify } = bench();
    const late = refusalOf(() => verify({ createdNs: NOW_NS - 2n * HOUR_NS }));
    expect(late.info).toEqual({ max_age_ms: '3600000' });
    expect(late.cause).toMatchObject({ nowMs: NOW_MS, notAfterMs: NOW_MS - HOUR_MS });
    const early = refusalOf(() => verify({ createdNs: NOW_NS + 2n * HOUR_NS }));
    expect(early.info).toEqual({ max_future_skew_ms: '60000' });
    expect(early.cause).toMatchObject({ nowMs: NOW_MS, notBeforeMs: NOW_MS + 2 * HOUR_MS - 60_000 });
  });
});

describe('a broken clock is INTERNAL, with its cause, and touches no curve:', () => {
  it.each([
    ['it throws', thrower(new Error('no clock'))],
    ['an invalid date', () => new Date(NaN)],
    ['NaN', () => NaN],
    ['a number', () => NOW_MS],
    ['a text', () => '2025-01-01'],
    ['null', () => null],
    ['undefined', () => undefined],
    ['a promise', () => Promise.resolve(new Date(NOW_MS))],
    ['an object whose getTime gives NaN', () => ({ getTime: () => NaN })],
    ['an object whose getTime gives a fraction', () => ({ getTime: () => NOW_MS + 0.5 })],
    ['an object whose getTime gives a bigint', () => ({ getTime: () => BigInt(NOW_MS) })],
    ['an object whose getTime gives infinity', () => ({ getTime: () => Infinity })],
    ['a proxy that throws at every touch', throwingProxy],
  ])('%s', (_, now) => {
    const { verify, calls } = bench({ now: now as () => Date });
    const error = refusalOf(() => verify());
    expect(error).toMatchObject({ reason: 'INTERNAL', message: 'authentication failed', code: 13 });
    expect(error.cause).toBeInstanceOf(Error);
    expect(calls).toEqual({ verify: 0, recover: 0 });
  });

  it('also on a token that is cached', () => {
    let broken = false;
    const { verify } = bench({ now: () => new Date(broken ? NaN : NOW_MS) });
    verify();
    broken = true;
    expect(reasonOf(() => verify())).toBe('INTERNAL');
  });
});

describe('the wallet signature', () => {
  it.each([1, 2])('counts under Signature field %i', (field) => {
    const { verify } = bench();
    const { walletSignature } = planToken();
    expect(verify({ walletSignature: { ...walletSignature, field } }).wallet).toBe(aliceAddress);
  });

  it('counts with recovery ids 0 and 1, and with high S', () => {
    const { verify } = bench();
    const recoveries = new Set<number>();
    for (let n = 0n; n < 6n; n++) {
      const { walletSignature } = planToken({ keyTimestamp: n });
      const high = withOtherS(walletSignature);
      expect(toBigInt(high.bytes.subarray(32)) > CURVE_ORDER / 2n).toBe(true);
      expect(verify({ keyTimestamp: n }).wallet).toBe(aliceAddress);
      expect(verify({ keyTimestamp: n, walletSignature: high }).wallet).toBe(aliceAddress);
      recoveries.add(Number(walletSignature.recovery)).add(Number(high.recovery));
    }
    expect(recoveries).toEqual(new Set([0, 1]));
  });

  it.each([2, 3])('counts with recovery id %i, where R + n is a coordinate', (recovery) => {
    const { verify } = bench();
    const { walletSignature, wallet } = signatureOfNoKnownKey(recovery);
    expect(verify({ walletSignature, claims: wallet }).wallet).toBe(wallet);
    expect(reasonOf(() => verify({ walletSignature, claims: aliceAddress }))).toBe('WALLET_MISMATCH');
  });

  it.each([2, 3])('is refused with recovery id %i, where R + n is none', (recovery) => {
    const { verify } = bench();
    const walletSignature = { ...planToken().walletSignature, recovery };
    expect(reasonOf(() => verify({ walletSignature }))).toBe('INVALID_WALLET_SIGNATURE');
  });

  it('is of another wallet with the other recovery id', () => {
    const { verify } = bench();
    const { walletSignature } = planToken();
    const other = { ...walletSignature, recovery: Number(walletSignature.recovery) ^ 1 };
    expect(reasonOf(() => verify({ walletSignature: other }))).toBe('WALLET_MISMATCH');
  });

  it('with high S and the recovery id left as it was is of another wallet', () => {
    const { verify } = bench();
    const { walletSignature } = planToken();
    const high = { ...withOtherS(walletSignature), recovery: walletSignature.recovery };
    expect(reasonOf(() => verify({ walletSignature: high }))).toBe('WALLET_MISMATCH');
  });

  it.each([4, 27, 28, 35, 255, 2 ** 32 - 1])('is refused with recovery id %i, under either kind', (recovery) => {
    const { verify, calls } = bench();
    for (const field of [1, 2]) {
      const walletSignature = { ...planToken().walletSignature, field, recovery };
      expect(reasonOf(() => verify({ walletSignature }))).toBe('INVALID_WALLET_SIGNATURE');
    }
    expect(calls).toEqual({ verify: 0, recover: 0 });
  });

  it('by another wallet than the claimed one reports both to the operator', () => {
    const { verify } = bench();
    const error = refusalOf(() => verify({ claims: bobAddress }));
    expect(error).toMatchObject({ reason: 'WALLET_MISMATCH', cause: { claimed: bobAddress, recovered: aliceAddress } });
    expect(error.info).toEqual({});
  });
});

describe('the auth data signature', () => {
  it('is refused with high S', () => {
    const { verify } = bench();
    const high = withOtherS(planToken().authSignature);
    expect(reasonOf(() => verify({ authSignature: high }))).toBe('INVALID_AUTH_DATA_SIGNATURE');
  });

  it.each([0, 1, 2, 3, 4, 27, 2 ** 32 - 1])('counts whatever its recovery id, such as %i', (recovery) => {
    const { verify } = bench();
    const authSignature = { ...planToken().authSignature, recovery };
    expect(verify({ authSignature }).wallet).toBe(aliceAddress);
  });

  it('is refused under wallet_ecdsa_compact', () => {
    const { verify } = bench();
    const authSignature = { ...planToken().authSignature, field: 2 };
    expect(reasonOf(() => verify({ authSignature }))).toBe('UNSUPPORTED_SIGNATURE_TYPE');
  });

  it('by the wallet instead of the identity key is refused', () => {
    const { verify } = bench();
    const authSignature = planToken({ device: alice }).authSignature;
    expect(reasonOf(() => verify({ authSignature }))).toBe('INVALID_AUTH_DATA_SIGNATURE');
  });
});

describe('the claimed address', () => {
  it.each([
    ['EIP-55', aliceAddress],
    ['all lower case', aliceAddress.toLowerCase()],
    ['all upper case', `0x${aliceAddress.slice(2).toUpperCase()}`],
  ])('in %s is accepted, and the identity has the EIP-55 form', (_, claims) => {
    const { verify } = bench();
    const eip55 = verify();
    const identity = verify({ claims });
    expect(identity.wallet).toBe(aliceAddress);
    expect(identity.deviceId).toBe(eip55.deviceId);
    // and so without the cached device
    expect(bench().verify({ claims })).toMatchObject({ wallet: aliceAddress, deviceId: eip55.deviceId });
  });

  it.each([
    ['nothing', ''],
    ['one letter in the wrong case', swapOneCase(aliceAddress)],
    ['an upper-case prefix', `0X${aliceAddress.slice(2)}`],
    ['no prefix', aliceAddress.slice(2)],
    ['a digit too few', aliceAddress.slice(0, -1)],
    ['a digit too many', `${aliceAddress}0`],
    ['a space', `${aliceAddress} `],
    ['a line end', `${aliceAddress}\n`],
    ['a byte order mark', `\ufeff${aliceAddress}`],
    ['a name', 'alice.eth'],
  ])('%s is refused, of a known device too', (_, claims) => {
    const { verify, calls } = bench();
    expect(reasonOf(() => verify({ claims }))).toBe('INVALID_WALLET_ADDRESS');
    expect(calls).toEqual({ verify: 0, recover: 0 });
    verify();
    expect(reasonOf(() => verify({ claims }))).toBe('INVALID_WALLET_ADDRESS');
  });
});

describe('isRevoked', () => {
  /** A verifier whose `isRevoked` notes for which device it is called, and what the curve had done by then. */
  function observed(answer: () => boolean) {
    const called: { deviceId: string; verify: number; recover: number }[] = [];
    const made = bench({
      isRevoked: (deviceId) => {
        called.push({ deviceId, ...made.calls });
        return answer();
      },
    });
    return { ...made, called };
  }

  it('is called once per verification, for the proven device, after both signatures were found good', () => {
    const { verify, calls, called } = observed(() => false);
    const { deviceId } = verify();
    expect(called).toEqual([{ deviceId, verify: 1, recover: 1 }]);
    verify({ createdNs: NOW_NS + 1n });
    expect(called[1]).toEqual({ deviceId, verify: 2, recover: 1 });
    verify();
    expect(called[2]).toEqual({ deviceId, verify: 2, recover: 1 });
    expect(called).toHaveLength(3);
    expect(calls).toEqual({ verify: 2, recover: 1 });
  });

  it('refuses with DEVICE_REVOKED, reports the device to the operator, after both signatures', () => {
    const { verify, calls } = bench({ isRevoked: () => true });
    const error = refusalOf(() => verify());
    expect(error.reason).toBe('DEVICE_REVOKED');
    expect(error.cause).toEqual({ deviceId: expect.stringContaining(`${aliceAddress}/`) as string });
    expect(calls).toEqual({ verify: 1, recover: 1 });
  });

  // before, any caller could ask whether a device is revoked with a token that it had not signed
  const unproven = [
    ['INVALID_AUTH_DATA_SIGNATURE', { authSignature: planToken({ device: someKey(2) }).authSignature }],
    ['INVALID_WALLET_SIGNATURE', { walletSignature: { field: 1, bytes: new Uint8Array(64), recovery: 0 } }],
    ['WALLET_MISMATCH', { walletSignature: planToken({ wallet: bob }).walletSignature }],
    ['WALLET_MISMATCH', { claims: bobAddress }],
    ['TOKEN_EXPIRED', { createdNs: NOW_NS - 2n * HOUR_NS }],
  ] as const;
  const answers = [
    ['true', () => true],
    ['no boolean', () => undefined as unknown as boolean],
    ['an error', thrower(new Error('down'))],
  ] as const;
  it.each(
    unproven.flatMap(([reason, changes]) => answers.map(([name, answer]) => [reason, name, changes, answer] as const)),
  )(
    'is not called for a caller that did not prove the device: %s, whether it would answer %s',
    (reason, _, changes, answer) => {
      const { verify, called } = observed(answer);
      expect(reasonOf(() => verify(changes))).toBe(reason);
      expect(called).toEqual([]);
    },
  );

  it('is called again for a cached token and for a cached device', () => {
    const revoked = new Set<string>();
    const { verify, verifier, calls } = bench({ isRevoked: (deviceId) => revoked.has(deviceId) });
    const { deviceId } = verify();
    revoked.add(deviceId);
    expect(reasonOf(() => verify())).toBe('DEVICE_REVOKED');
    expect(calls).toEqual({ verify: 1, recover: 1 });
    expect(reasonOf(() => verify({ createdNs: NOW_NS + 1n }))).toBe('DEVICE_REVOKED');
    expect(calls).toEqual({ verify: 2, recover: 1 });
    revoked.clear();
    expect(verify().deviceId).toBe(deviceId);
    expect(calls).toEqual({ verify: 2, recover: 1 });
    expect(verifier.cachedTokens).toBe(2);
  });

  it('a revoked device that sends its token again and again costs the curve once', () => {
    const { verify, calls } = bench({ isRevoked: () => true });
    for (let i = 0; i < 5; i++) expect(reasonOf(() => verify())).toBe('DEVICE_REVOKED');
    expect(calls).toEqual({ verify: 1, recover: 1 });
  });

  it('may come from an object: nothing but the device is passed', () => {
    const got: unknown[][] = [];
    const { verify } = bench({
      isRevoked: (...args: unknown[]) => {
        got.push(args);
        return false;
      },
    });
    const { deviceId } = verify();
    verify();
    expect(got).toEqual([[deviceId], [deviceId]]);
  });

  it.each(hostileValues.filter(([, value]) => typeof value !== 'boolean'))(
    'that returns %s is INTERNAL',
    (_, value) => {
      const { verify, calls } = bench({ isRevoked: () => value as boolean });
      const error = refusalOf(() => verify());
      expect(error.reason).toBe('INTERNAL');
      expect(error.cause).toEqual(new TypeError('isRevoked must return a boolean'));
      expect(calls).toEqual({ verify: 1, recover: 1 });
    },
  );

  it.each([new Error('down'), 'text', 0, null, Symbol('s')])('that throws %s is INTERNAL with that cause', (thrown) => {
    const { verify } = bench({ isRevoked: thrower(thrown) });
    expect(refusalOf(() => verify())).toMatchObject({ reason: 'INTERNAL', cause: thrown });
  });

  it('that breaks later is INTERNAL on a cached token too', () => {
    let answer: unknown = false;
    const { verify } = bench({ isRevoked: () => answer as boolean });
    verify();
    answer = undefined;
    expect(reasonOf(() => verify())).toBe('INTERNAL');
  });
});

describe('a curve', () => {
  it('gets plain byte arrays, whose slices are copies: it may change those', () => {
    const kinds: unknown[] = [];
    const spoiling = (...given: readonly Uint8Array[]) => {
      for (const each of given) {
        kinds.push(each.constructor);
        each.slice().fill(0);
      }
    };
    const { verify } = bench(
      {},
      {
        verify(signature, digest, publicKey) {
          spoiling(signature, digest, publicKey);
          return nobleCurve.verify(signature, digest, publicKey);
        },
        recover(signature, recovery, digest) {
          spoiling(signature, digest);
          return nobleCurve.recover(signature, recovery, digest);
        },
      },
    );
    expect(verify().wallet).toBe(aliceAddress);
    expect(kinds).toEqual(Array(5).fill(Uint8Array));
  });
});

describe('a broken curve is INTERNAL, with its cause, and nothing is cached:', () => {
  const nonsense = hostileValues.filter(([, value]) => typeof value !== 'boolean');

  it.each(nonsense)('verify gives %s', (_, value) => {
    const { verify, verifier } = bench({}, { verify: () => value as boolean });
    const error = refusalOf(() => verify());
    expect(error.reason).toBe('INTERNAL');
    expect(error.cause).toEqual(new TypeError('curve noble: verify must return a boolean'));
    expect([verifier.cachedTokens, verifier.cachedDevices]).toEqual([0, 0]);
  });

  it.each(hostileValues.filter(([name]) => name !== 'undefined' && name !== 'bytes'))(
    'recover gives %s',
    (_, value) => {
      const { verify, verifier } = bench({}, { recover: () => value as Uint8Array });
      const error = refusalOf(() => verify());
      expect(error.reason).toBe('INTERNAL');
      expect(error.cause).toBeInstanceOf(Error);
      expect([verifier.cachedTokens, verifier.cachedDevices]).toEqual([0, 0]);
    },
  );

  it.each([0, 33, 64, 66])('recover gives %i bytes', (length) => {
    const { verify } = bench({}, { recover: () => new Uint8Array(length) });
    expect(refusalOf(() => verify())).toMatchObject({ reason: 'INTERNAL', cause: expect.any(Error) as Error });
  });

  it.each(['verify', 'recover'])('%s throws', (method) => {
    const thrown = new RangeError('wasm');
    const { verify } = bench({}, { [method]: thrower(thrown) });
    expect(refusalOf(() => verify())).toMatchObject({
      reason: 'INTERNAL',
      cause: thrown,
      message: 'authentication failed',
    });
  });

  it('recover gives a point of another key, which is a mismatch and no more', () => {
    const { verify } = bench({}, { recover: () => new Uint8Array(65) });
    expect(reasonOf(() => verify())).toBe('WALLET_MISMATCH');
  });
});

describe('the cache of tokens', () => {
  it('saves both signature checks', () => {
    const { verify, verifier, calls } = bench();
    const first = verify();
    expect(verify()).toBe(first);
    expect(verifier.cachedTokens).toBe(1);
    expect(calls).toEqual({ verify: 1, recover: 1 });
  });

  it('finds the token whatever the scheme and the spaces look like', () => {
    const { verifier, calls } = bench();
    verifier.verify(`Bearer ${tokenText()}`);
    verifier.verify([`bearer   ${tokenText()}  `]);
    expect(verifier.cachedTokens).toBe(1);
    expect(calls).toEqual({ verify: 1, recover: 1 });
  });

  it('looks at the time on every hit: deletes an expired token, keeps one that is early', () => {
    const { clock, verify, verifier, calls } = bench();
    verify();
    clock.ms = NOW_MS + HOUR_MS;
    verify();
    clock.ms = NOW_MS - 60_001;
    expect(refusalOf(() => verify())).toMatchObject({
      reason: 'TOKEN_FROM_FUTURE',
      info: { max_future_skew_ms: '60000' },
    });
    expect(verifier.cachedTokens).toBe(1);
    clock.ms = NOW_MS + HOUR_MS + 1;
    expect(refusalOf(() => verify())).toMatchObject({ reason: 'TOKEN_EXPIRED', info: { max_age_ms: '3600000' } });
    expect(verifier.cachedTokens).toBe(0);
    expect(reasonOf(() => verify())).toBe('TOKEN_EXPIRED');
    expect(calls).toEqual({ verify: 1, recover: 1 });
  });

  it('does not find the token again after any one character is changed', () => {
    const { verifier } = bench();
    const token = tokenText();
    verifier.verify(`Bearer ${token}`);
    for (let i = 0; i < token.length; i++) {
      const changed = `${token.slice(0, i)}${token[i] === 'A' ? 'B' : 'A'}${token.slice(i + 1)}`;
      const before = verifier.cachedTokens;
      try {
        expect(verifier.verify(`Bearer ${changed}`).wallet).toBe(aliceAddress);
        expect(verifier.cachedTokens).toBe(before + 1);
      } catch (error) {
        expect(error).toBeInstanceOf(AuthError);
        expect(verifier.cachedTokens).toBe(before);
      }
    }
  });

  it('treats another encoding of the same bytes as another token', () => {
    const { verifier, calls } = bench({ maxCachedDevices: 0 });
    const token = tokenText();
    const unpadded = token.replace(/=+$/, '');
    expect(unpadded).not.toBe(token);
    verifier.verify(`Bearer ${token}`);
    verifier.verify(`Bearer ${unpadded}`);
    expect(calls).toEqual({ verify: 2, recover: 2 });
  });

  it('is bounded, and evicts the token used longest ago', () => {
    const { verify, verifier, calls } = bench({ maxCachedTokens: 2 });
    const token = (n: bigint) => ({ createdNs: NOW_NS + n });
    for (const n of [1n, 2n, 1n, 3n]) verify(token(n));
    expect(verifier.cachedTokens).toBe(2);
    expect(calls.verify).toBe(3);
    verify(token(1n));
    expect(calls.verify).toBe(3);
    verify(token(2n));
    expect(calls.verify).toBe(4);
    expect(verifier.cachedTokens).toBe(2);
  });

  it('of 0 is none', () => {
    const { verify, verifier, calls } = bench({ maxCachedTokens: 0 });
    verify();
    verify();
    expect(verifier.cachedTokens).toBe(0);
    expect(calls).toEqual({ verify: 2, recover: 1 });
  });

  it('does not cache a failure', () => {
    const { verify, verifier, calls } = bench();
    const forged = { authSignature: planToken({ device: someKey(2) }).authSignature };
    for (const _ of [1, 2]) expect(reasonOf(() => verify(forged))).toBe('INVALID_AUTH_DATA_SIGNATURE');
    expect(calls).toEqual({ verify: 2, recover: 0 });
    for (const _ of [1, 2]) expect(reasonOf(() => verify({ claims: bobAddress }))).toBe('WALLET_MISMATCH');
    expect(calls).toEqual({ verify: 4, recover: 2 });
    expect(verifier.cachedTokens).toBe(0);
  });

  it('knows a token by all of its text: no part of a cached one is accepted, and nothing added to it', () => {
    const { verify, verifier, calls } = bench();
    verify();
    const token = tokenText();
    for (const length of [1, 4, 44, 47, 48, 49, 52, 64, 96, 128, 368])
      expect(() => verifier.verify(`Bearer ${token.slice(-length)}`)).toThrow(AuthError);
    for (const start of ['A', 'AAAA', token, token.slice(0, 40)])
      expect(() => verifier.verify(`Bearer ${start}${token}`)).toThrow(AuthError);
    expect(calls).toEqual({ verify: 1, recover: 1 });
    expect(verifier.cachedTokens).toBe(1);
  });

  it('is bounded by bytes too: padded tokens evict the token used longest ago', () => {
    const { verifier, calls } = bench({ maxCachedTokenBytes: 10_000 });
    const { token } = planToken();
    // unknown fields are ignored, so the same token has any number of texts
    const padded = (n: number) =>
      `Bearer ${base64(concat(token, bytes(15, new Uint8Array(1_536 - token.length - 3).fill(n))))}`;
    expect(padded(1)).toHaveLength('Bearer '.length + 2_048);
    for (let n = 0; n < 9; n++) verifier.verify(padded(n));
    expect(verifier.cachedTokens).toBe(3); // of 2,048 + 640 bytes each
    expect(calls.verify).toBe(9);
    for (const n of [6, 7, 8]) verifier.verify(padded(n));
    expect(calls.verify).toBe(9);
    verifier.verify(padded(5));
    expect(calls.verify).toBe(10);
  });

  it('has room for 10,000 ordinary tokens by default, and for 3,809 of the longest', { timeout: 30_000 }, () => {
    const { token, identityKeyField, authSignatureField } = planToken();
    const { verifier } = bench({ maxCachedDevices: 1 }, { verify: () => true, recover: someKeyOfAlice });
    const verify = (n: number, length: number) => {
      const authDataField = bytes(2, concat(text(1, aliceAddress), uint(2, NOW_NS + BigInt(n))));
      const padding = bytes(15, new Uint8Array(length - token.length - (length > 400 ? 3 : 2)));
      const padded = base64(concat(identityKeyField, authDataField, authSignatureField, padding));
      expect(padded).toHaveLength((length / 3) * 4);
      verifier.verify(`Bearer ${padded}`);
    };
    for (let n = 0; n < 10_001; n++) verify(n, 288); // 384 characters; real ones have 372
    expect(verifier.cachedTokens).toBe(10_000);
    for (let n = 0; n < 4_000; n++) verify(n, 1_536);
    expect(verifier.cachedTokens).toBe(3_809);
  });

  it('holds no more than its bytes, measured to 5 %', { timeout: 30_000 }, () => {
    const collect = garbageCollector();
    const { keyBytes, keyTimestamp, walletSignatureField, authDataField, authSignatureField } = planToken();
    const maxCachedTokenBytes = 4_000_000;
    const { verifier } = bench(
      { maxCachedDevices: 1, maxCachedTokenBytes },
      { verify: () => true, recover: someKeyOfAlice },
    );
    // each of another device, whose id is read: more than that is not computed of a token
    const verify = (n: number, length: number) => {
      const key = keyBytes.slice();
      new DataView(key.buffer).setUint32(1, n);
      const identityKey = bytes(1, concat(uint(1, keyTimestamp), walletSignatureField, bytes(3, bytes(1, key))));
      const padding = bytes(15, new Uint8Array(length));
      const token = base64(concat(identityKey, authDataField, authSignatureField, padding));
      if (verifier.verify(`Bearer ${token}`).deviceId.length !== 75) throw new Error('no device id');
    };
    for (let n = 0; n < 50; n++) verify(n, 1);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (const length of [1_200, 1, 300]) {
      for (let n = 0; n < 4_000; n++) verify(n, length);
      collect();
      const used = process.memoryUsage().heapUsed - before;
      expect(used).toBeLessThan(1.05 * maxCachedTokenBytes);
      expect(used).toBeGreaterThan(0.6 * maxCachedTokenBytes);
    }
  });

  it('is not shared between verifiers', () => {
    const one = bench();
    const other = bench();
    one.verify();
    expect(other.verifier.cachedTokens).toBe(0);
    other.verify();
    expect(other.calls).toEqual({ verify: 1, recover: 1 });
  });

  it('holds the token and not the long header that it came in', () => {
    const collect = garbageCollector();
    const { identityKeyField, authSignatureField } = planToken();
    const { verifier } = bench({ maxCachedDevices: 0 }, { verify: () => true, recover: someKeyOfAlice });
    const verify = (n: number) => {
      const authDataField = bytes(2, concat(text(1, aliceAddress), uint(2, NOW_NS + BigInt(n))));
      const token = base64(concat(identityKeyField, authDataField, authSignatureField));
      // made anew from bytes, as a transport does: one flat text with nothing else holding it
      verifier.verify(Buffer.from(`Bearer ${token}${' '.repeat(30_000)}`).toString('latin1'));
    };
    for (let n = 0; n < 20; n++) verify(n);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let n = 20; n < 220; n++) verify(n);
    collect();
    expect(verifier.cachedTokens).toBe(220);
    expect((process.memoryUsage().heapUsed - before) / 200).toBeLessThan(10_000);
  });
});

describe('the cache of devices', () => {
  it('saves the wallet signature check of a refreshed token', () => {
    const { verify, verifier, calls } = bench();
    const { deviceId } = verify();
    expect(verify({ createdNs: NOW_NS + 1n }).deviceId).toBe(deviceId);
    expect(calls).toEqual({ verify: 2, recover: 1 });
    expect(verifier.cachedDevices).toBe(1);
    expect(verifier.cachedTokens).toBe(2);
  });

  it('refuses forged auth data of a known device', () => {
    const { verify, calls } = bench();
    verify();
    const createdNs = NOW_NS + 1n;
    const forged = { createdNs, authSignature: planToken({ createdNs, device: someKey(2) }).authSignature };
    expect(reasonOf(() => verify(forged))).toBe('INVALID_AUTH_DATA_SIGNATURE');
    const old = { createdNs, authSignature: planToken().authSignature };
    expect(reasonOf(() => verify(old))).toBe('INVALID_AUTH_DATA_SIGNATURE');
    expect(calls).toEqual({ verify: 3, recover: 1 });
  });

  it('refuses a known device that claims another wallet, well signed: its certificate is that of one wallet', () => {
    const { verify, verifier, calls } = bench();
    verify();
    const error = refusalOf(() => verify({ claims: bobAddress }));
    expect(error).toMatchObject({ reason: 'WALLET_MISMATCH', cause: { claimed: bobAddress, recovered: aliceAddress } });
    expect(calls).toEqual({ verify: 2, recover: 2 });
    expect(verifier.cachedTokens).toBe(1);
    expect(verifier.cachedDevices).toBe(1);
  });

  it('looks at the time of a known device\u2019s token', () => {
    const { verify, calls } = bench();
    verify();
    expect(reasonOf(() => verify({ createdNs: NOW_NS - HOUR_NS - 1n }))).toBe('TOKEN_EXPIRED');
    expect(reasonOf(() => verify({ createdNs: NOW_NS + HOUR_NS }))).toBe('TOKEN_FROM_FUTURE');
    expect(calls).toEqual({ verify: 1, recover: 1 });
  });

  it.each([
    ['an expired token', { createdNs: NOW_NS - 2n * HOUR_NS }],
    ['forged auth data', { authSignature: planToken({ device: someKey(2) }).authSignature }],
    ['a token that claims another wallet', { claims: bobAddress }],
    ['a token with a certificate by no key', { walletSignature: { field: 1, bytes: new Uint8Array(64), recovery: 0 } }],
  ])('learns nothing from %s', (_, changes) => {
    const { verify, verifier } = bench();
    expect(() => verify(changes)).toThrow(AuthError);
    expect(verifier.cachedDevices).toBe(0);
    expect(verifier.cachedTokens).toBe(0);
  });

  it('outlives the token', () => {
    const { clock, verify, calls } = bench();
    verify();
    clock.ms += 5 * HOUR_MS;
    expect(verify({ createdNs: BigInt(clock.ms) * NS_PER_MS }).wallet).toBe(aliceAddress);
    expect(calls).toEqual({ verify: 2, recover: 1 });
  });

  it('is bounded, and evicts the device used longest ago', () => {
    const { verify, verifier, calls } = bench({ maxCachedDevices: 2, maxCachedTokens: 0 });
    const device = (n: number) => ({ device: someKey(n) });
    for (const n of [1, 2, 1, 3]) verify(device(n));
    expect(verifier.cachedDevices).toBe(2);
    expect(calls.recover).toBe(3);
    verify(device(1));
    expect(calls.recover).toBe(3);
    verify(device(2));
    expect(calls.recover).toBe(4);
    expect(verifier.cachedDevices).toBe(2);
  });

  it('of 0 is none', () => {
    const { verify, verifier, calls } = bench({ maxCachedDevices: 0 });
    verify();
    verify({ createdNs: NOW_NS + 1n });
    expect(verifier.cachedDevices).toBe(0);
    expect(calls).toEqual({ verify: 2, recover: 2 });
  });

  it('treats either kind of wallet signature as a certificate of its own', () => {
    const { verify, verifier } = bench();
    verify();
    verify({ walletSignature: { ...planToken().walletSignature, field: 2 } });
    expect(verifier.cachedDevices).toBe(2);
  });

  it('finds no certificate again after any one bit of any part of it is changed', () => {
    const { verifier, calls } = bench({ maxCachedTokens: 0 }, { verify: () => true, recover: someKeyOfAlice });
    const { keyTimestamp, keyBytes, walletSignature, authDataField, authSignatureField } = planToken();
    let expected = 0;
    const verify = (timestamp: bigint, key: Uint8Array, signature: RawSignature) => {
      const identityKey = bytes(1, concat(uint(1, timestamp), signatureField(2, signature), bytes(3, bytes(1, key))));
      verifier.verify(`Bearer ${base64(concat(identityKey, authDataField, authSignatureField))}`);
      expect(calls.recover).toBe(++expected);
      expect(verifier.cachedDevices).toBe(expected);
    };
    verify(keyTimestamp, keyBytes, walletSignature);
    for (let bit = 0n; bit < 64n; bit++) verify(keyTimestamp ^ (1n << bit), keyBytes, walletSignature);
    for (let bit = 8; bit < 65 * 8; bit++) verify(keyTimestamp, flipBit(keyBytes, bit), walletSignature);
    for (let bit = 0; bit < 64 * 8; bit++) {
      verify(keyTimestamp, keyBytes, { ...walletSignature, bytes: flipBit(walletSignature.bytes, bit) });
    }
    for (const recovery of [0, 1, 2, 3]) {
      if (recovery !== walletSignature.recovery) verify(keyTimestamp, keyBytes, { ...walletSignature, recovery });
    }
    // digits must not slide from the recovery id into the timestamp
    for (const [recovery, timestamp] of [
      [1, 23n],
      [1, 2n],
      [2, 3n],
      [3, 0n],
      [3, 30n],
      [0, 33n],
      [0, 3n],
    ] as const) {
      verify(timestamp, keyBytes, { ...walletSignature, recovery });
    }
  });
});

/**
 * A wallet signature whose nonce point has an x of n or more, so that its recovery id is 2 or 3. No known key makes such
 * signatures; the key that would have made this one is computed here: Q = (s·R − z·G) / r.
 */
function signatureOfNoKnownKey(recovery: number): { walletSignature: RawSignature; wallet: string } {
  for (let r = 1n; ; r++) {
    const nonce = liftX(CURVE_ORDER + r, recovery - 2);
    if (!nonce) continue;
    const s = 5n;
    const z = toBigInt(Uint8Array.from(Buffer.from(hashMessage(planToken().statement).slice(2), 'hex'))) % CURVE_ORDER;
    const inverse = power(r, CURVE_ORDER - 2n, CURVE_ORDER);
    const u = (s * inverse) % CURVE_ORDER;
    const v = (CURVE_ORDER - ((z * inverse) % CURVE_ORDER)) % CURVE_ORDER;
    const signer = nonce.multiply(u).add(Point.BASE.multiply(v));
    const walletSignature = { field: 1, bytes: concat(to32Bytes(r), to32Bytes(s)), recovery };
    return { walletSignature, wallet: computeAddress(`0x${signer.toHex(false)}`) };
  }
}

function liftX(x: bigint, parity: number): Point | undefined {
  try {
    return Point.fromHex(`0${2 + parity}${x.toString(16).padStart(64, '0')}`);
  } catch {
    return undefined;
  }
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let e = exponent, b = base; e > 0n; e >>= 1n, b = (b * b) % modulus) {
    if (e & 1n) result = (result * b) % modulus;
  }
  return result;
}

function swapOneCase(address: string): string {
  return address.replace(/[a-f]/, (letter) => letter.toUpperCase());
}

function thrower(thrown: unknown): () => never {
  return () => {
    throw thrown;
  };
}

/** V8's own collector, switched on for this process. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
