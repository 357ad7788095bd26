import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { nobleCurve, xmtpStatement } from '../../src/index.js';
import { keyTimeMs } from '../../src/token/times.js';
import { certificateKey, certifyingWallet, type Certificate } from '../../src/verify/certificate.js';
import { reasonOf } from '../support/refusal-of.js';
import { aliceAddress, flipBit, planToken } from '../support/token-workshop.js';

const plan = planToken();
const certificate: Certificate = {
  keyTimestamp: plan.keyTimestamp,
  identityKey: plan.keyBytes,
  walletSignature: plan.walletSignature.bytes,
  walletRecovery: Number(plan.walletSignature.recovery),
};
const certifier = (changes: Partial<Certificate>, statement = xmtpStatement) =>
  certifyingWallet({ ...certificate, ...changes }, statement, nobleCurve);

describe('certifyingWallet', () => {
  it('is the wallet that signed the statement', () => {
    expect(certifier({})).toBe(aliceAddress);
  });

  it('is another one as soon as any part of what was signed is another', () => {
    expect(certifier({ keyTimestamp: plan.keyTimestamp + 1n })).not.toBe(aliceAddress);
    expect(certifier({ identityKey: flipBit(plan.keyBytes, 519) })).not.toBe(aliceAddress);
    expect(certifier({}, { ...xmtpStatement, title: 'XMTP : Create Identity ' })).not.toBe(aliceAddress);
    expect(certifier({}, { ...xmtpStatement, closing: 'other' })).not.toBe(aliceAddress);
  });

  it('is refused as INVALID_WALLET_SIGNATURE where no key can have signed', () => {
    expect(reasonOf(() => certifier({ walletSignature: new Uint8Array(64) }))).toBe('INVALID_WALLET_SIGNATURE');
    expect(reasonOf(() => certifier({ walletRecovery: certificate.walletRecovery + 2 }))).toBe(
      'INVALID_WALLET_SIGNATURE',
    );
  });
});

describe('certificateKey', () => {
  it('is the same for the same certificate in other memory', () => {
    const copy = {
      ...certificate,
      identityKey: plan.keyBytes.slice(),
      walletSignature: certificate.walletSignature.slice(),
    };
    expect(certificateKey(copy)).toBe(certificateKey(certificate));
  });

  it('differs for every single flipped bit of every part', () => {
    const { keyTimestamp, identityKey, walletSignature } = certificate;
    const keys = [certificateKey(certificate)];
    for (let bit = 0n; bit < 64n; bit++) {
      keys.push(certificateKey({ ...certificate, keyTimestamp: keyTimestamp ^ (1n << bit) }));
    }
    for (let bit = 0; bit < 65 * 8; bit++) {
      keys.push(certificateKey({ ...certificate, identityKey: flipBit(identityKey, bit) }));
    }
    for (let bit = 0; bit < 64 * 8; bit++) {
      keys.push(certificateKey({ ...certificate, walletSignature: flipBit(walletSignature, bit) }));
    }
    for (let id = 0; id < 4; id++) {
      if (id !== certificate.walletRecovery) keys.push(certificateKey({ ...certificate, walletRecovery: id }));
    }
    expect(new Set(keys).size).toBe(1 + 64 + 65 * 8 + 64 * 8 + 3);
  });

  it('does not let a digit slide between recovery id and timestamp', () => {
    const keys = new Set<string>();
    const timestamps = new Set<bigint>();
    for (let n = 0n; n < 500n; n++) timestamps.add(n);
    for (const digits of ['1', '12', '123', '0', '3333333', '18446744073709551615']) timestamps.add(BigInt(digits));
    for (const keyTimestamp of timestamps) {
      for (let walletRecovery = 0; walletRecovery < 4; walletRecovery++) {
        keys.add(certificateKey({ ...certificate, walletRecovery, keyTimestamp }));
      }
    }
    expect(keys.size).toBe(timestamps.size * 4);
  });

  it('does not let a byte slide between key, signature and what follows, whatever the bytes are', () => {
    const arbitrary = fc.record({
      keyTimestamp: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      identityKey: fc.uint8Array({ minLength: 65, maxLength: 65 }),
      walletSignature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
      walletRecovery: fc.nat(3),
    });
    fc.assert(
      fc.property(arbitrary, (one) => {
        const whole = Uint8Array.from([...one.identityKey, ...one.walletSignature, 0x30 + one.walletRecovery]);
        const slid = {
          ...one,
          identityKey: whole.slice(1, 66),
          walletSignature: whole.slice(66),
          keyTimestamp: one.keyTimestamp,
        };
        fc.pre(Buffer.compare(slid.identityKey, one.identityKey) !== 0);
        expect(certificateKey(slid)).not.toBe(certificateKey(one));
        // all of the bytes can be read back from their fixed places
        const key = certificateKey(one);
        expect(Buffer.from(key.slice(0, 65), 'latin1')).toEqual(Buffer.from(one.identityKey));
        expect(Buffer.from(key.slice(65, 129), 'latin1')).toEqual(Buffer.from(one.walletSignature));
        expect(key.slice(129)).toBe(`-${one.walletRecovery}${one.keyTimestamp},,`);
      }),
    );
  });
});

describe('the time at which a wallet signed a certificate', () => {
  it.each<[string, bigint, number | undefined]>([
    ['milliseconds, as of xmtp-js', 1_735_689_600_123n, 1_735_689_600_123],
    ['nanoseconds, as of the Go client', 1_735_689_600_123_456_789n, 1_735_689_600_123],
    ['the last milliseconds', 10n ** 15n - 1n, 999_999_999_999_999],
    ['the first nanoseconds', 10n ** 15n, 1_000_000_000],
    ['0: the certificate does not tell', 0n, undefined],
    ['the largest', 2n ** 64n - 1n, 18_446_744_073_709],
  ])('is read from %s', (_, timestamp, ms) => {
    expect(keyTimeMs(timestamp)).toBe(ms);
  });
});
