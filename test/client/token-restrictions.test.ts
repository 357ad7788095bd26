import { describe, expect, it, onTestFinished, vi } from 'vitest';

import {
  createIdentity,
  createToken,
  createTokenSource,
  exportIdentity,
  importIdentity,
} from '../../src/client/index.js';
import { readChallenge } from '../../src/client/token-restrictions.js';
import { AuthError, createVerifier, siweStatement } from '../../src/index.js';
import { mintIdentity, settableClock, testWallets } from '../../src/testing/index.js';
import { audienceName, hostAndPort } from '../../src/token/audience.js';
import { decodeAuthData, decodeToken } from '../../src/token/decode-token.js';
import { createChallenges } from '../../src/verify/challenge.js';
import { reasonOf } from '../support/refusal-of.js';

const { now } = settableClock();
const identity = mintIdentity();
const restrictionsOf = (token: string) => decodeAuthData(decodeToken(token).authDataBytes).restrictions;

describe('createToken with restrictions', () => {
  it('says what it was told, and nothing where it was told nothing', () => {
    expect(restrictionsOf(createToken(identity, { now }))).toBeUndefined();
    const token = createToken(identity, {
      now,
      audience: ['a.example:443', 'b'],
      validForMs: 60_000,
      methods: ['a.S/*'],
      challenge: '00'.repeat(16),
      strict: true,
    });
    expect(restrictionsOf(token)).toEqual({
      audience: ['a.example:443', 'b'],
      expiresNs: BigInt(now().getTime() + 60_000) * 1_000_000n,
      challenge: new Uint8Array(16),
      methods: ['a.S/*'],
      proofRequired: false,
      strict: true,
      unknownField: undefined,
    });
    expect(createVerifier({ audience: 'b', now }).verify(`Bearer ${token}`).wallet).toBe(identity.wallet);
  });

  it('has at most 520 characters with one audience, one method, an end and a challenge', () => {
    const token = createToken(identity, {
      audience: 'node-17.eu-central.example.org:8443',
      methods: ['example.notes.v1.NoteService/CreateNote'],
      validForMs: 300_000,
      challenge: createChallenges({ secret: 'x'.repeat(32) }).current(Date.now()),
    });
    expect(token.length).toBeLessThanOrEqual(520);
  });

  it.each([
    ['audience', []],
    ['audience', ''],
    ['audience', ['a', 'a']],
    ['audience', Array.from({ length: 17 }, (_, i) => `n${i}`)],
    ['validForMs', 0],
    ['methods', []],
    ['methods', ['/a.S/M']],
    ['methods', Array<string>(33).fill('a.S/M')],
    ['challenge', '00'],
    ['challenge', new Uint8Array(15)],
    ['challenge', new Uint8Array(16)],
    ['strict', 1],
  ])('refuses a wrong %s: %j', (name, value) => {
    expect(() => createToken(identity, { [name]: value })).toThrow(TypeError);
    expect(() => createToken(identity, { [name]: value })).toThrow(name);
  });
});

describe('readChallenge', () => {
  it('reads 16 bytes or 32 hex digits, and ignores all else', () => {
    expect(readChallenge('ab'.repeat(16))).toEqual(new Uint8Array(16).fill(0xab));
    expect(readChallenge(new Uint8Array(16))).toEqual(new Uint8Array(16));
    for (const other of ['', 'ab'.repeat(15), 'zz'.repeat(16), new Uint8Array(17), null, undefined, 5]) {
      expect(readChallenge(other)).toBeUndefined();
    }
  });
});

describe('a certificate that ends', () => {
  it('is asked for with validForMs, survives export and import, and nodes take no token after it', async () => {
    const clock = settableClock();
    const device = await createIdentity(testWallets.alice, { validForMs: 60_000, now: clock.now });
    const endMs = clock.now().getTime() + 60_000;
    expect(device.certificateExpiresAtMs).toBe(endMs);
    const again = importIdentity(exportIdentity(device));
    expect(again.certificateExpiresAtMs).toBe(endMs);
    const verifier = createVerifier({ now: clock.now });
    const token = `Bearer ${createToken(again, { now: clock.now })}`;
    expect(verifier.verify(token).expiresAtMs).toBe(endMs);
    clock.advance(60_001);
    expect(reasonOf(() => verifier.verify(token))).toBe('CERTIFICATE_EXPIRED');
  });

  it('is the end of tokens: none is made after it, and a source renews none', async () => {
    const clock = settableClock();
    const device = mintIdentity({ certificateExpiresAtMs: clock.now().getTime() + 60_000 });
    const source = createTokenSource(device, { now: clock.now });
    clock.advance(60_000);
    expect(createToken(device, { now: clock.now })).not.toBe('');
    expect(await source.get()).not.toBe('');
    clock.advance(1);
    expect(reasonOf(() => createToken(device, { now: clock.now }))).toBe('CERTIFICATE_EXPIRED');
    await expect(source.get()).rejects.toBeInstanceOf(AuthError);
  });

  it('has no end unless it is asked for', () => {
    expect(identity.certificateExpiresAtMs).toBeUndefined();
  });

  it.each([0, 59_999, 316_224_000_001, '60000', null])('refuses a wrong validForMs: %j', async (validForMs) => {
    await expect(createIdentity(testWallets.alice, { validForMs: validForMs as never })).rejects.toThrow(TypeError);
  });
});

describe('a statement with a domain', () => {
  const statement = siweStatement({ domain: 'app.example', uri: 'https://app.example/', chainId: 1 });

  it('certifies a device for nodes that take it, and for no others', async () => {
    const device = await createIdentity(testWallets.alice, { statement, validForMs: 86_400_000 });
    const token = `Bearer ${createToken(device)}`;
    expect(createVerifier({ statement }).verify(token).wallet).toBe(device.wallet);
    expect(reasonOf(() => createVerifier().verify(token))).toBe('WALLET_MISMATCH');
    expect(importIdentity(exportIdentity(device), { statement }).deviceId).toBe(device.deviceId);
  });

  it.each([
    ['domain', { domain: 'user@app.example' }],
    ['domain', { domain: 'app.example/path' }],
    ['domain', { domain: '' }],
    ['domain', { domain: 'app example' }],
    ['domain', { domain: 'app.example\nx' }],
    ['uri', { uri: 'app.example' }],
    ['uri', { uri: 'https://app.example/ x' }],
    ['uri', { uri: 'https://app.example/#a#b' }],
    ['uri', { uri: 'https://app.example/\n' }],
    ['chainId', { chainId: 0 }],
    ['chainId', { chainId: 1.5 }],
    ['chainId', { chainId: '1' as never }],
  ])('refuses a wrong %s: %j', (name, change) => {
    const good = { domain: 'app.example', uri: 'https://app.example/', chainId: 1 };
    expect(() => siweStatement({ ...good, ...change })).toThrow(`statement.${name}`);
  });

  it.each(['https://a.example', 'https://a.example:8443/x?y=z#f', 'urn:example:a', 'https://[::1]:80/', 'did:key:z6'])(
    'takes the URI %s',
    (uri) => {
      expect(siweStatement({ domain: 'a.example:8443', uri, chainId: 1 }).uri).toBe(uri);
    },
  );
});

describe('names of nodes', () => {
  it.each([
    'node.example:443',
    'localhost:50051',
    '10.0.0.1:1',
    '[::1]:443',
    '[2001:db8::1:0:0:1]:65535',
    '[::ffff:192.0.2.1]:443',
    'xn--nde-sna.example:443',
    'my-network',
    'NODE',
  ])('%s is one', (name) => {
    expect(audienceName('audience', name)).toBe(name);
  });

  it.each([
    ['', 'printable'],
    ['node example', 'printable'],
    ['n\u00f6de.example:443', 'printable'],
    ['a'.repeat(256), 'longer'],
    ['node.example:', 'host:port'],
    ['node.example:0', 'host:port'],
    ['node.example:0443', 'host:port'],
    ['node.example:65536', 'host:port'],
    ['https://node.example:443', 'host'],
    [':443', 'host'],
    ['Node.example:443', '"node.example:443"'],
    ['node.example.:443', '"node.example:443"'],
    ['::1:443', 'host'],
    ['[::1%eth0]:443', 'host'],
    ['[0:0:0:0:0:0:0:1]:443', '"[::1]:443"'],
    ['[2001:DB8::1]:443', '"[2001:db8::1]:443"'],
    ['[2001:db8::0:1]:443', '"[2001:db8::1]:443"'],
    ['[1:2:3:4:5:6:7]:443', 'host'],
    ['[::ffff:c000:201]:443', '"[::ffff:192.0.2.1]:443"'],
    ['1.2.3:443', 'host'],
    ['1.2.3.04:443', 'host'],
    ['-a.example:443', 'host'],
  ])('%j is none, and the error says what is wrong', (name, why) => {
    expect(() => audienceName('audience', name)).toThrow(TypeError);
    expect(() => audienceName('audience', name)).toThrow(why);
  });

  it('are checked without URL, too, but for the form of addresses', () => {
    vi.stubGlobal('URL', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    for (const name of ['node.example:443', '[2001:db8::1]:443', '192.0.2.1:1', '[0:0::1]:443'])
      expect(audienceName('audience', name)).toBe(name);
    for (const name of ['Node.example:443', 'node.example:0', '::1:443', '[::1%eth0]:443'])
      expect(() => audienceName('audience', name)).toThrow(TypeError);
  });

  it('are made of a host and a port in the one form', () => {
    expect(hostAndPort('Node.Example.', 443)).toBe('node.example:443');
    expect(hostAndPort('2001:DB8:0:0:1:0:0:1', 80)).toBe('[2001:db8::1:0:0:1]:80');
    expect(hostAndPort('[::1]', 80)).toBe('[::1]:80');
    for (const [host, port] of [
      ['a b', 443],
      ['a', 0],
      ['fe80::1%lo', 1],
      ['', 1],
    ] as const) {
      expect(hostAndPort(host, port)).toBeUndefined();
    }
  });
});
