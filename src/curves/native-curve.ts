import { createRequire } from 'node:module';

import type { Curve } from '../crypto/curve.js';
import { provenCurve } from './proven-curve.js';
import { isRecoverable, isVerifiable, signableDigest } from './shapes.js';

/** The part of the `secp256k1` package that is used here. */
interface Bindings {
  ecdsaVerify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean;
  ecdsaRecover(signature: Uint8Array, recovery: number, digest: Uint8Array, compressed: boolean): Uint8Array;
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { signature: Uint8Array; recid: number };
  publicKeyCreate(privateKey: Uint8Array, compressed: boolean): Uint8Array;
}

let loaded: Curve | undefined;

/**
 * libsecp256k1 as a native addon: the fastest there is. It needs the optional peer `secp256k1`, and of it only the
 * bindings: the package's own entry falls back to slow JavaScript without a word.
 * @throws Error if the package or its addon for this platform is not there.
 * @example
 * import { nativeCurve } from 'grpc-wallet-auth/curves'; // npm install secp256k1
 * import { walletAuth } from 'grpc-wallet-auth/grpc';
 *
 * const auth = walletAuth({ curve: nativeCurve() }); // fails at start-up instead of being slow
 */
export function nativeCurve(): Curve {
  loaded ??= provenCurve(curveOf(loadBindings()));
  return loaded;
}

function loadBindings(): Bindings {
  try {
    return createRequire(import.meta.url)('secp256k1/bindings.js');
  } catch (cause) {
    throw new Error('the native curve needs the package secp256k1, built for this platform', { cause });
  }
}

function curveOf(secp256k1: Bindings): Curve {
  // V8 has to move a small array out of its heap before native code may read it; these are outside from the start
  const ownSignature = Buffer.alloc(64);
  const ownDigest = Buffer.alloc(32);
  const ownPublicKey = Buffer.alloc(65);

  return Object.freeze({
    name: 'native',

    verify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean {
      if (!isVerifiable(signature, digest, publicKey)) return false;
      ownSignature.set(signature);
      ownDigest.set(digest);
      ownPublicKey.set(publicKey);
      try {
        return secp256k1.ecdsaVerify(ownSignature, ownDigest, ownPublicKey);
      } catch {
        return false; // with these shapes it throws only for r or s out of range and for no point on the curve
      }
    },

    recover(signature: Uint8Array, recovery: number, digest: Uint8Array): Uint8Array | undefined {
      if (!isRecoverable(signature, recovery, digest)) return undefined;
      ownSignature.set(signature);
      ownDigest.set(digest);
      try {
        return secp256k1.ecdsaRecover(ownSignature, recovery, ownDigest, false);
      } catch {
        return undefined; // with these shapes it throws only where there is no key
      }
    },

    sign(digest: Uint8Array, privateKey: Uint8Array) {
      const { signature, recid } = secp256k1.ecdsaSign(signableDigest(digest), privateKey);
      return { bytes: signature, recovery: recid };
    },

    publicKey(privateKey: Uint8Array): Uint8Array {
      return secp256k1.publicKeyCreate(privateKey, false);
    },
  });
}
