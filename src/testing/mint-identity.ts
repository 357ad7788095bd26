import { deviceIdentity, type DeviceIdentity } from '../client/device-identity.js';
import { sha256 } from '../crypto/hash.js';
import { nobleCurve } from '../crypto/noble-curve.js';
import { knownOptions } from '../options.js';
import { statementText, validateStatement, xmtpStatement, type IdentityStatement } from '../token/statement.js';
import { personalSign } from './personal-sign.js';
import { testWallets, type TestWallet } from './test-wallets.js';

/** Which device of whom. Every option may be left out. */
export interface MintIdentityOptions {
  /** Whose device. Default: `testWallets.alice`. */
  wallet?: Pick<TestWallet, 'address' | 'privateKey'> | undefined;
  /** Any name; another name is another device. Default `phone`. */
  device?: string | undefined;
  /** The words that wallets sign on this network. Default: XMTP's. */
  statement?: IdentityStatement | undefined;
}

/** The names of all options of `mintIdentity`. */
export const mintIdentityOptionNames = ['wallet', 'device', 'statement'] as const;

/** When every minted identity key was made, in milliseconds since the Unix epoch: the first moment of 2025, in UTC. */
const MADE_AT_MS = BigInt(Date.UTC(2025, 0));

/**
 * Makes a certified identity out of nothing, without a wallet prompt and at once. Equal options give an equal identity, in
 * every run: its private key can be guessed, so it is for tests only.
 * @throws TypeError if an option is wrong.
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
