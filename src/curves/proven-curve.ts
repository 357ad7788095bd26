import type { Curve } from '../crypto/curve.js';

/**
 * Returns the curve after it has signed, verified, recovered and refused once: a binary that loads may still be the
 * wrong one.
 * @throws Error if any answer is wrong.
 */
export function provenCurve(curve: Curve): Curve {
  const privateKey = new Uint8Array(32).fill(1);
  const digest = new Uint8Array(32).fill(2);
  const otherDigest = new Uint8Array(32).fill(3);
  const publicKey = curve.publicKey(privateKey);
  const { bytes, recovery } = curve.sign(digest, privateKey);
  const right =
    curve.verify(bytes, digest, publicKey) &&
    !curve.verify(bytes, otherDigest, publicKey) &&
    curve.recover(bytes, recovery, digest)?.join() === publicKey.join();
  if (!right) throw new Error(`the ${curve.name} curve gives wrong answers`);
  return curve;
}
