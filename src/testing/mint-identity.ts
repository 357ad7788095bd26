import { certificateText } from '../client/check-certificate.js';
import { deviceIdentity, type DeviceIdentity } from '../client/device-identity.js';
import { epochNs } from '../client/sign-token.js';
import { sha256 } from '../crypto/hash.js';
import { nobleCurve } from '../crypto/noble-curve.js';
import { knownOptions, requiredInteger } from '../options.js';
import { validateStatement, xmtpStatement, type Statement } from '../token/statement.js';
import { personalSign } from './personal-sign.js';
import { testWallets, type TestWallet } from './test-wallets.js';

/** Options of `mintIdentity`. All are optional. */
export interface MintIdentityOptions {
  /** The wallet that certifies the device. Default: `testWallets.alice`. */
  wallet?: Pick<TestWallet, 'address' | 'privateKey'> | undefined;
  /** The device's name: each name gives another device of the wallet. Default `phone`. */
  device?: string | undefined;
  /** The statement text that wallets sign on this network. Default: XMTP's. */
  statement?: Statement | undefined;
  /** When its certificate ends, in milliseconds since the Unix epoch. Default: never. */
  certificateExpiresAtMs?: number | undefined;
}

/** The names of all options of `mintIdentity`. */
export const mintIdentityOptionNames = ['wallet', 'device', 'statement', 'certificateExpiresAtMs'] as const;

/** The last millisecond whose nanoseconds fit into 64 bits, in 2554. */
const MAX_MS = 18_446_744_073_709;

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
  const { certificateExpiresAtMs: endMs } = options;
  const end =
    endMs === undefined ? {} : { notAfterNs: epochNs(requiredInteger('certificateExpiresAtMs', endMs, 1, MAX_MS)) };
  const unsigned = { timestamp: MADE_AT_MS, bytes: nobleCurve.publicKey(privateKey), ...end };
  const text = certificateText(unsigned, wallet.address, validateStatement(statement));
  const signature = { kind: 'ecdsa_compact', ...personalSign(text, wallet.privateKey) } as const;
  return deviceIdentity({ wallet: wallet.address, privateKey, key: { ...unsigned, signature } });
}
