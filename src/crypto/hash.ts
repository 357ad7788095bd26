import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';

/** Computes Keccak-256 as Ethereum uses it (the padding is not that of SHA3-256): 32 bytes, fresh at each call. */
export type Keccak256 = (bytes: Uint8Array) => Uint8Array;

/** Keccak-256 in plain JavaScript, by noble: there in every runtime, and the yardstick for any other. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  return keccak_256(bytes);
}

/** HMAC-SHA-256: 32 bytes. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  return hmac(nobleSha256, key, message);
}

/** SHA-256: 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes);
}
