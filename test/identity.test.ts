import { describe, expect, it } from 'vitest';

import { walletIdentity } from '../src/identity.js';

const facts = () => ({
  wallet: '0xAb' as const,
  deviceId: 'device',
  identityKey: Uint8Array.of(4, 5, 6),
  issuedAtMs: 1,
  expiresAtMs: 2,
});

describe('walletIdentity', () => {
  it('has the facts and nothing else', () => {
    expect({ ...walletIdentity(facts()) }).toEqual(facts());
    const more = { ...facts(), token: 'secret' };
    expect(Object.keys(walletIdentity(more))).toEqual([
      'wallet',
      'deviceId',
      'identityKey',
      'issuedAtMs',
      'expiresAtMs',
      'certifiedAtMs',
    ]);
  });

  it('is frozen', () => {
    const identity = walletIdentity(facts());
    expect(Object.isFrozen(identity)).toBe(true);
    expect(() => Object.assign(identity, { wallet: '0xother' })).toThrow(TypeError);
    expect(() => Object.assign(identity, { identityKey: new Uint8Array(3) })).toThrow(TypeError);
  });

  it('does not see later changes of the bytes it was made from', () => {
    const given = facts();
    const identity = walletIdentity(given);
    given.identityKey.fill(0);
    expect(identity.identityKey).toEqual(facts().identityKey);
  });

  it('returns a fresh copy of the key at each read', () => {
    const identity = walletIdentity(facts());
    identity.identityKey.fill(0);
    expect(identity.identityKey).toEqual(facts().identityKey);
    expect(identity.identityKey).not.toBe(identity.identityKey);
  });

  it('does not expose the memory around a key that was part of a larger buffer', () => {
    const larger = Uint8Array.of(1, 2, 4, 5, 6, 7);
    const identity = walletIdentity({ ...facts(), identityKey: larger.subarray(2, 5) });
    expect(identity.identityKey.buffer.byteLength).toBe(3);
  });

  it('prints in JSON with the identity key as hex, wherever it stands', () => {
    const printed = { wallet: '0xAb', deviceId: 'device', identityKey: '0x040506', issuedAtMs: 1, expiresAtMs: 2 };
    const identity = walletIdentity(facts());
    expect(JSON.stringify(identity)).toBe(JSON.stringify(printed));
    expect(JSON.parse(JSON.stringify({ event: [identity] }))).toEqual({ event: [printed] });
  });

  it('prints every byte of a key as two hex digits', () => {
    const identityKey = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const { identityKey: hex } = JSON.parse(JSON.stringify(walletIdentity({ ...facts(), identityKey }))) as {
      identityKey: string;
    };
    expect(hex).toBe(`0x${Buffer.from(identityKey).toString('hex')}`);
  });

  it('shares what prints it with all other identities, so that none is larger for it', () => {
    const identity = walletIdentity(facts());
    expect(Object.keys(identity)).not.toContain('toJSON');
    expect(Object.hasOwn(identity, 'toJSON')).toBe(false);
  });
});
