import { deviceIdentity, type DeviceIdentity } from '../client/device-identity.js';
import { sha256 } from '../crypto/hash.js';
import { nobleCurve } from '../crypto/noble-curve.js';
import { knownOptions } from '../options.js';
import { statementText, validateStatement, xmtpStatement, type IdentityStatement } from '../token/statement.js';
import { personalSign } from './personal-sign.js';
import { testWallets, type TestWallet } from './test-wallets.js';

/** Options of `mintIdentity`. All are optional. */
export interface MintIdentityOptions {
  /** The wallet that certifies the device. Default: `testWallets.alice`. */
  wallet?: Pick<TestWallet, 'address' | 'privateKey'> | undefined;
  /** The device's name: each name gives another device of the wallet. Default `phone`. */
  device?: string | undefined;
  /** The statement text that wallets sign on this network. Default: XMTP's. */
  statement?: IdentityStatement | undefined;
}

/** The names of all options of `mintIdentity`. */
export const mintIdentityOptionNames = ['wallet', 'device', 'statement'] as const;

/** The creation time of all minted identity keys, in milliseconds since the Unix epoch: the start of 2025, in UTC. */
const MADE_AT_MS = BigInt(Date.UTC(2025, 0));

/**
 * Makes a certified identity synchronously, without a wallet prompt. Equal options give an equal identity in every run: its
 * private key is public knowledge, so it is for tests only.
 * @throws TypeError if an option is wrong.
 * @example
 * import { createTokenSource } from 'grpc-wallet-auth/client';
 * import { mintIdentity, testWallets } from 'grpc-wallet-auth/testing';
 *
 * const laptop = mintIdentity({ wallet: testWallets.bob, device: 'laptop' });
 * const source = createTokenSource(laptop);
 */
export function mintIdentity(options: MintIdentityOptions = {}): DeviceIdentity {
  knownOptions(options, mintIdentityOptionNames);
  const { wallet = testWallets.alice, device = 'phone', statement = xmtpStatement } = options;
  const privateKey = sha256(new TextEncoder().encode(`grpc-wallet-auth test device ${wallet.address} ${device}`));
  const unsigned = { timestamp: MADE_AT_MS, bytes: nobleCurve.publicKey(privateKey) };
  const text = statementText(unsigned, validateStatement(statement));
  const signature = { kind: 'ecdsa_compact', ...personalSign(text, wallet.privateKey) } as const;
  return deviceIdentity({ wallet: wallet.address, privateKey, key: { ...unsigned, signature } });
}
