import { Buffer } from 'node:buffer';

import { Signature, verifyMessage, Wallet } from 'ethers';
import { describe, expect, it } from 'vitest';

import { signRevocation, WalletError, type RevocationOptions, type WalletSignature } from '../../src/client/index.js';
import { testWallets } from '../../src/testing/index.js';
import { browserProvider, realAddress, realWallets } from '../support/real-wallets.js';

const { alice, bob } = testWallets;
const networkName = 'notes.example';
const now = () => new Date(Date.UTC(2026, 0, 31, 12));
const deviceId = `${alice.address}/${'0a'.repeat(16)}`;

/** Alice's wallet, which answers with whatever is made of her signature, and keeps the texts it was shown. */
function walletThat(answer: (signature: Signature) => unknown = ({ serialized }) => serialized) {
  const shown: string[] = [];
  const wallet = {
    address: alice.address,
    signMessage({ message }: { message: string }) {
      shown.push(message);
      return answer(Signature.from(new Wallet(alice.privateKey).signMessageSync(message))) as WalletSignature;
    },
  };
  return { wallet, shown };
}

describe('signRevocation', () => {
  it.each(realWallets)('with %s, signs that all devices until now are revoked', async (_, make) => {
    const { wallet, untilMs, signature, deviceId: none } = await signRevocation(await make(), { networkName, now });
    expect({ wallet, untilMs, none }).toEqual({ wallet: realAddress, untilMs: now().getTime(), none: undefined });
    const text = `grpc-wallet-auth : Revoke\nnetwork notes.example\nwallet ${realAddress}\nall devices until 2026-01-31T12:00:00.000Z`;
    expect(verifyMessage(text, `0x${Buffer.from(signature).toString('hex')}`)).toBe(realAddress);
  });

  it('prompts the wallet once', async () => {
    const provider = browserProvider();
    await signRevocation(provider, { networkName });
    expect(provider.asked.map(({ method }) => method)).toEqual(['eth_requestAccounts', 'personal_sign']);
  });

  it.each<[string, Partial<RevocationOptions>, string, object]>([
    ['one device', { deviceId }, `device ${'0a'.repeat(16)}`, { deviceId, untilMs: undefined }],
    [
      'all until a time',
      { until: new Date(1_500) },
      'all devices until 1970-01-01T00:00:01.500Z',
      { deviceId: undefined, untilMs: 1_500 },
    ],
  ])('shows the wallet the text about %s, and answers with the fields', async (_, scope, line, fields) => {
    const { wallet, shown } = walletThat();
    expect(await signRevocation(wallet, { networkName, ...scope })).toMatchObject({ wallet: alice.address, ...fields });
    expect(shown).toEqual([`grpc-wallet-auth : Revoke\nnetwork notes.example\nwallet ${alice.address}\n${line}`]);
  });

  it.each<[string, (signature: Signature) => WalletSignature]>([
    ['v 27 or 28', ({ serialized }) => serialized],
    ['v 0 or 1', ({ r, s, yParity }) => `${r}${s.slice(2)}0${yParity}`],
    ['EIP-2098', ({ compactSerialized }) => compactSerialized],
  ])('takes a signature in the form %s, and answers with 65 bytes that end with 0 or 1', async (_, form) => {
    const { signature } = await signRevocation(walletThat(form).wallet, { networkName });
    expect(signature).toHaveLength(65);
    expect([0, 1]).toContain(signature[64]);
  });

  it.each<[string, object, (error: unknown) => unknown]>([
    ['signed with another key', { reason: 'WALLET_MISMATCH' }, () => bob.signMessage('something else')],
    ['answered nonsense', { reason: 'INVALID_WALLET_SIGNATURE' }, () => '0x1234'],
    ['answered r and s of zero', { reason: 'INVALID_WALLET_SIGNATURE' }, () => `0x${'00'.repeat(64)}1b`],
  ])('refuses a wallet that %s', async (_, expected, answer) => {
    await expect(signRevocation(walletThat(answer).wallet, { networkName })).rejects.toMatchObject(expected);
  });

  it('rejects with the WalletError of a user who says no', async () => {
    const { wallet } = walletThat(() => {
      throw Object.assign(new Error('no'), { code: 4001 });
    });
    const error: unknown = await signRevocation(wallet, { networkName }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WalletError);
    expect(error).toMatchObject({ code: 'USER_REJECTED' });
  });

  it('rejects with the reason of a signal that is aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(signRevocation(walletThat().wallet, { networkName, signal })).rejects.toThrow('enough');
  });

  it.each<[string, object]>([
    ['networkName must', {}],
    ['networkName must', { networkName: 'a ' }],
    ['deviceId must be <wallet>/<32 hex digits>', { networkName, deviceId: '0a'.repeat(16) }],
    ['deviceId must be a device of the wallet', { networkName, deviceId: `${bob.address}/${'0a'.repeat(16)}` }],
    ['deviceId and until exclude', { networkName, deviceId, until: new Date(1) }],
    ['until must', { networkName, until: new Date(NaN) }],
    ['until must', { networkName, until: new Date(0) }],
    ['until must', { networkName, until: new Date(253_402_300_800_000) }],
    ['until must', { networkName, until: '2026-01-31' }],
    ['unknown option', { networkName, statement: { title: 'a', closing: 'b' } }],
  ])('throws a TypeError without a prompt: %s', async (message, options) => {
    const { wallet, shown } = walletThat();
    const error: unknown = await signRevocation(wallet, options as RevocationOptions).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(message);
    expect(shown).toEqual([]);
  });
});
