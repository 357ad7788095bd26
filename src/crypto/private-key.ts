import { utils } from '@noble/secp256k1';

/** A fresh private key, 32 bytes, from the runtime's `crypto.getRandomValues`. */
export function randomPrivateKey(): Uint8Array {
  return utils.randomSecretKey();
}

/** Whether bytes are a private key: 32 bytes, big-endian, from 1 to the order of the curve less 1. */
export function isPrivateKey(bytes: Uint8Array): boolean {
  return utils.isValidSecretKey(bytes);
}
