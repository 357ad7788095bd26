import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { exportIdentity } from '../../src/client/import-identity.js';
import { encryptedFileStorage } from '../../src/node/encrypted-file-storage.js';
import { encryptIdentity } from '../../src/node/identity-cipher.js';
import { createSession } from '../../src/storage/session/create-session.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { hostileValues } from '../support/hostile-values.js';
import { TestProvider } from '../support/provider-wallet.js';

const alice = testWallets.alice.address;
const bob = testWallets.bob.address;
const identity = exportIdentity(mintIdentity());
const passphrase = 'correct horse battery staple';

let folder: string;
let path: string;
let goodFile: Buffer;
beforeAll(async () => {
  goodFile = await encryptIdentity(Buffer.from(passphrase), Buffer.from(alice.slice(2), 'hex'), identity);
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'identity-'));
  path = join(folder, 'device.waid');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const storage = (secret: Parameters<typeof encryptedFileStorage>[0]['passphrase'] = passphrase) =>
  encryptedFileStorage({ path, passphrase: secret });

describe('encryptedFileStorage', { timeout: 60_000 }, () => {
  it('gives back what it was given to whoever has the passphrase, and forgets it', async () => {
    expect(await storage().load(alice)).toBeUndefined();
    await storage().save(alice, identity);
    expect(new Uint8Array((await storage().load(alice))!)).toEqual(identity);
    expect(new Uint8Array((await storage(async () => Buffer.from(passphrase)).load(alice))!)).toEqual(identity);
    await storage().remove(alice);
    expect(readdirSync(folder)).toEqual([]);
    await storage().remove(alice);
  });

  it('writes a file for its owner only, with nothing of the private key in it, and another each time', async () => {
    await storage().save(alice, identity);
    const first = readFileSync(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['device.waid']);
    for (let at = 21; at + 8 <= 53; at++)
      expect(first.includes(Buffer.from(identity.subarray(at, at + 8)))).toBe(false);
    await storage().save(alice, identity);
    const second = readFileSync(path);
    expect(second.subarray(8, 24)).not.toEqual(first.subarray(8, 24)); // salt
    expect(second.subarray(44, 56)).not.toEqual(first.subarray(44, 56)); // IV
  });

  it('has a format: magic, version 1, costs of scrypt of N = 2¹⁷, r = 8, p = 1, the wallet', async () => {
    await storage().save(alice, identity);
    const file = readFileSync(path);
    expect(file.subarray(0, 4).toString()).toBe('WAID');
    expect([...file.subarray(4, 8)]).toEqual([1, 17, 8, 1]);
    expect(`0x${file.subarray(24, 44).toString('hex')}`).toBe(alice.toLowerCase());
    expect(file.length).toBe(56 + identity.length + 16);
  });

  it('refuses a wrong passphrase, and a file of which any part was changed', async () => {
    writeFileSync(path, goodFile);
    await expect(storage('wrong').load(alice)).rejects.toMatchObject({ name: 'StorageError', code: 'UNREADABLE' });
    const good = readFileSync(path);
    for (const at of [5, 8, 44, 56, good.length - 1]) {
      const changed = Buffer.from(good);
      changed[at]! ^= 1;
      writeFileSync(path, changed);
      await expect(storage().load(alice)).rejects.toMatchObject({ code: 'UNREADABLE' });
    }
    // nobody can make us take another wallet's file for ours either
    const renamed = Buffer.from(good);
    Buffer.from(bob.slice(2), 'hex').copy(renamed, 24);
    writeFileSync(path, renamed);
    await expect(storage().load(bob)).rejects.toMatchObject({ code: 'UNREADABLE' });
  });

  it.each<[string, (good: Buffer) => Uint8Array, string]>([
    ['is empty', () => new Uint8Array(0), 'UNREADABLE'],
    ['is something else', () => Buffer.from('{"version":1}'), 'UNREADABLE'],
    ['is a bare export', () => identity, 'UNREADABLE'],
    ['ends too early', (good) => good.subarray(0, 71), 'UNREADABLE'],
    [
      'is of an older version',
      (good) => Buffer.concat([good.subarray(0, 4), Uint8Array.of(0), good.subarray(5)]),
      'UNKNOWN_VERSION',
    ],
    [
      'is of a later version',
      (good) => Buffer.concat([good.subarray(0, 4), Uint8Array.of(2), good.subarray(5)]),
      'UNKNOWN_VERSION',
    ],
    [
      'asks for a terabyte',
      (good) => Buffer.concat([good.subarray(0, 5), Uint8Array.of(33, 255, 255), good.subarray(8)]),
      'UNREADABLE',
    ],
    [
      'asks for scrypt without a cost',
      (good) => Buffer.concat([good.subarray(0, 5), Uint8Array.of(0, 0, 0), good.subarray(8)]),
      'UNREADABLE',
    ],
  ])('leaves a file alone that %s', async (_, change, code) => {
    const content = change(goodFile);
    writeFileSync(path, content);
    await expect(storage().load(alice)).rejects.toMatchObject({ code });
    await storage()
      .save(alice, identity)
      .catch(() => writeFileSync(path, content));
    expect(readdirSync(folder)).toEqual(['device.waid']);
  });

  it("neither reads, replaces nor removes another wallet's identity", async () => {
    await storage().save(bob, exportIdentity(mintIdentity({ wallet: testWallets.bob })));
    const before = readFileSync(path);
    const calls = [() => storage().load(alice), () => storage().save(alice, identity), () => storage().remove(alice)];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'OTHER_WALLET' });
    expect(readFileSync(path)).toEqual(before);
  });

  it('fails with FAILED where the system refuses, and leaves no half behind', async () => {
    const inNoFolder = encryptedFileStorage({ path: join(folder, 'none', 'device.waid'), passphrase });
    await expect(inNoFolder.save(alice, identity)).rejects.toMatchObject({ code: 'FAILED' });
    mkdirSync(path);
    await expect(storage().save(alice, identity)).rejects.toMatchObject({ code: 'FAILED' });
    await expect(storage().load(alice)).rejects.toMatchObject({ code: 'FAILED' });
    expect(readdirSync(folder)).toEqual(['device.waid']);
  });

  it.each(
    hostileValues.filter(
      ([name]) => !/text|space|bytes|function|class|proxy|surrogate|promise/.test(name) || name === 'an empty text',
    ),
  )('refuses %s as passphrase and as path, now or when it is given', async (_, value) => {
    expect(() => encryptedFileStorage({ path, passphrase: value as never })).toThrow(TypeError);
    expect(() => encryptedFileStorage({ path: value as never, passphrase })).toThrow(TypeError);
    await expect(storage(() => value as never).save(alice, identity)).rejects.toThrow(TypeError);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses unknown options', () => {
    expect(() => encryptedFileStorage({ path, passphrase, mode: 0o644 } as never)).toThrow(TypeError);
  });

  it('keeps a session over restarts of a program, with one prompt; a wrong passphrase prompts for nothing', async () => {
    const wallet = new TestProvider('alice');
    const first = await createSession({ wallet, storage: storage() });
    expect(first.status).toMatchObject({ reason: 'certified', isStored: true });
    first.close();
    const second = await createSession({ wallet, storage: storage() });
    expect(second.status).toMatchObject({ reason: 'restored', isStored: true });
    second.close();
    await expect(createSession({ wallet, storage: storage('wrong') })).rejects.toMatchObject({ code: 'UNREADABLE' });
    expect(wallet.prompts).toBe(1);
  });
});
