import { describe, expect, it } from 'vitest';

import { checkCertificate } from '../../src/client/check-certificate.js';
import { secretsOf } from '../../src/client/device-identity.js';
import { nobleCurve, xmtpStatement } from '../../src/index.js';
import { mintIdentity, testWallets } from '../../src/testing/index.js';
import { refusalOf } from '../support/refusal-of.js';

const { alice, bob } = testWallets;
const { key } = secretsOf(mintIdentity());
const settings = { statement: xmtpStatement, curve: nobleCurve };

describe('checkCertificate', () => {
  it('takes a good certificate', () => {
    expect(() => checkCertificate(key, alice.address, settings)).not.toThrow();
  });

  it('names the wallet and the signer where they differ', () => {
    const { reason, message } = refusalOf(() => checkCertificate(key, bob.address, settings));
    expect(reason).toBe('WALLET_MISMATCH');
    expect(message).toBe(
      `the wallet is ${bob.address}, but the signature of the identity statement recovers to ${alice.address}`,
    );
  });

  it.each([
    ['another time', { ...key, timestamp: key.timestamp + 1n }],
    ['another key', { ...key, bytes: mintIdentity({ device: 'laptop' }).identityKey }],
  ])('refuses the signature of %s', (_, other) => {
    expect(refusalOf(() => checkCertificate(other, alice.address, settings)).reason).toBe('WALLET_MISMATCH');
  });

  it('refuses another statement', () => {
    const other = { ...settings, statement: { ...xmtpStatement, title: 'XMTP : Create Identity ' } };
    expect(refusalOf(() => checkCertificate(key, alice.address, other)).reason).toBe('WALLET_MISMATCH');
  });

  it('refuses a signature that no key can have made', () => {
    const none = { ...key, signature: { ...key.signature, bytes: new Uint8Array(64) } };
    expect(refusalOf(() => checkCertificate(none, alice.address, settings)).reason).toBe('INVALID_WALLET_SIGNATURE');
  });
});
