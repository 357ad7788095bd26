import { Buffer } from 'node:buffer';

import { Signature, verifyMessage, Wallet, type Eip1193Provider } from 'ethers';
import type { EIP1193Provider } from 'viem';
import { describe, expect, it, vi } from 'vitest';

import {
  createIdentity,
  createToken,
  type ProviderWallet,
  type WalletLike,
  type WalletSignature,
} from '../../src/client/index.js';
import { AuthError, createVerifier, decodeToken, nobleCurve } from '../../src/index.js';
import { settableClock, testWallets } from '../../src/testing/index.js';
import { statementText } from '../../src/token/statement.js';
import { browserProvider, realAddress, realWallets } from '../support/real-wallets.js';

const { alice, bob } = testWallets;

/** Alice's wallet, which answers with whatever is made of her signature, and keeps the texts it was shown. */
function walletThat(answer: (signature: Signature, text: string) => WalletSignature | Promise<WalletSignature>) {
  const shown: string[] = [];
  const wallet = {
    address: alice.address,
    signMessage({ message }: { message: string }) {
      shown.push(message);
      return answer(Signature.from(new Wallet(alice.privateKey).signMessageSync(message)), message);
    },
  };
  return { wallet, shown };
}

async function refusalBy(wallet: WalletLike): Promise<AuthError> {
  const end: unknown = await createIdentity(wallet).catch((failure: unknown) => failure);
  if (end instanceof AuthError) return end;
  throw new Error('not refused', { cause: end });
}

describe('createIdentity', () => {
  it.each(realWallets)('makes, with %s, an identity whose token a node takes', async (_, make) => {
    const identity = await createIdentity(await make());
    expect(identity.wallet).toBe(realAddress);
    const caller = createVerifier().verify(`Bearer ${createToken(identity)}`);
    expect(caller.wallet).toBe(realAddress);
    expect(caller.deviceId).toBe(identity.deviceId);
    expect(caller.identityKey).toEqual(identity.identityKey);
  });

  it('shows the wallet the identity statement, once, with the time in milliseconds', async () => {
    const { wallet, shown } = walletThat(({ serialized }) => serialized);
    const identity = await createIdentity(wallet, { now: () => new Date(1_660_761_120_551) });
    const key = { timestamp: 1_660_761_120_551n, bytes: identity.identityKey };
    expect(shown).toEqual([
      statementText(key, { title: 'XMTP : Create Identity', closing: 'For more info: https://xmtp.org/signatures/' }),
    ]);
  });

  it('asks a provider to sign once', async () => {
    const provider = browserProvider();
    await createIdentity(provider);
    expect(provider.asked.map(({ method }) => method)).toEqual(['eth_requestAccounts', 'personal_sign']);
  });

  it('makes a fresh key each time', async () => {
    const [one, two] = [await createIdentity(alice), await createIdentity(alice)];
    expect(one.deviceId).not.toBe(two.deviceId);
    expect(one.wallet).toBe(two.wallet);
  });

  it.each<[string, (signature: Signature) => WalletSignature]>([
    ['v 27 or 28', ({ serialized }) => serialized],
    ['v 0 or 1', ({ r, s, yParity }) => `${r}${s.slice(2)}0${yParity}`],
    ['EIP-2098', ({ compactSerialized }) => compactSerialized],
    ['bytes', ({ serialized }) => Uint8Array.from(Buffer.from(serialized.slice(2), 'hex'))],
  ])('takes a signature in the form: %s; whatever its recovery id', async (_, form) => {
    const recoveries = new Set<number>();
    for (let i = 0; i < 40 && recoveries.size < 2; i++) {
      const { wallet, shown } = walletThat((signature) => {
        recoveries.add(signature.yParity);
        return form(signature);
      });
      const token = decodeToken(createToken(await createIdentity(wallet)));
      const signature = token.identityKey?.signature;
      expect([0, 1]).toContain(signature?.recovery);
      const r = `0x${Buffer.from(signature!.bytes.subarray(0, 32)).toString('hex')}`;
      const s = `0x${Buffer.from(signature!.bytes.subarray(32)).toString('hex')}`;
      expect(verifyMessage(shown[0]!, { r, s, yParity: signature!.recovery as 0 | 1 })).toBe(alice.address);
    }
    expect(recoveries.size).toBe(2);
  });

  it.each<[string, (signature: Signature) => unknown]>([
    ['v 29', ({ r, s }) => `${r}${s.slice(2)}1d`],
    ['v 37, as of EIP-155', ({ r, s }) => `${r}${s.slice(2)}25`],
    ['66 bytes', ({ serialized }) => `${serialized}00`],
    ['nothing', () => undefined],
    ['an empty text', () => ''],
    ['r and s of zero', () => `0x${'00'.repeat(64)}1b`],
  ])('refuses a signature of %s', async (_, form) => {
    const { wallet } = walletThat((signature) => form(signature) as string);
    expect((await refusalBy(wallet)).reason).toBe('INVALID_WALLET_SIGNATURE');
  });

  it('refuses a wallet that signs with another key, and names both addresses', async () => {
    const { reason, message } = await refusalBy({ address: alice.address, signMessage: bob.signMessage });
    expect(reason).toBe('WALLET_MISMATCH');
    expect(message).toContain(alice.address);
    expect(message).toContain(bob.address);
  });

  it('refuses a wallet that signs another text', async () => {
    const { wallet } = walletThat((_, text) => alice.signMessage(`${text} `));
    expect((await refusalBy(wallet)).reason).toBe('WALLET_MISMATCH');
  });

  it('refuses the other recovery id', async () => {
    const { wallet } = walletThat(({ r, s, yParity }) => `${r}${s.slice(2)}0${1 - yParity}`);
    expect((await refusalBy(wallet)).reason).toBe('WALLET_MISMATCH');
  });

  it("fails with USER_REJECTED if the user rejects the request, with the wallet's own error as the cause", async () => {
    const cause = Object.assign(new Error('User rejected the request.'), { code: 4001 });
    const { wallet } = walletThat(() => Promise.reject(cause));
    const failure = expect.objectContaining({ name: 'WalletError', code: 'USER_REJECTED', cause });
    await expect(createIdentity(wallet)).rejects.toEqual(failure);
  });

  it('ends with its signal when the wallet hangs', async () => {
    const abort = new AbortController();
    const { wallet, shown } = walletThat(() => new Promise(() => undefined));
    const made = createIdentity(wallet, { signal: abort.signal });
    await vi.waitFor(() => expect(shown).toHaveLength(1));
    abort.abort(new Error('the dialog was closed'));
    await expect(made).rejects.toThrow(new Error('the dialog was closed'));
  });

  it('asks the wallet nothing once its signal is aborted', async () => {
    const provider = browserProvider();
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(createIdentity(provider, { signal })).rejects.toThrow('too late');
    expect(provider.asked).toEqual([]);
  });

  it('takes `window.ethereum` as viem types it, and as the documentation does', () => {
    const typed = (ethereum: EIP1193Provider, plain: ProviderWallet, ethers: Eip1193Provider): WalletLike[] => [
      ethereum,
      plain,
      ethers,
    ];
    expect(typed).toBeTypeOf('function');
  });

  it('certifies for another statement, which nodes of that network take and others do not', async () => {
    const statement = { title: 'Acme : Sign in', closing: 'https://acme.example' };
    const { now } = settableClock();
    const token = `Bearer ${createToken(await createIdentity(alice, { statement, now }), { now })}`;
    expect(createVerifier({ statement, now }).verify(token).wallet).toBe(alice.address);
    expect(() => createVerifier({ now }).verify(token)).toThrow(expect.objectContaining({ reason: 'WALLET_MISMATCH' }));
  });

  it('uses the curve it is given', async () => {
    const used: string[] = [];
    const curve = {
      ...nobleCurve,
      publicKey: (key: Uint8Array) => (used.push('publicKey'), nobleCurve.publicKey(key)),
      recover: (...args: Parameters<typeof nobleCurve.recover>) => (used.push('recover'), nobleCurve.recover(...args)),
    };
    await createIdentity(alice, { curve });
    expect(used).toEqual(['publicKey', 'recover']);
  });

  it.each([
    ['an unknown name', { clock: () => new Date() }],
    ['a wrong clock', { now: 0 }],
    ['a wrong statement', { statement: 'XMTP' }],
    ['a wrong signal', { signal: {} }],
    ['null', null],
  ])('refuses options with %s before the wallet is asked', async (_, options) => {
    const { wallet, shown } = walletThat(({ serialized }) => serialized);
    await expect(createIdentity(wallet, options as never)).rejects.toThrow(TypeError);
    expect(shown).toEqual([]);
  });

  it.each([-1, NaN])('refuses a clock that shows %d before the wallet is asked to sign', async (ms) => {
    const { wallet, shown } = walletThat(({ serialized }) => serialized);
    await expect(createIdentity(wallet, { now: () => new Date(ms) })).rejects.toThrow(/clock|now/);
    expect(shown).toEqual([]);
  });
});
