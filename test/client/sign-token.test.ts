import { describe, expect, it } from 'vitest';

import { secretsOf } from '../../src/client/device-identity.js';
import { signToken } from '../../src/client/sign-token.js';
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
