import type { Curve } from '../crypto/curve.js';
import { loadLibsecp256k1, type Libsecp256k1 } from './libsecp256k1.js';
import { provenCurve } from './proven-curve.js';
import { isRecoverable, isVerifiable, signableDigest } from './shapes.js';

const UNCOMPRESSED = 2;

let loaded: Curve | undefined;

/**
 * libsecp256k1 as WebAssembly: fast on every platform, with nothing to compile. The first call takes some 10 ms and
 * 10 MB.
 * @throws Error if the package that brings it is not there.
 * @example
 * import { wasmCurve } from 'grpc-wallet-auth/curves';
 * import { walletAuth } from 'grpc-wallet-auth/grpc';
 *
 * const auth = walletAuth({ curve: wasmCurve() }); // the same on every platform
 */
export function wasmCurve(): Curve {
  loaded ??= provenCurve(curveOf(load()));
  return loaded;
}

function load(): Libsecp256k1 {
  try {
    return loadLibsecp256k1();
  } catch (cause) {
    throw new Error('the WASM curve needs the package @bitauth/libauth as it was installed', { cause });
  }
}

function curveOf({ functionNamed, allocate, memory, context }: Libsecp256k1): Curve {
  const createPoint = functionNamed('ec_pubkey_create');
  const parsePoint = functionNamed('ec_pubkey_parse');
  const serializePoint = functionNamed('ec_pubkey_serialize');
  const parseSignature = functionNamed('ecdsa_signature_parse_compact');
  const verifySignature = functionNamed('ecdsa_verify');
  const parseRecoverable = functionNamed('ecdsa_recoverable_signature_parse_compact');
  const recoverPoint = functionNamed('ecdsa_recover');
  const signRecoverable = functionNamed('ecdsa_sign_recoverable');
  const serializeRecoverable = functionNamed('ecdsa_recoverable_signature_serialize_compact');

  // Where inputs, outputs and the library's own forms of them lie; nothing is allocated per call.
  const signatureAt = allocate(64);
  const digestAt = allocate(32);
  const privateKeyAt = allocate(32);
  const publicKeyAt = allocate(65);
  const parsedSignatureAt = allocate(65);
  const pointAt = allocate(64);
  const numberAt = allocate(4);
  const number = new Int32Array(memory.buffer, numberAt, 1);

  function serializedPoint(): Uint8Array {
    number[0] = 65;
    serializePoint(context, publicKeyAt, numberAt, pointAt, UNCOMPRESSED);
    return memory.slice(publicKeyAt, publicKeyAt + 65);
  }

  /** Runs an operation with a private key in memory, and wipes it. */
  function withPrivateKey(privateKey: Uint8Array, operation: () => number): void {
    if (privateKey.length !== 32) throw new Error('a private key has 32 bytes');
    memory.set(privateKey, privateKeyAt);
    const done = operation();
    memory.fill(0, privateKeyAt, privateKeyAt + 32);
    if (done !== 1) throw new Error('the private key is out of range');
  }

  return Object.freeze({
    name: 'wasm',

    verify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean {
      if (!isVerifiable(signature, digest, publicKey)) return false;
      memory.set(signature, signatureAt);
      memory.set(digest, digestAt);
      memory.set(publicKey, publicKeyAt);
      return (
        parsePoint(context, pointAt, publicKeyAt, 65) === 1 &&
        parseSignature(context, parsedSignatureAt, signatureAt) === 1 &&
        verifySignature(context, parsedSignatureAt, digestAt, pointAt) === 1
      );
    },

    recover(signature: Uint8Array, recovery: number, digest: Uint8Array): Uint8Array | undefined {
      if (!isRecoverable(signature, recovery, digest)) return undefined;
      memory.set(signature, signatureAt);
      memory.set(digest, digestAt);
      if (parseRecoverable(context, parsedSignatureAt, signatureAt, recovery) !== 1) return undefined;
      if (recoverPoint(context, pointAt, parsedSignatureAt, digestAt) !== 1) return undefined;
      return serializedPoint();
    },

    sign(digest: Uint8Array, privateKey: Uint8Array) {
      memory.set(signableDigest(digest), digestAt);
      withPrivateKey(privateKey, () => signRecoverable(context, parsedSignatureAt, digestAt, privateKeyAt));
      serializeRecoverable(context, signatureAt, numberAt, parsedSignatureAt);
      return { bytes: memory.slice(signatureAt, signatureAt + 64), recovery: number[0] ?? 0 };
    },

    publicKey(privateKey: Uint8Array): Uint8Array {
      withPrivateKey(privateKey, () => createPoint(context, pointAt, privateKeyAt));
      return serializedPoint();
    },
  });
}
