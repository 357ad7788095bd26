import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createVerifier, inspectToken, type AuthError, type VerifierOptions } from '../../src/index.js';
import { anyText, mutated } from '../support/arbitraries.js';
import { countingCurve } from '../support/counting-curve.js';
import { hostileValues } from '../support/hostile-values.js';
import { NOTHING } from '../support/raw-proto.js';
import {
  aliceAddress,
  base64,
  bearer,
  bobAddress,
  HOUR_MS,
  NOW_MS,
  planToken,
  tokenText,
} from '../support/token-workshop.js';

const now = () => new Date(NOW_MS);
const inspect = (text: string, options: VerifierOptions = {}) => inspectToken(text, { now, ...options });

const plan = planToken();
const readable = {
  fields: {
    identityKey: {
      timestamp: plan.keyTimestamp,
      bytes: plan.keyBytes,
      signature: { kind: 'ecdsa_compact', bytes: plan.walletSignature.bytes, recovery: plan.walletSignature.recovery },
    },
    authDataBytes: plan.authData,
    authDataSignature: {
      kind: 'ecdsa_compact',
      bytes: plan.authSignature.bytes,
      recovery: plan.authSignature.recovery,
    },
  },
  authData: { walletAddress: aliceAddress, createdNs: plan.createdNs },
  certifiedBy: aliceAddress,
};

describe('inspectToken of a good token', () => {
  it('shows every field, the verdict and who it is', () => {
    const { identity, ...rest } = inspect(tokenText());
    expect(rest).toEqual({ ...readable, verdict: 'accepted', reason: undefined, error: undefined });
    expect({ ...identity }).toEqual({ ...createVerifier({ now }).verify(bearer()) });
  });

  it('is frozen', () => {
    expect(Object.isFrozen(inspect(tokenText()))).toBe(true);
  });

  it.each([
    ['a token', tokenText()],
    ['a whole value', bearer()],
    ['a value in another form', `bearer   ${tokenText()}`],
    ['a token with a line end', `${tokenText()}\n`],
    ['a value in white space', ` \t\r\n${bearer()} \n`],
  ])('accepts %s', (_, text) => {
    expect(inspect(text)).toMatchObject({ verdict: 'accepted', certifiedBy: aliceAddress });
  });

  it('reads no scheme out of the middle of a text', () => {
    const token = tokenText();
    expect(inspect(`${token.slice(0, 8)}bearer ${token.slice(8)}`).fields).toBeUndefined();
  });
});

describe('inspectToken of a bad token', () => {
  it('reports the reason, with the refusal and its cause, and still shows the fields', () => {
    const late = inspect(tokenText(), { now: () => new Date(NOW_MS + 2 * HOUR_MS) });
    expect(late).toMatchObject({ ...readable, verdict: 'refused', identity: undefined, reason: 'TOKEN_EXPIRED' });
    expect(late.error).toMatchObject({ reason: 'TOKEN_EXPIRED', cause: { nowMs: NOW_MS + 2 * HOUR_MS } });
  });

  it('names the wallet that certified the key beside the one that is claimed', () => {
    const { authData, certifiedBy, reason } = inspect(tokenText({ claims: bobAddress }));
    expect(authData?.walletAddress).toBe(bobAddress);
    expect(certifiedBy).toBe(aliceAddress);
    expect(reason).toBe('WALLET_MISMATCH');
  });

  it('shows the fields of a token whose auth data cannot be read', () => {
    const broken = inspect(tokenText({ authData: plan.authData.subarray(1) }));
    expect(broken).toMatchObject({ reason: 'MALFORMED_AUTH_DATA', authData: undefined, certifiedBy: aliceAddress });
    expect(broken.fields?.identityKey).toEqual(readable.fields.identityKey);
  });

  it('shows what there is of a token with parts missing', () => {
    const unsigned = inspect(tokenText({ walletSignatureField: NOTHING }));
    expect(unsigned).toMatchObject({ reason: 'UNSIGNED_IDENTITY_KEY', certifiedBy: undefined });
    expect(unsigned.fields?.identityKey).toEqual({ ...readable.fields.identityKey, signature: undefined });
    expect(unsigned.authData).toEqual(readable.authData);
  });

  it('shows nothing of what is no token', () => {
    const nothing = { identity: undefined, fields: undefined, authData: undefined, certifiedBy: undefined };
    expect(inspect('!')).toMatchObject({ ...nothing, verdict: 'refused', reason: 'MALFORMED_TOKEN' });
  });

  it.each([
    ['', 'MALFORMED_HEADER'],
    ['   ', 'MALFORMED_HEADER'],
    [`Basic ${tokenText()}`, 'UNSUPPORTED_SCHEME'],
    [`${bearer()}, ${bearer()}`, 'MALFORMED_TOKEN'],
    ['Bearer', 'MALFORMED_TOKEN'],
    ['A'.repeat(5_000), 'TOKEN_TOO_LARGE'],
  ])('reports what a node would answer (case %#)', (text, reason) => {
    expect(inspect(text)).toMatchObject({ verdict: 'refused', reason });
  });

  it('reports of any text what a verifier answers to it', () => {
    const texts = fc.oneof(
      anyText(),
      fc.base64String(),
      mutated(plan.token).map((bytes) => `Bearer ${base64(bytes)}`),
    );
    // a curve that costs nothing: what is compared are two ways to the same checks
    const curve = countingCurve({ verify: () => true, recover: () => plan.keyBytes });
    const verifier = createVerifier({ now, curve });
    const whole = (text: string) => (text.trim().includes(' ') ? text.trim() : `Bearer ${text.trim()}`);
    fc.assert(
      fc.property(texts, (text) => {
        const inspection = inspect(text, { curve });
        try {
          expect(verifier.verify(whole(text)).wallet).toBe(inspection.identity?.wallet);
        } catch (error) {
          expect(inspection.reason).toBe((error as AuthError).reason);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('inspectToken', () => {
  it.each(hostileValues.filter(([, value]) => typeof value !== 'string'))('refuses %s with a TypeError', (_, value) => {
    expect(() => inspectToken(value as string)).toThrow(new TypeError('the token must be a string'));
  });

  it.each(hostileValues.filter(([, value]) => typeof value === 'string'))(
    'looks at %s without throwing',
    (_, value) => {
      expect(inspect(value as string)).toMatchObject({ verdict: 'refused', identity: undefined });
    },
  );

  it('works with no options, by the system\u2019s clock', () => {
    expect(inspectToken(tokenText()).reason).toBe('TOKEN_EXPIRED');
  });

  it('follows the options, the cache sizes aside', () => {
    expect(inspect(tokenText(), { maxTokenLength: 10 }).reason).toBe('TOKEN_TOO_LARGE');
    expect(inspect(tokenText(), { isRevoked: () => true }).reason).toBe('DEVICE_REVOKED');
    expect(inspect(tokenText(), { maxCachedTokens: 5, maxCachedDevices: 5 }).verdict).toBe('accepted');
    const statement = { title: 'YMTP : Create Identity', closing: 'For more info: https://xmtp.org/signatures/' };
    const theirs = tokenText({ statement: plan.statement.replace('XMTP', 'YMTP') });
    expect(inspect(theirs, { statement })).toMatchObject({ verdict: 'accepted', certifiedBy: aliceAddress });
  });

  it('does not throw when a hook, the clock or the curve does', () => {
    const broken = () => {
      throw new Error('broken');
    };
    for (const options of [{ now: broken }, { isRevoked: broken }, { curve: countingCurve({ verify: broken }) }]) {
      expect(inspect(tokenText(), options)).toMatchObject({ ...readable, verdict: 'refused', reason: 'INTERNAL' });
    }
    const curve = countingCurve({ recover: broken });
    expect(inspect(tokenText(), { curve })).toMatchObject({ reason: 'INTERNAL', certifiedBy: undefined });
  });
});
