import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { exportIdentity } from '../../../src/client/import-identity.js';
import type { IdentityStorage } from '../../../src/storage/identity-storage.js';
import { memoryStorage } from '../../../src/storage/memory-storage.js';
import { createSession } from '../../../src/storage/session/create-session.js';
import type { SessionOptions } from '../../../src/storage/session/session-options.js';
import type { SessionStatus } from '../../../src/storage/session/session.js';
import { StorageError } from '../../../src/storage/storage-error.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { createVerifier } from '../../../src/verify/create-verifier.js';
import { hostileValues } from '../../support/hostile-values.js';
import { TestProvider, userSaysNo } from '../../support/provider-wallet.js';
import { realAddress, realWallets } from '../../support/real-wallets.js';

const { alice, bob } = testWallets;
const never = () => new Promise<never>(() => undefined);
const walletOf = (token: string) => createVerifier().verify(`Bearer ${token}`).wallet;
afterEach(() => void vi.useRealTimers());

/** A session of alice that ends with the test, and the statuses that it had. */
async function start(options: Partial<SessionOptions> = {}) {
  const { wallet = new TestProvider('alice'), storage = memoryStorage() } = options;
  const seen: SessionStatus[] = [];
  const session = await createSession({ onStatus: (status) => seen.push(status), ...options, wallet, storage });
  onTestFinished(() => session.close());
  return { session, storage, wallet: wallet as TestProvider, seen, reasons: () => seen.map(({ reason }) => reason) };
}

/** Statuses and the failure of a session that does not come about. */
async function failedStart(options: Partial<SessionOptions>) {
  const seen: SessionStatus[] = [];
  const onStatus = (status: SessionStatus) => seen.push(status);
  const made = start({ ...options, onStatus });
  return {
    seen,
    error: await made.then(
      () => undefined,
      (error: unknown) => error,
    ),
  };
}

describe('createSession', () => {
  it.each(realWallets)('is the one line that logs in with %s', async (_, make) => {
    const { session } = await start({ wallet: await make() });
    expect(session.identity?.wallet).toBe(realAddress);
    expect(walletOf(await session.source.get())).toBe(realAddress);
  });

  it('certifies once and restores from then on, for each wallet its own', async () => {
    const storage = memoryStorage();
    const first = await start({ storage });
    expect(first.reasons()).toEqual(['no-identity', 'wallet', 'certified']);
    const again = await start({ storage });
    expect(again.reasons()).toEqual(['restored']);
    expect(again.session.identity?.deviceId).toBe(first.session.identity?.deviceId);
    const other = await start({ storage, wallet: new TestProvider('bob') });
    expect(other.session.identity?.wallet).toBe(bob.address);
    expect([first, again, other].map(({ wallet }) => wallet.prompts)).toEqual([1, 0, 1]);
  });

  it('with `prompt: false` asks for nothing; `login` connects the wallet and certifies', async () => {
    const { session, wallet } = await start({ wallet: new TestProvider(), prompt: false });
    expect(wallet.asked).toEqual(['eth_accounts']);
    expect(session.status).toMatchObject({ state: 'signed-out', reason: 'no-identity', wallet: undefined });
    await expect(session.source.get()).rejects.toMatchObject({ name: 'SessionError', code: 'SIGNED_OUT' });
    expect((await session.login()).wallet).toBe(alice.address);
    expect(wallet.prompts).toBe(1);
  });

  it('shares a login under way: one prompt, and `get` waits for it', async () => {
    const { session, wallet } = await start({ prompt: false });
    const [one, two, token] = await Promise.all([session.login(), session.login(), session.source.get()]);
    expect(one).toBe(two);
    expect(walletOf(token)).toBe(alice.address);
    expect(wallet.prompts).toBe(1);
    await session.login();
    expect(wallet.prompts).toBe(1);
  });

  it('a signal ends the login that it was given to, and only the wait of one that joined', async () => {
    const wallet = new TestProvider('alice');
    const { session } = await start({ wallet, prompt: false });
    let approve!: (signature: unknown) => void;
    wallet.onSign = (text) => new Promise((resolve) => (approve = resolve)).then(() => alice.signMessage(text));
    const mine = new AbortController();
    const joined = new AbortController();
    const login = session.login({ signal: mine.signal });
    const other = session.login({ signal: joined.signal });
    joined.abort(new Error('not me'));
    await expect(other).rejects.toThrow('not me');
    expect(session.status.state).toBe('signing-in');
    await vi.waitFor(() => expect(wallet.prompts).toBe(1));
    mine.abort(new Error('cancel'));
    await expect(login).rejects.toThrow('cancel');
    expect(session.status).toMatchObject({ state: 'signed-out', reason: 'failed', error: new Error('cancel') });
    approve('late');
    await new Promise(setImmediate);
    expect(session.identity).toBeUndefined();
  });

  it('gives views of nodes that outlive logins', async () => {
    const { session } = await start();
    const view = session.source.forTarget('node-1:443');
    const token = await view.get();
    view.noteServerTime(Date.now());
    view.noteExpiry(token, Date.now() + 60_000);
    expect(await view.get()).toBe(token);
    view.invalidate(token);
    await session.logout();
    await expect(view.get()).rejects.toMatchObject({ code: 'SIGNED_OUT' });
    view.noteServerTime(Date.now());
    view.invalidate();
    await session.login();
    expect(walletOf(await view.get())).toBe(alice.address);
    expect(() => session.source.forTarget('')).toThrow(TypeError);
  });

  it('tells subscribers every status, and keeps on when one throws', async () => {
    const { session } = await start({ prompt: false });
    const heard: string[] = [];
    session.subscribe(() => {
      throw new Error('mine');
    });
    const stop = session.subscribe(({ reason }) => heard.push(reason));
    await session.login();
    stop();
    await session.logout();
    expect(heard).toEqual(['wallet', 'certified']);
    expect(Object.isFrozen(session.status)).toBe(true);
    expect(() => session.subscribe(undefined as never)).toThrow(TypeError);
  });

  it('`close` ends it and keeps what is stored', async () => {
    const { session, storage, wallet } = await start();
    session.close();
    expect(wallet.listenerCount('accountsChanged')).toBe(0);
    expect(session.status).toMatchObject({ state: 'signed-out', reason: 'closed', identity: undefined });
    for (const call of [session.source.get(), session.login(), session.logout()])
      await expect(call).rejects.toMatchObject({ code: 'CLOSED' });
    expect((await start({ storage })).reasons()).toEqual(['restored']);
  });

  it.each<[string, object]>([
    ['an unknown option', { wallets: [] }],
    ['prompt', { prompt: 1 }],
    ['promptTimeoutMs', { promptTimeoutMs: 999 }],
    ['revoke', { revoke: true }],
    ['onStatus', { onStatus: {} }],
    ['signal', { signal: {} }],
    ['statement', { statement: {} }],
    ['curve', { curve: {} }],
    ['tokenLifetimeMs', { tokenLifetimeMs: 0 }],
    ['maxClockAdvanceMs', { maxClockAdvanceMs: -1 }],
    ...hostileValues
      .filter(([name]) => !name.includes('proxy'))
      .map(([name, storage]) => [`${name} as storage`, { storage }] as [string, object]),
    ...hostileValues
      .filter(([name]) => !name.includes('proxy') && name !== 'undefined')
      .map(([name, wallet]) => [`${name} as wallet`, { wallet }] as [string, object]),
  ])('refuses a wrong option: %s', async (_, wrong) => {
    const options = { wallet: alice, storage: memoryStorage(), ...wrong };
    await expect(createSession(options)).rejects.toThrow(TypeError);
  });
});

describe('a session whose wallet', () => {
  it.each<readonly [string, (wallet: TestProvider) => void, object]>([
    ['refuses', (wallet) => (wallet.onSign = userSaysNo), { code: 'USER_REJECTED' }],
    [
      'has a prompt open',
      (wallet) => (wallet.onSign = () => Promise.reject({ code: -32_002 })),
      { code: 'REQUEST_PENDING' },
    ],
    [
      'signs with another account',
      (wallet) => (wallet.onSign = (text) => bob.signMessage(text)),
      { reason: 'WALLET_MISMATCH' },
    ],
    ...hostileValues.map(
      ([name, value]) =>
        [
          `answers ${name}`,
          (wallet: TestProvider) => (wallet.onSign = () => value),
          name.includes('proxy') ? { code: 'WALLET_FAILED' } : { reason: 'INVALID_WALLET_SIGNATURE' },
        ] as const,
    ),
  ])('%s: a typed error, nothing stored, and the next login works', async (_, break_, error) => {
    const { session, wallet, storage } = await start({ prompt: false });
    const good = wallet.onSign;
    break_(wallet);
    await expect(session.login()).rejects.toMatchObject(error);
    expect(session.status).toMatchObject({ state: 'signed-out', reason: 'failed', error });
    await expect(session.source.get()).rejects.toMatchObject({ code: 'SIGNED_OUT', cause: error });
    expect(await storage.load(alice.address)).toBeUndefined();
    wallet.onSign = good;
    expect((await session.login()).wallet).toBe(alice.address);
  });

  it('refuses at once is none, and listens to nothing any more', async () => {
    const wallet = new TestProvider('alice');
    wallet.onSign = userSaysNo;
    const { seen, error } = await failedStart({ wallet });
    expect(error).toMatchObject({ code: 'USER_REJECTED' });
    expect(seen.at(-1)).toMatchObject({ reason: 'closed' });
    expect(wallet.listenerCount('accountsChanged')).toBe(0);
  });

  it('hangs in its prompt: TIMED_OUT after `promptTimeoutMs`', async () => {
    vi.useFakeTimers();
    const { session, wallet } = await start({ prompt: false, promptTimeoutMs: 5_000 });
    wallet.onSign = never;
    const login = session.login().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await login).toMatchObject({ name: 'WalletError', code: 'TIMED_OUT' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('hangs when asked for its accounts: TIMED_OUT after ten seconds', async () => {
    vi.useFakeTimers();
    const failed = failedStart({ wallet: { request: never } });
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await failed).error).toMatchObject({ code: 'TIMED_OUT' });
  });

  it('changes the account while its prompt is open: ACCOUNT_CHANGED, and nothing is stored or used', async () => {
    const { session, wallet, storage } = await start({ prompt: false });
    let approve!: () => void;
    wallet.onSign = (text) => new Promise<void>((resolve) => (approve = resolve)).then(() => alice.signMessage(text));
    const login = session.login();
    await vi.waitFor(() => expect(wallet.prompts).toBe(1));
    wallet.select('bob');
    await expect(login).rejects.toMatchObject({ name: 'SessionError', code: 'ACCOUNT_CHANGED' });
    approve();
    await new Promise(setImmediate);
    expect(session.status).toMatchObject({ state: 'signed-out', reason: 'account-changed', wallet: bob.address });
    expect(await storage.load(alice.address)).toBeUndefined();
  });
});

describe('a session whose user changes the account', () => {
  it('while the wallet is asked for its account believes the change, not the answer', async () => {
    const wallet = new TestProvider('alice');
    const request = vi.spyOn(wallet, 'request').mockImplementationOnce(async () => {
      wallet.select('bob');
      return [alice.address];
    });
    const { session } = await start({ wallet, prompt: false });
    expect(request).toHaveBeenCalledOnce();
    expect(session.status.wallet).toBe(bob.address);
  });

  it('puts the identity away at once, and never uses it for the new account', async () => {
    const { session, wallet, seen } = await start();
    const before = session.identity;
    wallet.select('bob');
    expect(session.status).toMatchObject({ state: 'signed-out', reason: 'account-changed', wallet: bob.address });
    expect(session.identity).toBeUndefined();
    await expect(session.source.get()).rejects.toMatchObject({ code: 'SIGNED_OUT' });
    expect(wallet.prompts).toBe(1);
    expect((await session.login()).wallet).toBe(bob.address);
    expect(walletOf(await session.source.get())).toBe(bob.address);
    wallet.select('alice');
    expect(walletOf(await session.source.get())).toBe(alice.address); // waits for the storage
    expect(session.identity?.deviceId).toBe(before?.deviceId);
    expect(wallet.prompts).toBe(2);
    for (const { identity, wallet: shown } of seen) if (identity) expect(identity.wallet).toBe(shown);
  });

  it('while a token is made gives none of the account before', async () => {
    const { session, wallet } = await start();
    const token = session.source.get();
    wallet.select('bob');
    await expect(token).rejects.toMatchObject({ code: 'SIGNED_OUT' });
  });

  it('disconnects the wallet: signed out, until it shows the account again', async () => {
    const { session, wallet } = await start();
    wallet.select(undefined);
    expect(session.status).toMatchObject({ state: 'signed-out', reason: 'disconnected', wallet: undefined });
    wallet.select('alice');
    expect(walletOf(await session.source.get())).toBe(alice.address);
    expect(wallet.prompts).toBe(1);
  });

  it('back and forth while the storage is slow ends with the last account', async () => {
    const inner = memoryStorage();
    const slow: IdentityStorage = {
      ...inner,
      load: (wallet) => new Promise(setImmediate).then(() => inner.load(wallet)),
    };
    const { session, wallet } = await start({ storage: slow });
    wallet.select('bob');
    await session.login();
    for (const name of ['alice', 'bob', 'alice'] as const) wallet.select(name);
    expect(walletOf(await session.source.get())).toBe(alice.address);
    await new Promise(setImmediate);
    expect(session.identity?.wallet).toBe(alice.address);
  });
});

describe('logout', () => {
  it('wipes what is stored, and revokes while the source still gives tokens of the device', async () => {
    const revoked: unknown[] = [];
    const { session, storage } = await start({
      revoke: async (deviceId) => {
        revoked.push(deviceId, createVerifier().verify(`Bearer ${await session.source.get()}`).deviceId);
      },
    });
    const id = session.identity?.deviceId;
    const logout = session.logout();
    expect(session.status).toMatchObject({ state: 'signed-out', reason: 'logged-out', identity: undefined });
    expect(session.logout()).toBe(logout);
    await logout;
    expect(revoked).toEqual([id, id]);
    expect(await storage.load(alice.address)).toBeUndefined();
    await expect(session.source.get()).rejects.toMatchObject({ code: 'SIGNED_OUT' });
  });

  it.each<[string, () => Promise<void>]>([
    ['rejects', () => Promise.reject(new Error('offline'))],
    [
      'throws',
      () => {
        throw new Error('offline');
      },
    ],
    ['hangs', never],
  ])('wipes all the same when `revoke` %s, and says NOT_REVOKED', async (_, revoke) => {
    const { session, storage } = await start({ revoke });
    vi.useFakeTimers();
    const logout = session.logout().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await logout).toMatchObject({ name: 'SessionError', code: 'NOT_REVOKED' });
    expect(await storage.load(alice.address)).toBeUndefined();
    await expect(session.source.get()).rejects.toMatchObject({ code: 'SIGNED_OUT' });
  });

  it('that did not revoke does not stand in the way of a login that waited for it', async () => {
    const { session } = await start({ revoke: () => Promise.reject(new Error('offline')) });
    const [logout, login] = await Promise.allSettled([session.logout(), session.login()]);
    expect([logout.status, login.status]).toEqual(['rejected', 'fulfilled']);
    expect(walletOf(await session.source.get())).toBe(alice.address);
  });

  it('during a login ends that and wipes what it stored', async () => {
    const storage = memoryStorage();
    const saved = vi.fn<IdentityStorage['save']>(async (...args) => {
      void session.logout();
      await storage.save(...args);
    });
    const { session } = await start({ prompt: false, storage: { ...storage, save: saved } });
    await expect(session.login()).rejects.toMatchObject({ code: 'LOGGED_OUT' });
    await session.logout();
    expect(saved).toHaveBeenCalledOnce();
    expect(await storage.load(alice.address)).toBeUndefined();
    expect(session.identity).toBeUndefined();
  });

  it('gives no token of the account before while it revokes, if the user changes the account meanwhile', async () => {
    const { session, wallet } = await start({ revoke: never });
    vi.useFakeTimers();
    const logout = session.logout().catch((error: unknown) => error);
    wallet.select('bob');
    await expect(session.source.get()).rejects.toMatchObject({ code: 'SIGNED_OUT' });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await logout).toMatchObject({ code: 'NOT_REVOKED' });
  });

  it('is over before a login begins that a listener asked for at once', async () => {
    const storage = memoryStorage();
    const slow = { ...storage, remove: (of: string) => new Promise(setImmediate).then(() => storage.remove(of)) };
    const { session, wallet } = await start({ storage: slow });
    const { deviceId } = session.identity!;
    let login: Promise<unknown> | undefined;
    session.subscribe(({ reason }) => {
      if (reason === 'logged-out') login = session.login();
    });
    await session.logout();
    await login;
    expect(session.identity?.deviceId).not.toBe(deviceId);
    expect(await storage.load(alice.address)).toEqual(exportIdentity(session.identity!));
    expect(wallet.prompts).toBe(2);
  });

  it('rejects with what the storage fails with', async () => {
    const storage = { ...memoryStorage(), remove: () => Promise.reject(new StorageError('FAILED', 'mine')) };
    const { session } = await start({ storage });
    await expect(session.logout()).rejects.toThrow('mine');
    expect(session.identity).toBeUndefined();
  });

  it('without an identity wipes what the account has stored', async () => {
    const storage = memoryStorage();
    await storage.save(alice.address, Uint8Array.of(9));
    const { session } = await start({ storage, prompt: false });
    await session.logout();
    expect(await storage.load(alice.address)).toBeUndefined();
  });
});

describe('a session whose storage', () => {
  const broken = { ...memoryStorage(), isPersistent: true };

  it.each<[string, () => Uint8Array]>([
    ['of an older format', () => Uint8Array.of(0, ...exportIdentity(mintIdentity()).subarray(1))],
    ['of a later format', () => Uint8Array.of(2, ...exportIdentity(mintIdentity()).subarray(1))],
    ['that is damaged', () => exportIdentity(mintIdentity()).subarray(0, -1)],
    ['of another wallet', () => exportIdentity(mintIdentity({ wallet: bob }))],
    ['of another network', () => exportIdentity(mintIdentity({ statement: { title: 'Other', closing: 'x' } }))],
    ['that is no bytes', () => 'identity' as never],
  ])('has an identity %s certifies again and replaces it', async (_, bytes) => {
    const storage = memoryStorage();
    let kept: Uint8Array | undefined = bytes();
    const { session, wallet } = await start({
      storage: { ...storage, load: async () => kept, save: async (_wallet, identity) => void (kept = identity) },
    });
    expect(session.status).toMatchObject({ reason: 'certified', wallet: alice.address });
    expect(wallet.prompts).toBe(1);
    expect(kept).toEqual(exportIdentity(session.identity!));
  });

  it.each<[string, IdentityStorage['save']]>([
    ['rejects', () => Promise.reject(new Error('full'))],
    ['hangs', never],
  ])('%s when it saves: signed in, not stored', async (_, save) => {
    const { session } = await start({ storage: { ...broken, save }, prompt: false });
    vi.useFakeTimers();
    const login = session.login();
    await vi.advanceTimersByTimeAsync(15_000);
    await login;
    expect(session.status).toMatchObject({ state: 'signed-in', isStored: false });
  });

  it('keeps what is there says so', async () => {
    expect((await start({ storage: broken })).session.status.isStored).toBe(true);
    expect((await start()).session.status.isStored).toBe(false);
  });

  it.each<[string, IdentityStorage['load'], object]>([
    ['rejects', () => Promise.reject(new StorageError('OTHER_WALLET', 'mine')), { code: 'OTHER_WALLET' }],
    ['hangs', never, { code: 'FAILED' }],
  ])('%s when it is read prompts for nothing, and replaces nothing', async (_, load, error) => {
    vi.useFakeTimers();
    const wallet = new TestProvider('alice');
    const save = vi.fn<IdentityStorage['save']>(async () => undefined);
    const failed = failedStart({ wallet, storage: { ...broken, load, save } });
    await vi.advanceTimersByTimeAsync(15_000);
    expect((await failed).error).toMatchObject(error);
    expect(wallet.prompts).toBe(0);
    expect(save).not.toHaveBeenCalled();
  });

  it('got an identity from elsewhere during the prompt: the first that was stored is used', async () => {
    const storage = memoryStorage();
    const wallet = new TestProvider('alice');
    const theirs = mintIdentity();
    wallet.onSign = async (text) => {
      await storage.save(alice.address, exportIdentity(theirs));
      return alice.signMessage(text);
    };
    const { session } = await start({ storage, wallet });
    expect(session.identity?.deviceId).toBe(theirs.deviceId);
    expect(session.status.reason).toBe('restored');
  });
});
