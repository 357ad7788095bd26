import { sha256 } from './hash.js';
import { portableTools, type CryptoTools } from './tools.js';

const LOWER_A = 0x61;
const LOWER_TO_UPPER = 0x20;

/** An address in EIP-55 case. */
export type Address = `0x${string}`;

/**
 * The Ethereum address of a public key, in EIP-55 case.
 * @param publicKey uncompressed point, 65 bytes starting with 4.
 */
export function addressOf(publicKey: Uint8Array, tools: CryptoTools = portableTools): Address {
  const { keccak256, bytes } = tools;
  return checksumAddress(bytes.toHex(keccak256(publicKey.subarray(1)).subarray(12)), tools);
}

/**
 * Reads an address and returns it in EIP-55 case.
 * @returns `undefined` unless the text is `0x` and 40 hex digits that are all lower, all upper or in right EIP-55 case.
 */
export function parseAddress(text: string, tools: CryptoTools = portableTools): Address | undefined {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) return undefined;
  const digits = text.slice(2);
  const lower = digits.toLowerCase();
  const address = checksumAddress(lower, tools);
  return text === address || digits === lower || digits === digits.toUpperCase() ? address : undefined;
}

/** The last result of `checksumAddress`. The wallet that a token claims and the one that it proves are mostly the same. */
let last: { readonly lower: string; readonly tools: CryptoTools; readonly address: Address } | undefined;

/** EIP-55: a letter is upper case where the same place in the hash of the lower-case text holds 8 or more. */
function checksumAddress(lower: string, tools: CryptoTools): Address {
  if (last?.lower === lower && last.tools === tools) return last.address;
  const { keccak256, bytes } = tools;
  const digits = bytes.encodeUtf8(lower);
  const hash = keccak256(digits);
  for (let i = 0; i < 40; i++) {
    const nibble = ((hash[i >> 1] ?? 0) >> (i % 2 === 0 ? 4 : 0)) & 15;
    const digit = digits[i] ?? 0;
    if (nibble >= 8 && digit >= LOWER_A) digits[i] = digit - LOWER_TO_UPPER;
  }
  const address: Address = `0x${bytes.toLatin1(digits)}`;
  last = { lower, tools, address };
  return address;
}

/**
 * The name of a device, PROTOCOL.md section 7: the wallet and a fingerprint of the identity key, 75 characters.
 * @param identityKey 65 bytes.
 */
export function deviceIdOf(wallet: Address, identityKey: Uint8Array, { bytes } = portableTools): string {
  // joined rather than concatenated: V8 would keep the many pieces, four times the size of the text
  return [wallet, bytes.toHex(sha256(identityKey).subarray(0, 16))].join('/');
}
