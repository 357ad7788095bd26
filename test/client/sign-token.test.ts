import { describe, expect, it } from 'vitest';

import { secretsOf } from '../../src/client/device-identity.js';
import { epochMs, epochNs, signToken } from '../../src/client/sign-token.js';
import { decodeToken, nobleCurve } from '../../src/index.js';
import { mintIdentity } from '../../src/testing/index.js';
import { decodeAuthData } from '../../src/token/decode-token.js';

const secrets = secretsOf(mintIdentity());

describe('signToken', () => {
  const { identityKey, authDataBytes, authDataSignature } = decodeToken(
    signToken({ ...secrets, createdMs: 1_234_567_890_123 }, nobleCurve),
  );

  it('writes the wallet and the time in nanoseconds', () => {
    expect(decodeAuthData(authDataBytes)).toEqual({
      walletAddress: secrets.wallet,
      createdNs: 1_234_567_890_123_000_000n,
    });
  });

  it('writes the certified key as it is', () => {
    expect(identityKey).toEqual(secrets.key);
  });

  it('writes both signatures as ecdsa_compact, as real clients do', () => {
    expect([identityKey?.signature?.kind, authDataSignature?.kind]).toEqual(['ecdsa_compact', 'ecdsa_compact']);
  });
});

describe('epochMs', () => {
  it('gives the milliseconds as bigint', () => {
    expect(epochMs(0)).toBe(0n);
    expect(epochMs(Number.MAX_SAFE_INTEGER)).toBe(9_007_199_254_740_991n);
  });

  it('refuses a time before 1970', () => {
    expect(() => epochMs(-1)).toThrow(RangeError);
  });
});

describe('epochNs', () => {
  it('gives the exact nanoseconds where a double could not', () => {
    expect(epochNs(1_660_761_120_551)).toBe(1_660_761_120_551_000_000n);
  });

  it('takes the last millisecond whose nanoseconds fit into 64 bits, and not the next', () => {
    expect(epochNs(18_446_744_073_709)).toBe(18_446_744_073_709_000_000n);
    expect(() => epochNs(18_446_744_073_710)).toThrow(RangeError);
  });
});
