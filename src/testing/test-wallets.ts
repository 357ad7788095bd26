import type { Address } from '../crypto/address.js';
import { toHex } from '../crypto/hex.js';
import { personalSign } from './personal-sign.js';

/** A wallet with a public private key, for tests only. Usable as the `wallet` of `createIdentity`. */
export interface TestWallet {
  /** In EIP-55 case. */
  readonly address: Address;
  /** Its private key as hex with `0x`, to make the same wallet with another library. */
  readonly privateKey: `0x${string}`;
  /** Signs as `personal_sign` does, deterministically. Accepts a text, or `{ message }` with a text. */
  readonly signMessage: (message: string | { message: string }) => Promise<`0x${string}`>;
}

/**
 * Three throw-away wallets that are the same in every run; their private keys are 32 times the byte 11, 22 or 33 (hex).
 * @example
 * import { createIdentity } from 'grpc-wallet-auth/client';
 * import { testWallets } from 'grpc-wallet-auth/testing';
 *
 * const { alice, bob, carol } = testWallets;
 * const identity = await createIdentity(alice);
 */
export const testWallets = Object.freeze({
  alice: testWallet('0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A', '11'),
  bob: testWallet('0x1563915e194D8CfBA1943570603F7606A3115508', '22'),
  carol: testWallet('0x5CbDd86a2FA8Dc4bDdd8a8f69dBa48572EeC07FB', '33'),
});

function testWallet(address: Address, byte: string): TestWallet {
  const privateKey = `0x${byte.repeat(32)}` as const;
  return Object.freeze({
    address,
    privateKey,
    signMessage: async (message: string | { message: string }) => {
      const { bytes, recovery } = personalSign(typeof message === 'string' ? message : message.message, privateKey);
      return toHex(Uint8Array.of(...bytes, 27 + recovery));
    },
  });
}
