import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import type { IdentityStorage } from '../../../src/storage/identity-storage.js';
import { memoryStorage } from '../../../src/storage/memory-storage.js';
import { createSession } from '../../../src/storage/session/create-session.js';
import { withPromptLock } from '../../../src/storage/session/prompt-lock.js';
import type { SessionOptions } from '../../../src/storage/session/session-options.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { TestProvider, userSaysNo } from '../../support/provider-wallet.js';

const { alice } = testWallets;
let storage: IdentityStorage;
let name = 0;
beforeEach(() => {
  storage = { ...memoryStorage(), isPersistent: true, sharedName: `tabs ${++name}` };
});
afterEach(() => void vi.unstubAllGlobals());

/** The channel on which the tabs talk. */
function channel() {
  const opened = new BroadcastChannel(`grpc-wallet-auth ${storage.sharedName}`);
  onTestFinished(() => opened.close());
  return opened;
}

/** A session in a tab of its own; all tabs have the storage and the wallet in common. */
async function tab(wallet: TestProvider, options: Partial<SessionOptions> = {}) {
  const session = await createSession({ wallet, storage, prompt: false, ...options });
  onTestFinished(() => session.close());
  return session;
}

describe('sessions with one shared storage', () => {
  it('that log in together show one prompt, also where there are no Web Locks', async () => {
    const wallet = new TestProvider();
    const tabs = await Promise.all([tab(wallet), tab(wallet), tab(wallet)]);
    const identities = await Promise.all(tabs.map((session) => session.login()));
    expect(new Set(identities.map(({ deviceId }) => deviceId)).size).toBe(1);
    expect(wallet.prompts).toBe(1);
  });

  it('log in with each other: a tab that waits for nothing restores what another stored', async () => {
    const wallet = new TestProvider('alice');
    const [one, two] = [await tab(wallet), await tab(wallet)];
    await one.login();
    await vi.waitFor(() => expect(two.identity?.deviceId).toBe(one.identity?.deviceId));
    expect(wallet.prompts).toBe(1);
  });

  it('log out with each other', async () => {
    const wallet = new TestProvider('alice');
    const [one, two] = [await tab(wallet), await tab(wallet)];
    await one.login();
    await vi.waitFor(() => expect(two.identity).toBeDefined());
    await one.logout();
    await vi.waitFor(() => expect(two.status).toMatchObject({ state: 'signed-out', reason: 'logged-out' }));
    await expect(two.source.get()).rejects.toMatchObject({ code: 'SIGNED_OUT' });
  });

  it('a prompt that is rejected in one tab is not shown by those that wait for it', async () => {
    const wallet = new TestProvider('alice');
    const [one, two] = [await tab(wallet), await tab(wallet)];
    let refuse!: () => void;
    wallet.onSign = () => new Promise<void>((resolve) => (refuse = resolve)).then(userSaysNo);
    const logins = [one.login(), two.login()].map((login) => login.catch((error: { code: string }) => error.code));
    await vi.waitFor(() => expect(wallet.prompts).toBe(1));
    // here the lock is quicker than the message; in browsers reading the storage takes longer than both
    const { load } = storage;
    const heard = new Promise((resolve) => channel().addEventListener('message', resolve, { once: true }));
    vi.spyOn(storage, 'load').mockImplementation(async (of) => {
      await heard;
      await new Promise(setImmediate);
      return load(of);
    });
    refuse();
    expect(await Promise.all(logins)).toEqual(['USER_REJECTED', 'USER_REJECTED']);
    expect(wallet.prompts).toBe(1);
  });

  it('another tab that leaves its prompt open is waited for `promptTimeoutMs`, then PROMPT_ELSEWHERE', async () => {
    const wallet = new TestProvider('alice');
    const [one, two] = [await tab(wallet), await tab(wallet, { promptTimeoutMs: 2_000 })];
    wallet.onSign = () => new Promise(() => undefined);
    vi.useFakeTimers();
    const first = one.login().catch((error: { code: string }) => error.code);
    const second = two.login().catch((error: { code: string }) => error.code);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await second).toBe('PROMPT_ELSEWHERE');
    expect(two.status).toMatchObject({ state: 'signed-out', reason: 'failed' });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(await first).toBe('TIMED_OUT');
    vi.useRealTimers();
    expect(wallet.prompts).toBe(1);
  });

  it('a prompt that timed out lets the next tab have its own', async () => {
    const wallet = new TestProvider('alice');
    const [one, two] = [await tab(wallet, { promptTimeoutMs: 1_000 }), await tab(wallet)];
    wallet.onSign = () => new Promise(() => undefined);
    vi.useFakeTimers();
    const first = one.login().catch((error: { code: string }) => error.code);
    const second = two.login();
    await vi.advanceTimersByTimeAsync(999);
    wallet.onSign = (text) => alice.signMessage(text);
    await vi.advanceTimersByTimeAsync(1);
    vi.useRealTimers();
    expect(await first).toBe('TIMED_OUT');
    expect((await second).wallet).toBe(alice.address);
  });

  it('messages that are none, and those of other wallets, change nothing', async () => {
    const wallet = new TestProvider('alice');
    const session = await tab(wallet);
    await session.login();
    const tabs = channel();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- channels have none
    const post = (message: unknown) => tabs.postMessage(message);
    const others = testWallets.bob.address;
    for (const message of [undefined, null, 1, 'removed', {}, { kind: 'removed' }, { kind: 'removed', wallet: others }])
      post(message);
    const { deviceId } = session.identity!;
    post({ kind: 'saved', wallet: alice.address });
    await vi.waitFor(() => expect(session.status.reason).toBe('restored'));
    expect(session.identity?.deviceId).toBe(deviceId);
  });
});

describe('withPromptLock', () => {
  const { signal } = new AbortController();
  const locksThat = (request: (...args: never[]) => unknown) => vi.stubGlobal('navigator', { locks: { request } });

  it('asks for a Web Lock where there are some', async () => {
    const request = vi.fn<(name: string, options: object, run: () => unknown) => unknown>((_name, _options, run) =>
      run(),
    );
    locksThat(request);
    expect(await withPromptLock('a', signal, async () => 7)).toBe(7);
    expect(request).toHaveBeenCalledExactlyOnceWith('grpc-wallet-auth a', { signal }, expect.any(Function));
  });

  it('makes do with this page where Web Locks refuse, but never runs twice', async () => {
    locksThat(() => Promise.reject(new DOMException('no', 'SecurityError')));
    expect(await withPromptLock('a', signal, async () => 7)).toBe(7);
    locksThat(async (...[, , run]: [string, object, () => unknown]) => run());
    const run = vi.fn<() => Promise<never>>(() => Promise.reject(new Error('mine')));
    await expect(withPromptLock('a', signal, run)).rejects.toThrow('mine');
    expect(run).toHaveBeenCalledOnce();
  });

  it('without Web Locks keeps the order, ends a wait with its signal, and goes on after failures', async () => {
    const order: string[] = [];
    let finish!: () => void;
    const first = withPromptLock('b', signal, () => new Promise<void>((resolve) => (finish = resolve)));
    const enough = new AbortController();
    const second = withPromptLock('b', enough.signal, async () => order.push('second'));
    const third = withPromptLock('b', signal, async () => order.push('third'));
    await withPromptLock('other', signal, async () => order.push('other'));
    enough.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    expect(order).toEqual(['other']);
    finish();
    await Promise.all([first, third]);
    expect(order).toEqual(['other', 'third']);
  });
});
