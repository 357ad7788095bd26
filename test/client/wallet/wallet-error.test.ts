import { makeError } from 'ethers';
import { UserRejectedRequestError } from 'viem';
import { describe, expect, it } from 'vitest';

import { createIdentity, WalletError, type WalletErrorCode } from '../../../src/client/index.js';
import { testWallets } from '../../../src/testing/index.js';
import { hostileValues } from '../../support/hostile-values.js';

const { address } = testWallets.alice;

/** What createIdentity fails with when the wallet does so. */
async function failureOf(thrown: unknown): Promise<unknown> {
  const wallet = { address, signMessage: () => Promise.reject(thrown) };
  return createIdentity(wallet).then(
    () => undefined,
    (failure: unknown) => failure,
  );
}

const coded = (code: unknown, cause?: unknown) => Object.assign(new Error('no', { cause }), { code });

describe('a WalletError', () => {
  it.each<[string, unknown, WalletErrorCode]>([
    ['a rejection by EIP-1193', coded(4001), 'USER_REJECTED'],
    ['a rejection that is a plain object', { code: 4001, message: 'no' }, 'USER_REJECTED'],
    ['a rejection by WalletConnect', coded(5000), 'USER_REJECTED'],
    ["viem's rejection", new UserRejectedRequestError(new Error('no')), 'USER_REJECTED'],
    [
      "ethers' rejection",
      makeError('user rejected action', 'ACTION_REJECTED', { action: 'signMessage', reason: 'rejected' }),
      'USER_REJECTED',
    ],
    ['a rejection inside another error', coded(-32_603, coded('UNKNOWN', coded(4001))), 'USER_REJECTED'],
    ['a prompt that is open already', coded(-32_002), 'REQUEST_PENDING'],
    ['another code', coded(4100), 'WALLET_FAILED'],
    ['a code as text', coded('4001'), 'WALLET_FAILED'],
    ['no code', new Error('no'), 'WALLET_FAILED'],
    ['errors that are their own cause', circular(), 'WALLET_FAILED'],
    ...hostileValues.map(([name, value]) => [name, value, 'WALLET_FAILED'] as [string, unknown, WalletErrorCode]),
  ])('is what becomes of %s', async (_, thrown, code) => {
    const failure = await failureOf(thrown);
    expect(failure).toBeInstanceOf(WalletError);
    expect(failure).toBeInstanceOf(Error);
    const { name, code: got, cause } = failure as WalletError;
    expect([name, got]).toEqual(['WalletError', code]);
    expect(Object.is(cause, thrown)).toBe(true);
  });

  it("has a fixed message for what users do, and the wallet's own for the rest", async () => {
    expect(await failureOf(coded(4001))).toMatchObject({ message: 'the request was rejected in the wallet' });
    expect(await failureOf(coded(-32_002))).toMatchObject({ message: 'a request of the wallet is still open' });
    expect(await failureOf(new Error('out of paper'))).toMatchObject({ message: 'the wallet failed: out of paper' });
    expect(await failureOf(undefined)).toMatchObject({ message: 'the wallet failed' });
  });
});

function circular(): Error {
  const error: Error & { cause?: unknown } = new Error('no');
  error.cause = error;
  return error;
}
