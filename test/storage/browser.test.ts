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
});
