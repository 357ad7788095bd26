import { describe, expect, it } from 'vitest';

import { createVerifier } from '../../src/index.js';
import { createTokenCache } from '../../src/verify/token-cache.js';
import { TokenIdentity, tokenOf } from '../../src/verify/token-identity.js';
import { portableVerifierTools } from '../../src/verify/tools.js';
import { countingCurve } from '../support/counting-curve.js';
import { bytes, concat } from '../support/raw-proto.js';
import { alice, aliceAddress, base64, bob, bobAddress, NOW_MS, planToken, someKey } from '../support/token-workshop.js';

/** An identity as a token proves it, whatever the token is. */
function identityOf(token: string): TokenIdentity {
  const device = { wallet: aliceAddress as `0x${string}`, deviceId: undefined, tools: portableVerifierTools };
  return new TokenIdentity({ token, device, issuedAtMs: 1, window: { notBeforeMs: 0, notAfterMs: 2 } });
}

const END = 'e'.repeat(48);
const PLENTY = 1_000_000;

describe('createTokenCache', () => {
  it('finds a token by itself, and nothing by a part of it, one letter more, less or other', () => {
    const cache = createTokenCache(10, PLENTY);
    const token = `start${END}`;
    const identity = identityOf(token);
    cache.set(identity);
    expect(cache.get(token) === identity).toBe(true);
    for (const other of [END, `Start${END}`, `tart${END}`, `sstart${END}`, `${token}e`, token.slice(0, -1), ''])
      expect([other, cache.get(other) === undefined]).toEqual([other, true]);
  });

  it('keeps apart tokens that end alike, however many, and each has its own identity', () => {
    const cache = createTokenCache(10, PLENTY);
    const identities = [1, 2, 3, 4].map((n) => identityOf(`${n}${END}`));
    for (const identity of identities) cache.set(identity);
    expect(cache.size).toBe(4);
    for (const [i, identity] of identities.entries()) expect(cache.get(`${i + 1}${END}`) === identity).toBe(true);
    expect(cache.get(`5${END}`)).toBeUndefined();
  });

  it.each([0, 1, 2])('deletes of tokens that end alike the one that is meant: number %i of three', (gone) => {
    const cache = createTokenCache(10, PLENTY);
    const identities = ['a', 'b', 'c'].map((start) => identityOf(start + END));
    for (const identity of identities) cache.set(identity);
    cache.delete(identities[gone]!);
    expect(cache.size).toBe(2);
    expect(cache.get(tokenOf(identities[gone]!))).toBeUndefined();
    for (const identity of identities) if (identity !== identities[gone]) cache.set(identity);
    for (const identity of identities)
      if (identity !== identities[gone]) expect(cache.get(tokenOf(identity)) === identity).toBe(true);
  });

  it('finds again, after it is stored again, a token whose like at the end was evicted', () => {
    const cache = createTokenCache(2, PLENTY);
    const [first, second, other] = [identityOf(`a${END}`), identityOf(`b${END}`), identityOf('other'.padEnd(60))];
    cache.set(first);
    cache.set(second);
    cache.set(other); // evicts the first
    expect(cache.get(`a${END}`)).toBeUndefined();
    cache.set(second);
    expect(cache.get(`b${END}`) === second).toBe(true);
    expect(cache.get(`a${END}`)).toBeUndefined();
  });

  it('is bounded by the bytes of whole tokens', () => {
    const cache = createTokenCache(100, 3 * (640 + 1_000));
    for (let n = 0; n < 10; n++) cache.set(identityOf(`${n}`.padEnd(1_000, 'x') + n));
    expect(cache.size).toBe(2);
    cache.set(identityOf('y'.repeat(4_300)));
    expect(cache.size).toBe(2);
  });

  it('caches nothing with 0', () => {
    const cache = createTokenCache(0, PLENTY);
    cache.set(identityOf(`a${END}`));
    expect([cache.size, cache.get(`a${END}`)]).toEqual([0, undefined]);
  });
});

describe('two good tokens that end alike', () => {
  // whoever has a token may add a field to it that readers ignore, such as the end of the token of another
  const end = planToken().token.slice(-90);
  function ending(wallet: typeof alice, device: number): string {
    const { token } = planToken({ wallet, device: someKey(device) });
    const filler = new Uint8Array((300 - token.length) % 3); // so that both ends begin with a whole group of digits
    return `Bearer ${base64(concat(token, bytes(15, concat(filler, end))))}`;
  }

  it('are each accepted for who made them, and neither keeps the other out of the cache', () => {
    const curve = countingCurve();
    const verifier = createVerifier({ now: () => new Date(NOW_MS), curve });
    const [ofAlice, ofBob] = [ending(alice, 1), ending(bob, 2)];
    expect(ofAlice.slice(-60)).toBe(ofBob.slice(-60));
    for (let i = 0; i < 3; i++) {
      expect(verifier.verify(ofAlice).wallet).toBe(aliceAddress);
      expect(verifier.verify(ofBob).wallet).toBe(bobAddress);
    }
    expect(curve.calls).toEqual({ verify: 2, recover: 2 });
    expect(verifier.cachedTokens).toBe(2);
  });
});
