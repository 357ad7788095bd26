import { encodeUnsignedKey, type UnsignedKey } from './encode-token.js';
import { keyTimeMs, LAST_MS, nsToMs } from './times.js';
import { TEXT, type StatementSigner, type WrittenStatement } from './written-statement.js';

/**
 * A statement in the form of "Sign-In with Ethereum" (EIP-4361), made by `siweStatement`. Wallets show their users whose domain
 * asks, and warn where it is not the page that asks.
 */
export interface SiweStatement extends WrittenStatement {
  /** The domain that asks, such as `app.example`. */
  readonly domain: string;
  /** What the signature is for, such as `https://app.example/`. */
  readonly uri: string;
  /** The chain that the wallet is asked on (EIP-155), such as 1. */
  readonly chainId: number;
}

// RFC 3986, appendix A
const ENCODED = '%[0-9A-Fa-f]{2}';
const NAME = `(?:[A-Za-z0-9\\-._~!$&'()*+,;=]|${ENCODED})`;
const HOST = `(?:\\[[0-9A-Fa-f:.]+\\]|${NAME}+)`;
const USER = `(?:${NAME}|:)*@`;
const PATH = `(?:${NAME}|[:@/])*`;
const QUERY = `(?:${NAME}|[:@/?])*`;
const DOMAIN = new RegExp(`^${HOST}(?::\\d{1,5})?$`);
const URI = new RegExp(
  `^[A-Za-z][A-Za-z0-9+.\\-]*:(?://(?:${USER})?(?:${HOST})?(?::\\d*)?(?=[/?#]|$))?${PATH}(?:\\?${QUERY})?(?:#${QUERY})?$`,
);

/**
 * A statement with a domain, for networks that need not work with XMTP's clients. Protection from pages that ask in another's name
 * begins when nodes accept no statement without a domain any more.
 * @throws TypeError if `domain` is no authority of RFC 3986 without user information, `uri` no URI, or `chainId` not 1 to 2^53 - 1.
 * @example
 * import { createVerifier, siweStatement } from 'grpc-wallet-auth';
 *
 * const statement = siweStatement({ domain: 'app.example', uri: 'https://app.example/', chainId: 1 });
 * const verifier = createVerifier({ statement }); // and createIdentity(wallet, { statement })
 */
export function siweStatement({ domain, uri, chainId }: Omit<SiweStatement, typeof TEXT>): SiweStatement {
  if (typeof domain !== 'string' || domain.length > 255 || !DOMAIN.test(domain)) {
    throw new TypeError('statement.domain must be a host, with a port or without');
  }
  if (typeof uri !== 'string' || uri.length > 2_048 || !URI.test(uri))
    throw new TypeError('statement.uri must be a URI');
  if (!Number.isSafeInteger(chainId) || chainId < 1)
    throw new TypeError('statement.chainId must be a positive integer');
  const parts = { domain, uri, chainId };
  return Object.freeze({ ...parts, [TEXT]: siweText.bind(undefined, parts) });
}

/**
 * The text that a wallet signs, PROTOCOL.md section 2.
 * @throws RangeError unless the key `hasNamedTimes`.
 */
function siweText(
  { domain, uri, chainId }: Omit<SiweStatement, typeof TEXT>,
  key: UnsignedKey,
  { wallet, sha256 }: StatementSigner,
  toHex: (bytes: Uint8Array) => string,
): string {
  const keyBytes = encodeUnsignedKey(key);
  const { notAfterNs } = key;
  const lines = [
    `${domain} wants you to sign in with your Ethereum account:`,
    wallet,
    '',
    'Let this device act for my account.',
    '',
    `URI: ${uri}`,
    'Version: 1',
    `Chain ID: ${chainId}`,
    `Nonce: ${toHex(sha256(keyBytes)).slice(0, 17)}`,
    `Issued At: ${isoTime(keyTimeMs(key.timestamp))}`,
    ...(notAfterNs === undefined ? [] : [`Expiration Time: ${isoTime(nsToMs(notAfterNs))}`]),
    'Resources:',
    `- urn:walletauth:device:${toHex(keyBytes)}`,
  ];
  return lines.join('\n');
}

function isoTime(ms: number | undefined): string {
  if (ms === undefined || ms > LAST_MS) throw new RangeError('a time that a statement cannot name');
  return new Date(ms).toISOString();
}
