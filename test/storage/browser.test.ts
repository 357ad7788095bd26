import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createVerifier } from '../../src/verify/create-verifier.js';
import { addressOf, exposeWallet, PROVIDER, type WalletUser } from '../support/browser-wallet.js';
import { noBrowser, startBrowser, whereBrowser, type TestBrowser } from '../support/browser.js';

/** What a page of a site does: `login(options)` makes its session, `seen` are the statuses of that. */
const PAGE = `
  import { createSession, indexedDbStorage, memoryStorage } from './src/storage/index.ts';
  import { discoverWallets, exportIdentity } from './src/client/index.ts';
  ${PROVIDER}
  const plain = ({ state, reason, wallet, identity, isStored, error }) =>
    ({ state, reason, wallet, deviceId: identity?.deviceId, isStored, error: error?.code ?? error?.reason ?? error?.name });
  Object.assign(globalThis, {
    seen: [], problems: [], revoked: [], discoverWallets, exportIdentity, createSession, memoryStorage,
    makeStorage: () => indexedDbStorage({ onError: (problem) => problems.push(problem.code) }),
    async login({ revokes, ...options } = {}) {
      globalThis.session = await createSession({
        wallet: ethereum, storage: makeStorage(), onStatus: (status) => seen.push(plain(status)),
        revoke: revokes && (async (deviceId) => revoked.push([deviceId, await session.source.get()])),
        ...options,
      });
      return plain(session.status);
    },
    statusNow: () => plain(session.status),
    failure: (promise) => promise.then(() => 'none', (error) => error.code ?? error.reason ?? error.name),
    until: async (condition) => { while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5)); },
  });
  globalThis.ready = true;
`;

interface Status {
  state: string;
  reason: string;
  wallet?: string;
  deviceId?: string;
  isStored: boolean;
  error?: string;
}

describe.skipIf(noBrowser)(`sessions in a real browser${whereBrowser}`, () => {
  let browser: TestBrowser;
  let context: BrowserContext;
  let user: WalletUser;
  const errors: string[] = [];

  beforeAll(async () => {
    browser = await startBrowser(PAGE);
  }, 60_000);
  afterAll(() => browser?.close());

  beforeEach(async () => {
    errors.length = 0;
    context = await browser.newContext();
    user = await exposeWallet(context);
  });
  afterEach(async () => {
    await context.close();
    if (errors.length > 0) throw new Error(`the page threw: ${errors.join('; ')}`);
  });

  /** A tab of the user. */
  async function openTab(before = ''): Promise<Page> {
    const page = await context.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    if (before !== '') await page.addInitScript(before);
    await page.goto(browser.url);
    await page.waitForFunction('globalThis.ready');
    return page;
  }

  const run = <T = Status>(page: Page, script: string) => page.evaluate<T>(script);
  const walletOf = (token: string) => createVerifier().verify(`Bearer ${token}`).wallet;

  it('one prompt logs in, and none after a reload: the same device comes back from the storage', async () => {
    const page = await openTab();
    const first = await run(page, 'login()');
    expect(first).toMatchObject({
      state: 'signed-in',
      reason: 'certified',
      wallet: addressOf('alice'),
      isStored: true,
    });
    expect(walletOf(await run<string>(page, 'session.source.get()'))).toBe(addressOf('alice'));
    await page.reload();
    await page.waitForFunction('globalThis.ready');
    const second = await run(page, 'login({ prompt: false })');
    expect(second).toMatchObject({ state: 'signed-in', reason: 'restored', deviceId: first.deviceId, isStored: true });
    expect(user).toMatchObject({ prompts: 1, connects: 1 });
  });

  it('two tabs that log in at the same time show one prompt and share one identity', async () => {
    const [one, two] = await Promise.all([openTab(), openTab()]);
    let approve!: () => void;
    const approval = new Promise<void>((resolve) => (approve = resolve));
    user.answer = () => approval.then(() => 'alice');
    const logins = [run(one, 'login()'), run(two, 'login()')];
    await expect.poll(() => user.prompts).toBe(1);
    const waiting = 'seen.some(({ reason }) => reason === "other-tab")';
    await Promise.all([one.waitForFunction(waiting), two.waitForFunction(waiting)]);
    approve();
    const [first, second] = await Promise.all(logins);
    expect(second?.deviceId).toBe(first?.deviceId);
    expect([first?.reason, second?.reason].toSorted()).toEqual(['certified', 'restored']);
    expect(user).toMatchObject({ prompts: 1, connects: 1 });
  });

  it('logout in one tab wipes the identity in both, and revokes the device with a token of its own', async () => {
    const [one, two] = [await openTab(), await openTab()];
    const { deviceId } = await run(one, 'login({ revokes: true })');
    await run(two, 'login()');
    await run(one, 'session.logout()');
    await two.waitForFunction('statusNow().reason === "logged-out"');
    for (const page of [one, two]) {
      expect(await run(page, 'statusNow()')).toMatchObject({ state: 'signed-out', reason: 'logged-out' });
      expect(await run(page, 'failure(session.source.get())')).toBe('SIGNED_OUT');
    }
    const [[revoked, token] = []] = await run<string[][]>(one, 'revoked');
    expect([revoked, createVerifier().verify(`Bearer ${token}`).deviceId]).toEqual([deviceId, deviceId]);
    expect(await run(await openTab(), 'login({ prompt: false })')).toMatchObject({ reason: 'no-identity' });
    expect(user.prompts).toBe(1);
  });

  it('an account that the user changes to gets no identity of another: signed out, then an own one', async () => {
    const page = await openTab();
    const { deviceId } = await run(page, 'login()');
    user.account = 'bob';
    await run(page, `ethereum.emit('accountsChanged', ['${addressOf('bob').toLowerCase()}'])`);
    expect(await run(page, 'statusNow()')).toMatchObject({ state: 'signed-out', reason: 'account-changed' });
    expect(await run(page, 'failure(session.source.get())')).toBe('SIGNED_OUT');
    expect(user.prompts).toBe(1);
    await run(page, 'session.login().then(() => undefined)');
    expect(walletOf(await run<string>(page, 'session.source.get()'))).toBe(addressOf('bob'));
    user.account = 'alice';
    await run(page, `ethereum.emit('accountsChanged', ['${addressOf('alice').toLowerCase()}'])`);
    expect(walletOf(await run<string>(page, 'session.source.get()'))).toBe(addressOf('alice'));
    expect(await run(page, 'statusNow()')).toMatchObject({ reason: 'restored', deviceId });
    expect(user.prompts).toBe(2);
  });

  it('a prompt that is rejected in one tab is not shown by the tab that waits for it', async () => {
    const tabs = [await openTab(), await openTab()];
    let refuse!: () => void;
    const refusal = new Promise<void>((resolve) => (refuse = resolve));
    user.answer = () => refusal.then(() => 'reject');
    const logins = tabs.map((page) => run<string>(page, 'failure(login())'));
    await expect.poll(() => user.prompts).toBe(1);
    await Promise.all(tabs.map((page) => page.waitForFunction('seen.some(({ reason }) => reason === "other-tab")')));
    refuse();
    expect(await Promise.all(logins)).toEqual(['USER_REJECTED', 'USER_REJECTED']);
    expect(user.prompts).toBe(1);
  });

  it('a tab that is closed while its prompt is open lets the next one have its own', async () => {
    const [one, two] = [await openTab(), await openTab()];
    user.answer = 'leave open';
    void run(one, 'login()').catch(() => undefined);
    await expect.poll(() => user.prompts).toBe(1);
    const login = run(two, 'login()');
    await two.waitForFunction('seen.some(({ reason }) => reason === "other-tab")');
    user.answer = undefined;
    await one.close();
    expect(await login).toMatchObject({ state: 'signed-in', reason: 'certified' });
    expect(user.prompts).toBe(2);
  });

  /** A script that runs before the page: this browser has something else in the place of an API. */
  const without = (what: string, value = 'undefined') =>
    `Object.defineProperty(${what.slice(0, what.lastIndexOf('.'))}, '${what.slice(what.lastIndexOf('.') + 1)}', { value: ${value} });`;
  const quickTimers = `const { setTimeout: real } = globalThis;
    globalThis.setTimeout = (run, ms) => real(run, ms / 20);`;
  const refusesKeys = `const { add } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.add = function (value, key) {
      if (value instanceof CryptoKey) throw new DOMException('no keys', 'DataCloneError');
      return add.call(this, value, key);
    };`;
  const isFull = `const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function () { throw new DOMException('no room', 'QuotaExceededError'); };`;

  it.each([
    ['has no IndexedDB', without('globalThis.indexedDB'), 'UNAVAILABLE'],
    [
      'blocks IndexedDB',
      without('IDBFactory.prototype.open', `() => { throw new DOMException('blocked', 'SecurityError'); }`),
      'UNAVAILABLE',
    ],
    [
      'has an IndexedDB that never opens',
      quickTimers + without('IDBFactory.prototype.open', '() => new EventTarget()'),
      'UNAVAILABLE',
    ],
    ['has no WebCrypto', without('Crypto.prototype.subtle'), 'UNAVAILABLE'],
    ['keeps no keys in IndexedDB', refusesKeys, 'KEY_NOT_STORABLE'],
    ['has no room', isFull, 'FULL'],
  ])('a browser that %s: signed in from memory, and the page is told', async (_, before, code) => {
    const page = await openTab(before);
    expect(await run(page, 'login()')).toMatchObject({ state: 'signed-in', reason: 'certified', isStored: false });
    expect(await run(page, 'problems')).toContain(code);
    expect(walletOf(await run<string>(page, 'session.source.get()'))).toBe(addressOf('alice'));
    await run(page, 'session.logout()');
    expect(await run(page, 'failure(session.source.get())')).toBe('SIGNED_OUT');
  });

  it('one that makes do without Web Locks and BroadcastChannel logs in and restores too', async () => {
    const page = await openTab(without('Navigator.prototype.locks') + without('globalThis.BroadcastChannel'));
    expect(await run(page, 'login()')).toMatchObject({ reason: 'certified', isStored: true });
    await page.reload();
    expect(await run(page, 'login()')).toMatchObject({ reason: 'restored' });
  });

  /** Runs one request on a table of the database; `key` and `value` are expressions. */
  const database = (page: Page, request: string) =>
    run<unknown>(
      page,
      `new Promise((resolve, reject) => {
        const open = indexedDB.open('grpc-wallet-auth');
        open.onsuccess = () => {
          const tx = open.result.transaction(['keys', 'identities'], 'readwrite');
          const keys = tx.objectStore('keys'), identities = tx.objectStore('identities');
          const request = ${request};
          tx.oncomplete = () => { open.result.close(); resolve(request.result); };
          tx.onabort = () => reject(tx.error);
        };
      })`,
    );

  it('the key that wraps identities cannot be exported, and no private key is in what is stored', async () => {
    const page = await openTab();
    await run(page, 'login()');
    await database(page, `Object.assign(keys.get('wrapping'), { onsuccess() { globalThis.key = this.result; } })`);
    expect(await run(page, '({ extractable: key.extractable, usages: key.usages, name: key.algorithm.name })')).toEqual(
      {
        extractable: false,
        usages: ['encrypt', 'decrypt'],
        name: 'AES-GCM',
      },
    );
    for (const format of ['raw', 'jwk'])
      expect(await run(page, `failure(crypto.subtle.exportKey('${format}', key))`)).toBe(15); // InvalidAccessError

    await database(page, `Object.assign(identities.getAll(), { onsuccess() { globalThis.records = this.result; } })`);
    const [records, identity] = await run<[Record<string, number[]>[], number[]]>(
      page,
      `[records.map(({ version, iv, data }) => ({ version, iv: [...iv], data: [...data] })), [...exportIdentity(session.identity)]]`,
    );
    expect(records).toHaveLength(1);
    const privateKey = Buffer.from(identity.slice(21, 53));
    expect(Buffer.from(records[0]!['data']!).includes(privateKey)).toBe(false);
    for (let at = 0; at + 8 <= 32; at++)
      expect(Buffer.from(records[0]!['data']!).includes(privateKey.subarray(at, at + 8))).toBe(false);
    const files = await run<string[]>(
      page,
      'Object.keys(localStorage).concat(Object.keys(sessionStorage), document.cookie)',
    );
    expect(files).toEqual(['']);
  });

  it.each<[string, string, string[]]>([
    ['of an older format', `({ ...record, version: 0 })`, ['UNKNOWN_VERSION']],
    ['of a later format', `({ ...record, version: 2 })`, ['UNKNOWN_VERSION']],
    ['that was changed', `({ ...record, data: record.data.fill(0, 0, 1) })`, ['UNREADABLE']],
    ['that is cut off', `({ ...record, data: record.data.slice(0, 5) })`, ['UNREADABLE']],
    ['without its parts', `({ version: 1 })`, ['UNREADABLE']],
    ['that is a text', `'identity'`, ['UNKNOWN_VERSION']],
  ])('an identity %s in the database is replaced, with one prompt', async (_, value, problems) => {
    const page = await openTab();
    await run(page, 'login()');
    await database(
      page,
      `Object.assign(identities.get('${addressOf('alice')}'), { onsuccess() {
        const record = this.result; identities.put(${value}, '${addressOf('alice')}'); } })`,
    );
    await page.reload();
    expect(await run(page, 'login()')).toMatchObject({ reason: 'certified', isStored: true });
    expect(await run(page, '[...new Set(problems)]')).toEqual(problems);
    await page.reload();
    expect(await run(page, 'login()')).toMatchObject({ reason: 'restored' });
    expect(user.prompts).toBe(2);
  });

  it("another wallet's identity in a wallet's place is not used", async () => {
    const page = await openTab();
    await run(page, 'login()');
    const [from, to] = [addressOf('alice'), addressOf('bob')];
    await database(
      page,
      `Object.assign(identities.get('${from}'), { onsuccess() { identities.put(this.result, '${to}'); } })`,
    );
    await page.reload();
    user.account = 'bob';
    expect(await run(page, 'login()')).toMatchObject({ reason: 'certified', wallet: to });
    expect(await run(page, 'problems')).toContain('UNREADABLE');
  });

  it('a database that was evicted costs a prompt; one that is deleted under an open page is made anew', async () => {
    const page = await openTab();
    const first = await run(page, 'login()');
    await run(
      page,
      `new Promise((resolve) => (indexedDB.deleteDatabase('grpc-wallet-auth').onsuccess = () => resolve()))`,
    );
    expect(walletOf(await run<string>(page, 'session.source.get()'))).toBe(addressOf('alice'));
    await run(page, 'session.logout()');
    const second = await run(page, 'session.login().then(() => statusNow())');
    expect(second).toMatchObject({ reason: 'certified', isStored: true });
    expect(second.deviceId).not.toBe(first.deviceId);
    await page.reload();
    expect(await run(page, 'login()')).toMatchObject({ reason: 'restored', deviceId: second.deviceId });
  });

  it('discoverWallets finds what announces itself, EIP-6963', async () => {
    const page = await openTab();
    const wallets = await run<object[]>(page, 'discoverWallets()');
    expect(wallets).toMatchObject([{ name: 'Test', rdns: 'test.wallet' }]);
    const login = '(async () => login({ wallet: (await discoverWallets())[0].wallet }))()';
    expect(await run(page, login)).toMatchObject({ reason: 'certified', wallet: addressOf('alice') });
  });
});
