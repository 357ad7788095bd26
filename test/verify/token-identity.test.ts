import { createHash } from 'node:crypto';
import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import { attachDevice, deviceOfIdentity } from '../../src/identity.js';
import { createVerifier } from '../../src/index.js';
import { aliceAddress, bearer, HOUR_MS, NOW_MS, NS_PER_MS, planToken, someKey } from '../support/token-workshop.js';

const verifierNow = () => createVerifier({ now: () => new Date(NOW_MS) });
const { keyBytes, keyTimestamp, token } = planToken();
const deviceId = `${aliceAddress}/${createHash('sha256').update(keyBytes).digest('hex').slice(0, 32)}`;

describe('the identity of a token', () => {
  it('has the facts and nothing else, in their order', () => {
    expect(Object.entries(verifierNow().verify(bearer()))).toEqual([
      ['wallet', aliceAddress],
      ['deviceId', deviceId],
      ['identityKey', keyBytes],
      ['issuedAtMs', NOW_MS],
      ['expiresAtMs', NOW_MS + HOUR_MS],
      ['certifiedAtMs', Number(keyTimestamp)],
    ]);
  });

  it('is frozen, what is computed included', () => {
    const identity = verifierNow().verify(bearer());
    expect(Object.isFrozen(identity)).toBe(true);
    for (const name of Object.keys(identity)) expect(() => Object.assign(identity, { [name]: 'x' })).toThrow(TypeError);
  });

  it('returns a fresh copy of the key at each read, alone in its memory', () => {
    const identity = verifierNow().verify(bearer());
    identity.identityKey.fill(0);
    expect(identity.identityKey).toEqual(keyBytes);
    expect(identity.identityKey.constructor).toBe(Uint8Array);
    expect(identity.identityKey.buffer.byteLength).toBe(65);
  });

  it('has no time of certification where the certificate tells none', () => {
    expect(verifierNow().verify(bearer({ keyTimestamp: 0n })).certifiedAtMs).toBeUndefined();
  });

  it('is one object for a cached token, and another one for another token of the device', () => {
    const verifier = verifierNow();
    const identity = verifier.verify(bearer());
    const newer = verifier.verify(bearer({ createdNs: BigInt(NOW_MS) * NS_PER_MS + 1n }));
    expect(verifier.verify(bearer())).toBe(identity);
    expect(newer).not.toBe(identity);
    expect(newer.deviceId).toBe(identity.deviceId);
    expect(verifier.verify(bearer({ device: someKey(2) })).deviceId).not.toBe(identity.deviceId);
  });

  it('carries what a registry attaches, although it is frozen', () => {
    const identity = verifierNow().verify(bearer());
    const record = {};
    expect(deviceOfIdentity(identity)).toBeUndefined();
    attachDevice(identity, record);
    expect(deviceOfIdentity(identity)).toBe(record);
  });

  it('gives its token to nobody who has it', () => {
    const identity = verifierNow().verify(bearer());
    const { constructor } = identity as { constructor: object };
    for (const owner of [identity, Object.getPrototypeOf(identity) as object, constructor])
      expect(Reflect.ownKeys(owner).filter((name) => /token|window/i.test(String(name)))).toEqual([]);
  });

  it('prints its facts, in JSON and on the console, and nothing of its token', () => {
    const identity = verifierNow().verify(bearer());
    const printed = { ...identity, identityKey: `0x${Buffer.from(keyBytes).toString('hex')}` };
    expect(JSON.parse(JSON.stringify(identity))).toEqual(printed);
    expect(inspect(identity)).toBe(inspect(printed));
    const everything = inspect(identity, { showHidden: true, getters: true, depth: Infinity });
    for (let at = 300; at < 372; at += 12)
      expect(everything).not.toContain(
        Buffer.from(token)
          .toString('base64')
          .slice(at, at + 12),
      );
  });
});
