import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { getPublicKey, hashes, recoverPublicKey, sign, verify } from '@noble/secp256k1';

import type { Curve } from './curve.js';

// noble's synchronous calls need these two. A host that set its own keeps them.
hashes.sha256 ??= sha256;
hashes.hmacSha256 ??= (key, message) => hmac(sha256, key, message);

/**
 * The curve in plain JavaScript, by noble: there in every runtime, and the yardstick for the others.
 * @example
 * import { createVerifier, nobleCurve } from 'grpc-wallet-auth';
 *
 * const verifier = createVerifier({ curve: nobleCurve }); // the default of createVerifier
 */
export const nobleCurve: Curve = Object.freeze({
  name: 'noble',

  verify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean {
    if (signature.length !== 64 || digest.length !== 32) return false;
    if (publicKey.length !== 65 || publicKey[0] !== 4) return false;
    return verify(signature, digest, publicKey, { prehash: false, lowS: true, format: 'compact' });
  },

  recover(signature: Uint8Array, recovery: number, digest: Uint8Array): Uint8Array | undefined {
    if (signature.length !== 64 || digest.length !== 32) return undefined;
    if (!(recovery === 0 || recovery === 1 || recovery === 2 || recovery === 3)) return undefined;
    const recovered = new Uint8Array(65);
    recovered[0] = recovery; // noble writes the recovery id first
    recovered.set(signature, 1);
    try {
      return recoverPublicKey(recovered, digest, { prehash: false, isCompressed: false });
    } catch {
      return undefined;
    }
  },

  sign(digest: Uint8Array, privateKey: Uint8Array) {
    const recovered = sign(digest, privateKey, {
      prehash: false,
      lowS: true,
      format: 'recovered',
      extraEntropy: false,
    });
    return { bytes: recovered.slice(1), recovery: recovered[0] ?? 0 };
  },

  publicKey(privateKey: Uint8Array): Uint8Array {
    return getPublicKey(privateKey, false);
  },
});
