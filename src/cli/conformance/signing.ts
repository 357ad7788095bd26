import type { RecoverableSignature } from '../../crypto/curve.js';
import { nobleCurve } from '../../crypto/noble-curve.js';
import { hashPersonalMessage } from '../../crypto/personal-message.js';

const points = new WeakMap<Uint8Array, Uint8Array>();
const certificates = new WeakMap<Uint8Array, Map<string, RecoverableSignature>>();

/** The public key of a private key: 65 bytes. Computed once. */
export function pointOf(privateKey: Uint8Array): Uint8Array {
  const point = points.get(privateKey) ?? nobleCurve.publicKey(privateKey);
  points.set(privateKey, point);
  return Uint8Array.from(point);
}

/** What `personal_sign` of a wallet gives for a statement. Computed once: most tokens of a run have the same certificate. */
export function certify(wallet: Uint8Array, statement: string): RecoverableSignature {
  const known = certificates.get(wallet) ?? new Map<string, RecoverableSignature>();
  certificates.set(wallet, known);
  const signature = known.get(statement) ?? nobleCurve.sign(hashPersonalMessage(statement), wallet);
  known.set(statement, signature);
  return { ...signature, bytes: Uint8Array.from(signature.bytes) };
}
