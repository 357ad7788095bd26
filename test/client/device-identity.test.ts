import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import { serialize } from 'node:v8';

import { describe, expect, it } from 'vitest';

import { secretsOf } from '../../src/client/device-identity.js';
import { createIdentity, createTokenSource } from '../../src/client/index.js';
import { nobleCurve } from '../../src/index.js';
import { mintIdentity, testWallets } from '../../src/testing/index.js';
import { hostileValues } from '../support/hostile-values.js';

const identity = mintIdentity();
const privateKey = Buffer.from(secretsOf(identity).privateKey);
const spellings = [
  privateKey.toString('hex'),
  privateKey.toString('base64'),
  [...privateKey].join(', '),
  [...privateKey].join(','),
];

describe('DeviceIdentity', () => {
  it('has a wallet, a device id and a key, and nothing else', () => {
    expect(Reflect.ownKeys(identity)).toEqual(['wallet', 'deviceId', 'identityKey']);
    expect(identity.wallet).toBe(testWallets.alice.address);
    expect(identity.deviceId).toMatch(/^0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A\/[0-9a-f]{32}$/);
    expect(identity.identityKey).toHaveLength(65);
  });

  it('is frozen', () => {
    expect(Object.isFrozen(identity)).toBe(true);
    expect(() => Object.assign(identity, { wallet: testWallets.bob.address })).toThrow(TypeError);
  });

  it('gives a fresh copy of its key on each read', () => {
    identity.identityKey.fill(0);
    expect(identity.identityKey[0]).toBe(4);
    expect(identity.identityKey).not.toBe(identity.identityKey);
  });

  it('gives a fresh copy of its key also where a curve made that as a Buffer', async () => {
    const curve = { ...nobleCurve, publicKey: (key: Uint8Array) => Buffer.from(nobleCurve.publicKey(key)) };
    const made = await createIdentity(testWallets.alice, { curve });
    made.identityKey.fill(0);
    expect(made.identityKey[0]).toBe(4);
  });

  it.each([
    ['util.inspect', inspect(identity, { showHidden: true, depth: null, getters: true, maxArrayLength: null })],
    ['JSON.stringify', JSON.stringify(identity)],
    ['structuredClone', inspect(structuredClone(identity), { depth: null, maxArrayLength: null })],
    ['v8.serialize', serialize(identity).toString('hex')],
    [
      'util.inspect of a token source',
      inspect(createTokenSource(identity), { showHidden: true, depth: null, getters: true }),
    ],
  ])('shows nothing of the private key to %s', (_, shown) => {
    for (const spelling of spellings) expect(shown).not.toContain(spelling);
  });
});

describe('secretsOf', () => {
  it.each<readonly [string, unknown]>([
    ['a spread copy', { ...identity }],
    ['a structured clone', structuredClone(identity)],
    ['an object that inherits from an identity', Object.create(identity)],
    ...hostileValues,
  ])('refuses %s', (_, value) => {
    expect(() => secretsOf(value as never)).toThrow(TypeError);
  });
});
