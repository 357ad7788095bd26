import type { RecoverableSignature } from '../crypto/curve.js';
import { fromHex } from '../crypto/hex.js';
import { nobleCurve } from '../crypto/noble-curve.js';
import { hashPersonalMessage } from '../crypto/personal-message.js';

/**
 * Signs a text as a wallet does on `personal_sign`. Deterministic.
 * @param privateKey 32 bytes as hex with `0x`.
 * @throws TypeError if the private key is not hex.
 */
export function personalSign(text: string, privateKey: string): RecoverableSignature {
  const key = fromHex(privateKey);
  if (key === undefined) throw new TypeError('a private key must be hex with 0x');
  return nobleCurve.sign(hashPersonalMessage(text), key);
}
