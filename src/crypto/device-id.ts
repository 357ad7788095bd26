import { bytesToHex } from '@noble/hashes/utils.js';

import type { Address } from './address.js';
import { sha256 } from './hash.js';

/**
 * The name of a device, PROTOCOL.md section 7: the wallet and a fingerprint of the identity key, 75 characters.
 * @param identityKey 65 bytes.
 */
export function deviceIdOf(wallet: Address, identityKey: Uint8Array): string {
  // joined rather than concatenated: V8 would keep the many pieces, four times the size of the text
  return [wallet, bytesToHex(sha256(identityKey).subarray(0, 16))].join('/');
}
