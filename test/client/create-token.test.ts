import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';

import type * as Xmtp from '@xmtp/proto';
import { computeAddress, getAddress, hexlify, keccak256, SigningKey, verifyMessage } from 'ethers';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createIdentity, createToken } from '../../src/client/index.js';
import { createVerifier, nobleCurve } from '../../src/index.js';
import { mintIdentity, settableClock, testWallets } from '../../src/testing/index.js';
import { hostileValues } from '../support/hostile-values.js';

// its ESM build has imports without file endings, which Node does not resolve
const xmtp = createRequire(import.meta.url)('@xmtp/proto') as typeof Xmtp;

/** What a reader of XMTP tokens makes of one, by @xmtp/proto and ethers; nothing of this library takes part. */
function readIndependently(text: string) {
  const bytes = Buffer.from(text, 'base64');
  const token = xmtp.authn.Token.decode(bytes);
  const authData = xmtp.authn.AuthData.decode(token.authDataBytes);
  const { timestamp, signature, secp256k1Uncompressed } = token.identityKey!;
  const identityKey = secp256k1Uncompressed!.bytes;

  const unsigned = xmtp.publicKey.PublicKey.encode({ timestamp, signature: undefined, secp256k1Uncompressed }).finish();
  const statement = [
    'XMTP : Create Identity',
    Buffer.from(unsigned).toString('hex'),
    '',
    'For more info: https://xmtp.org/signatures/',
  ].join('\n');
  const part = (r: Uint8Array) => ({ r: hexlify(r.subarray(0, 32)), s: hexlify(r.subarray(32)) });
  const byWallet = signature!.ecdsaCompact!;
  const byKey = token.authDataSignature!.ecdsaCompact!;
  return {
    bytes,
    reencoded: Buffer.from(xmtp.authn.Token.encode(token).finish()),
    keyTimestamp: timestamp.toString(),
    claimed: authData.walletAddr,
    createdNs: authData.createdNs.toString(),
    identityKey,
    certifiedBy: verifyMessage(statement, { ...part(byWallet.bytes), yParity: byWallet.recovery as 0 | 1 }),
    signedBy: SigningKey.recoverPublicKey(keccak256(token.authDataBytes), {
      ...part(byKey.bytes),
      yParity: byKey.recovery as 0 | 1,
    }),
    s: BigInt(part(byKey.bytes).s),
  };
}

const identity = mintIdentity();
const { alice } = testWallets;

describe('createToken', () => {
  it('makes what @xmtp/proto reads and ethers verifies', async () => {
    const made = await createIdentity(alice, { now: () => new Date(1_660_761_000_111) });
    const read = readIndependently(createToken(made, { now: () => new Date(1_660_761_120_551) }));
    expect(read.keyTimestamp).toBe('1660761000111');
    expect(read.createdNs).toBe('1660761120551000000');
    expect(read.claimed).toBe(getAddress(alice.address));
    expect(read.certifiedBy).toBe(computeAddress(alice.privateKey));
    expect(read.signedBy).toBe(hexlify(made.identityKey));
  });

  it('writes the bytes that @xmtp/proto writes, in the size and padded base64 of real clients, with low S', () => {
    const clock = settableClock();
    for (let i = 0; i < 20; i++) {
      clock.advance(1);
      const text = createToken(identity, { now: clock.now });
      const { bytes, reencoded, s } = readIndependently(text);
      expect(bytes.equals(reencoded)).toBe(true);
      expect(bytes.toString('base64')).toBe(text);
      expect(bytes.length).toBeGreaterThanOrEqual(275);
      expect(bytes.length).toBeLessThanOrEqual(279);
      expect(s).toBeLessThanOrEqual(0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n);
    }
  });

  it('makes what the verifier takes, for any wallet, device and time', () => {
    const wallets = fc.constantFrom(...Object.values(testWallets));
    const times = fc.integer({ min: 0, max: 18_446_744_073_709 });
    fc.assert(
      fc.property(wallets, fc.string(), times, (wallet, device, ms) => {
        const now = () => new Date(ms);
        const own = mintIdentity({ wallet, device });
        const caller = createVerifier({ now }).verify(`Bearer ${createToken(own, { now })}`);
        expect(caller).toMatchObject({ wallet: wallet.address, deviceId: own.deviceId, issuedAtMs: ms });
        expect(caller.identityKey).toEqual(own.identityKey);
      }),
      { numRuns: 15 },
    );
  });

  it('gives the same text for the same millisecond and another for the next', () => {
    const clock = settableClock();
    const first = createToken(identity, { now: clock.now });
    expect(createToken(identity, { now: clock.now })).toBe(first);
    clock.advance(1);
    expect(createToken(identity, { now: clock.now })).not.toBe(first);
  });

  it('signs with the curve it is given', () => {
    let signed = 0;
    const sign: typeof nobleCurve.sign = (...args) => (signed++, nobleCurve.sign(...args));
    createToken(identity, { curve: { ...nobleCurve, sign } });
    expect(signed).toBe(1);
  });

  it.each(hostileValues)('refuses %s as identity', (_, value) => {
    expect(() => createToken(value as never)).toThrow(TypeError);
  });

  it('refuses unknown and wrong options', () => {
    expect(() => createToken(identity, { lifetime: 1 } as never)).toThrow(TypeError);
    expect(() => createToken(identity, { now: 5 } as never)).toThrow(TypeError);
    expect(() => createToken(identity, null as never)).toThrow(TypeError);
  });

  it.each([-1, 18_446_744_073_710])('refuses a clock that shows %d, which a token cannot say', (ms) => {
    expect(() => createToken(identity, { now: () => new Date(ms) })).toThrow(RangeError);
  });
});
