import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Code, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { ChatService } from '../../examples/chat/gen/chat_pb.js';
import { loadPage, type PageFiles } from '../../examples/chat/page-files.js';
import { startChat, type ChatNode } from '../../examples/chat/start-chat.js';
import { authReasonOf } from '../../src/auth-details.js';
import { createTokenSource } from '../../src/client/create-token-source.js';
import type { DeviceIdentity } from '../../src/client/device-identity.js';
import { attachToken } from '../../src/connect/client/attach-token.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import { settableClock, type SettableClock } from '../../src/testing/settable-clock.js';
import { addressOf, exposeWallet, PROVIDER, type WalletUser } from '../support/browser-wallet.js';
import { noBrowser, whereBrowser } from '../support/browser.js';
import { portable } from '../support/fast-under-node.js';
import { root } from '../support/snippets.js';

const MINUTE_MS = 60_000;

/** How long a page may take. */
const soon = { timeout: 10_000 };

/** Where screenshots are put; none are made by default. */
const screenshots = process.env['CHAT_SCREENSHOTS'];

/** A client in Node. */
function clientOf(node: ChatNode, identity?: DeviceIdentity) {
  const interceptors = identity ? [attachToken(createTokenSource(identity))] : [];
  return createClient(ChatService, createConnectTransport({ baseUrl: node.url, httpVersion: '1.1', interceptors }));
}

/** Gives a page `stopStreams()`: its open streams fail as they do when the network is gone. */
const NETWORK = `
  const open = new Set();
  const { fetch } = globalThis;
  globalThis.stopStreams = () => { for (const controller of open) controller.error(new TypeError('network error')); };
  globalThis.fetch = async (...call) => {
    const response = await fetch(...call);
    if (!response.url.endsWith('/Listen')) return response;
    const pipe = new TransformStream({ start: (controller) => void open.add(controller) });
    return new Response(response.body.pipeThrough(pipe), response);
  };
`;

describe.skipIf(noBrowser)(`the chat in a real browser${whereBrowser}`, { timeout: 30_000 }, () => {
  let files: PageFiles;
  let browser: Browser;
  let clock: SettableClock;
  let node: ChatNode;
  let contexts: BrowserContext[];
  let errors: string[];

  beforeAll(async () => {
    const sources = ['client', 'connect', 'proto', 'storage'].map((entry) => [
      `grpc-wallet-auth/${entry}`,
      `${root}src/${entry}/index.ts`,
    ]);
    files = await loadPage({ alias: { ...Object.fromEntries(sources), ...portable } });
    browser = await chromium.launch({
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    });
  }, 60_000);
  afterAll(() => browser?.close());

  beforeEach(async () => {
    [contexts, errors] = [[], []];
    clock = settableClock(Date.now());
    node = await startChat({ page: files, now: clock.now, timers: clock.timers });
  });
  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    await node.close();
    if (errors.length > 0) throw new Error(`the page reported: ${errors.join('; ')}`);
  });

  /** A browser with a wallet, and the page in it. */
  async function visit(account: WalletUser['account'], options?: BrowserContextOptions) {
    const page = await openPage(options, `{ ${NETWORK} } ${PROVIDER}`);
    const user = await exposeWallet(page.context());
    user.account = account;
    await page.goto(node.url);
    return { page, user };
  }

  async function openPage(options: BrowserContextOptions = {}, script = ''): Promise<Page> {
    const context = await browser.newContext(options);
    contexts.push(context);
    context.setDefaultTimeout(10_000);
    if (script !== '') await context.addInitScript(script);
    const page = await context.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => errors.push(`${message.text()} ${message.location().url}`));
    return page;
  }

  const logIn = (page: Page) => page.getByRole('button', { name: 'Log in with Test' }).click();
  const log = (page: Page) => page.getByRole('log');
  const notice = (page: Page) => page.getByRole('alert').innerText();
  async function isIn(page: Page): Promise<void> {
    await page.getByLabel('Your message').waitFor();
  }
  async function say(page: Page, text: string): Promise<void> {
    await page.getByLabel('Your message').fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
  }
  const hears = (page: Page, text: string) => log(page).getByText(text, { exact: true }).waitFor();
  const short = (address: string) => `${address.slice(0, 6)}…${address.slice(-4)}`;
  it('two wallets log in with one prompt each, and read what the other says as text, with its address', async () => {
    const [alice, bob] = [await visit('alice'), await visit('bob')];
    for (const { page } of [alice, bob]) {
      await logIn(page);
      await isIn(page);
    }
    await say(alice.page, 'hello');
    await hears(bob.page, 'hello');
    const markup = '<img src=x onerror="document.title=1"><b>bold</b>';
    await say(bob.page, markup);
    await hears(alice.page, markup);
    const lines = await log(alice.page).getByRole('listitem').allInnerTexts();
    expect(lines.map((line) => line.split(/\s+/)[0])).toEqual([addressOf('alice'), addressOf('bob')].map(short));
    expect(lines[0]).toMatch(/\(you\) \d+:\d\d/);
    expect(await log(alice.page).locator('img, b').count()).toBe(0);
    expect([alice.user, bob.user].map(({ prompts, connects }) => ({ prompts, connects }))).toEqual([
      { prompts: 1, connects: 1 },
      { prompts: 1, connects: 1 },
    ]);
  });

  it('a reload needs no prompt, and brings back what was said', async () => {
    const { page, user } = await visit('alice');
    await logIn(page);
    await say(page, 'before');
    await hears(page, 'before');
    await page.reload();
    await hears(page, 'before');
    await say(page, 'after');
    await hears(page, 'after');
    expect(await page.getByRole('button', { name: /^Log in/ }).count()).toBe(0);
    expect(user).toMatchObject({ prompts: 1, connects: 1 });
  });

  it('a page that only listens shows the node its renewed token, and hears on when the first one has ended', async () => {
    const [alice, bob] = [await visit('alice'), await visit('bob')];
    await alice.page.clock.install();
    await alice.page.reload();
    await logIn(alice.page);
    await isIn(alice.page);
    await expect.poll(() => node.devices.health().streams, soon).toBe(1);
    const renewed: string[] = [];
    const opened: string[] = [];
    node.devices.on('renewed', ({ wallet }) => renewed.push(wallet));
    alice.page.on('request', (request) => request.url().endsWith('/Listen') && opened.push(request.url()));

    clock.advance(56 * MINUTE_MS);
    await alice.page.clock.fastForward(56 * MINUTE_MS);
    await expect.poll(() => renewed, soon).toEqual([addressOf('alice')]);
    clock.advance(10 * MINUTE_MS); // the first token ended six minutes ago
    await bob.page.clock.install({ time: clock.now() });
    await bob.page.reload();
    await logIn(bob.page);
    await say(bob.page, 'still there?');
    await hears(alice.page, 'still there?');
    expect(opened).toEqual([]); // it is the stream of before
    expect(alice.user.prompts).toBe(1);
    expect(await notice(alice.page)).toBe('');
  });

  it('"Log out the others" ends the stream of the other device, whose page says so and offers to log in again', async () => {
    const [laptop, phone] = [await visit('alice'), await visit('alice')];
    for (const { page } of [laptop, phone]) {
      await logIn(page);
      await isIn(page);
      await page.getByText('My devices').click();
    }
    const devices = laptop.page.getByRole('list', { name: 'My devices' }).getByRole('listitem');
    await expect.poll(async () => (await devices.allInnerTexts()).length, soon).toBe(1);
    await laptop.page.getByLabel('Name of this device').fill('laptop');
    await laptop.page.getByRole('button', { name: 'Save' }).click();
    await expect
      .poll(async () => (await devices.allInnerTexts()).map((text) => text.split('\n')[0]).toSorted(), soon)
      .toEqual(['Chrome on Linux', 'laptop this device']);

    await laptop.page.getByRole('button', { name: 'Log out the others' }).click();
    const again = phone.page.getByRole('button', { name: 'Log in with Test' });
    await again.waitFor();
    expect(await notice(phone.page)).toMatch('This device was logged out by another of your devices');
    expect(await phone.page.getByRole('log').isVisible()).toBe(false);
    await expect.poll(() => devices.count(), soon).toBe(1);
    expect(node.devices.health().streams).toBe(1);

    await phone.page.reload();
    expect(phone.user.prompts).toBe(1);
    await again.click();
    await say(phone.page, 'back');
    await hears(laptop.page, 'back');
    expect(phone.user.prompts).toBe(2);
    expect(laptop.user.prompts).toBe(1);
  });

  it('"Log out this device" revokes it on the node and wipes its identity in the browser', async () => {
    const { page, user } = await visit('alice');
    const revoked: string[] = [];
    node.devices.on('revoked', ({ deviceId }) => revoked.push(deviceId));
    await logIn(page);
    await isIn(page);
    await page.getByText('My devices').click();
    await page.getByRole('button', { name: 'Log out this device' }).click();
    await expect.poll(() => notice(page), soon).toBe('You are logged out.');
    await expect.poll(() => revoked, soon).toHaveLength(1);
    await page.reload();
    await logIn(page);
    await isIn(page);
    expect(user.prompts).toBe(2);
  });

  it('a log-out that the node does not learn of is named', async () => {
    const { page } = await visit('alice');
    await logIn(page);
    await isIn(page);
    await page.route('**/RevokeDevice', (route) => route.abort());
    await page.getByText('My devices').click();
    await page.getByRole('button', { name: 'Log out this device' }).click();
    await expect.poll(() => notice(page), soon).toMatch('the node did not learn of it');
    expect(errors.splice(0)).toEqual([expect.stringContaining('/RevokeDevice')]); // the browser reports it itself
  });

  it('a stream that is lost is opened again, and brings what was said meanwhile, once', async () => {
    const [alice, bob] = [await visit('alice'), await visit('bob')];
    for (const { page } of [alice, bob]) await logIn(page);
    await say(bob.page, 'before');
    await hears(alice.page, 'before');
    await alice.page.route('**/Listen', (route) => route.abort());
    await alice.page.evaluate('stopStreams()');
    await alice.page.getByRole('status').getByText('The connection is lost').waitFor();
    await say(bob.page, 'meanwhile');
    await alice.page.unroute('**/Listen');
    await hears(alice.page, 'meanwhile');
    expect(await log(alice.page).getByRole('listitem').count()).toBe(2);
    expect(await alice.page.getByRole('status').innerText()).toBe('');
    for (const error of errors.splice(0)) expect(error).toContain('/Listen'); // the browser reports it itself
  });

  it('a prompt that is not answered can be given up, one that is rejected is named, and the next one may be approved', async () => {
    const { page, user } = await visit('alice');
    user.answer = 'leave open';
    await logIn(page);
    await page.getByRole('status').getByText('Your wallet asks you to sign').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => notice(page), soon).toBe('The login was cancelled.');
    user.answer = 'reject';
    await logIn(page);
    await expect.poll(() => notice(page), soon).toMatch('You rejected the request in your wallet');
    user.answer = undefined;
    await logIn(page);
    await isIn(page);
    expect(await notice(page)).toBe('');
  });

  it('the account that the wallet changes to has to log in itself', async () => {
    const { page, user } = await visit('alice');
    await logIn(page);
    await isIn(page);
    user.account = 'bob';
    await page.evaluate(`ethereum.emit('accountsChanged', ['${addressOf('bob')}'])`);
    await expect.poll(() => notice(page), soon).toMatch('Your wallet shows another account now');
    await logIn(page);
    await page.getByTitle(addressOf('bob')).first().waitFor();
    expect(user.prompts).toBe(2);
  });

  it('without a wallet the page says so and makes a demo wallet, marked as one, which a reload does not lose', async () => {
    const page = await openPage();
    await page.goto(node.url);
    await page.getByText('There is no wallet in this browser.').waitFor();
    await page.getByRole('button', { name: 'Use a demo wallet' }).click();
    await isIn(page);
    const address = await page.locator('#me-address [title]').getAttribute('title');
    await page.reload();
    await say(page, 'hello');
    await hears(page, 'hello');
    expect(await page.locator('#me').innerText()).toContain('demo wallet');
    expect(await page.locator('#me-address [title]').getAttribute('title')).toBe(address);
  });

  it('says in plain words that somebody sends too fast', async () => {
    const { page } = await visit('alice');
    await logIn(page);
    await isIn(page);
    const other = clientOf(node, mintIdentity()); // of the same wallet
    for (let number = 1; number <= 10; number++) await other.send({ wallet: addressOf('alice'), text: `${number}` });
    await say(page, 'one too many');
    await expect.poll(() => notice(page), soon).toMatch('That was too fast');
    expect(await page.getByLabel('Your message').inputValue()).toBe('one too many');
    expect(errors.splice(0)).toEqual([expect.stringContaining('429')]); // the browser reports the status itself
  });

  it('can be used by keyboard alone, and every control has a name', async () => {
    const { page } = await visit('alice');
    await page.getByRole('button', { name: 'Log in with Test' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await isIn(page);
    await page.keyboard.type('by hand'); // the field has the focus after the login
    await page.keyboard.press('Enter');
    await hears(page, 'by hand');
    await page.keyboard.press('Tab'); // "Send"
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter'); // opens the devices
    await page.keyboard.press('Tab');
    await page.keyboard.type('mine');
    await page.keyboard.press('Enter');
    await page.getByRole('list', { name: 'My devices' }).getByText('mine').waitFor();
    const unnamed = await page.evaluate(`[...document.querySelectorAll('button, input, img, section, ul[id]')]
      .filter((each) => each.tagName === 'IMG' ? each.getAttribute('alt') === null :
        !(each.textContent.trim() && each.tagName === 'BUTTON') && !each.labels?.length &&
        !each.getAttribute('aria-label') && !document.getElementById(each.getAttribute('aria-labelledby')))
      .map((each) => each.outerHTML)`);
    expect(unnamed).toEqual([]);
  });

  it('allows nothing in the page that is not its own, and lets no other page frame it', async () => {
    const { headers } = await fetch(node.url);
    const policy = headers.get('content-security-policy');
    for (const rule of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"])
      expect(policy).toContain(rule);
    expect(policy).not.toContain('unsafe');
  });

  it('fits a phone, with texts that have no place to break', async () => {
    const { page } = await visit('alice', { viewport: { width: 320, height: 568 } });
    await logIn(page);
    await say(page, `0x${'0123456789abcdef'.repeat(8)}`);
    await log(page).getByRole('listitem').waitFor();
    await page.getByText('My devices').click();
    await page.getByRole('list', { name: 'My devices' }).getByRole('listitem').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
  });

  const looks: [string, BrowserContextOptions][] = [
    ['light', { colorScheme: 'light', viewport: { width: 1000, height: 760 } }],
    ['dark', { colorScheme: 'dark', viewport: { width: 1000, height: 760 } }],
    ['phone', { colorScheme: 'light', viewport: { width: 360, height: 700 }, deviceScaleFactor: 2 }],
    ['phone-dark', { colorScheme: 'dark', viewport: { width: 360, height: 700 }, deviceScaleFactor: 2 }],
  ];
  it.each(screenshots === undefined ? [] : looks)('screenshots: %s', async (name, options) => {
    const shoot = (page: Page, step: string) => page.screenshot({ path: join(screenshots!, `${name}-${step}.png`) });
    const bare = await openPage(options);
    await bare.goto(node.url);
    await bare.getByRole('button', { name: 'Use a demo wallet' }).waitFor();
    await shoot(bare, '1-no-wallet');
    await bare.getByRole('button', { name: 'Use a demo wallet' }).click();
    await isIn(bare);
    await shoot(bare, '2-demo');

    const [{ page, user }, other, phone] = [await visit('alice', options), await visit('bob'), await visit('alice')];
    await page.getByRole('button', { name: 'Log in with Test' }).waitFor();
    await shoot(page, '3-wallet');
    user.answer = 'leave open';
    await logIn(page);
    await page.getByRole('status').getByText('asks you').waitFor();
    await shoot(page, '4-prompt');
    await page.getByRole('button', { name: 'Cancel' }).click();
    user.answer = 'reject';
    await logIn(page);
    await expect.poll(() => notice(page), soon).toMatch('rejected');
    await shoot(page, '5-rejected');
    user.answer = undefined;
    for (const each of [page, other.page, phone.page]) await logIn(each);
    const texts = ['Hello, who is there?', 'Me. '.repeat(40).trim(), `0x${'0123456789abcdef'.repeat(8)}`, 'مرحبا'];
    for (const [index, text] of texts.entries()) {
      await say(index % 2 === 0 ? page : other.page, text);
      await hears(page, text);
    }
    await shoot(page, '6-room');
    await page.getByText('My devices').click();
    await expect.poll(() => page.getByRole('list', { name: 'My devices' }).getByRole('listitem').count(), soon).toBe(2);
    await page.getByRole('button', { name: 'Log out this device' }).scrollIntoViewIfNeeded();
    await shoot(page, '7-devices');
    await node.devices.revokeWallet(addressOf('alice'));
    await expect.poll(() => notice(page), soon).toMatch('logged out');
    await shoot(page, '8-revoked');
  });
});

it('examples/chat/gen is what chat.proto makes', () => {
  const dir = mkdtempSync(join(tmpdir(), 'chat-'));
  try {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const [command, ...args] = scripts['generate:chat'].split(' ');
    execFileSync(join(root, 'node_modules/.bin', command), [...args, '--output', dir], { cwd: root });
    const path = 'examples/chat/gen/chat_pb.ts';
    expect(readFileSync(join(root, path), 'utf8')).toBe(readFileSync(join(dir, path), 'utf8'));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 30_000);

it('`npm run chat` prints where the chat is', async () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const command = scripts.chat.replace('npm run --silent build && ', '').replace('&& node', '&& exec node');
  expect(command).not.toBe(scripts.chat); // it runs what was built before
  const env = { ...process.env, PATH: `node_modules/.bin:${process.env['PATH']}` };
  const child = spawn('sh', ['-c', `${command} --port 0 2>&1`], { cwd: root, env });
  try {
    const [output] = await once(child.stdout, 'data');
    expect(String(output)).toMatch(/^The chat is at http:\S+ /);
    const [url = ''] = /http:\S+/.exec(String(output)) ?? [];
    expect(await (await fetch(url)).text()).toContain('<title>Wallet chat</title>');
    expect((await fetch(`${url}page.js`)).status).toBe(200);
  } finally {
    child.kill();
  }
}, 30_000);

describe('the node of the chat', () => {
  it('refuses messages without a token, in the name of another wallet, and of a wrong length', async () => {
    const node = await startChat({ page: { serve: () => false } });
    try {
      const [anonymous, alice] = [clientOf(node), clientOf(node, mintIdentity())];
      const failure = (promise: Promise<unknown>) =>
        promise.then(
          () => 'none',
          (error) => authReasonOf(error) ?? Code[error.code],
        );
      const [wallet, text] = [addressOf('alice'), 'hello'];
      expect(await failure(anonymous.send({ wallet, text }))).toBe('MISSING_CREDENTIALS');
      expect(await failure(alice.send({ wallet: addressOf('bob'), text }))).toBe('ACCESS_DENIED');
      for (const wrong of ['', '  ', 'x'.repeat(501)])
        expect(await failure(alice.send({ wallet, text: wrong }))).toBe('InvalidArgument');
      expect(await failure(alice.send({ wallet, text: 'x'.repeat(500) }))).toBe('none');
    } finally {
      await node.close();
    }
  });
});
