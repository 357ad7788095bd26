import type { AccountWallet } from '../client/wallet.js';
import { addressOf } from '../crypto/address.js';
import { toHex } from '../crypto/hex.js';
import { nobleCurve } from '../crypto/noble-curve.js';
import { hashPersonalMessage } from '../crypto/personal-message.js';

/**
 * A wallet that is nothing but its private key, and signs as `personal_sign` does without asking anybody.
 * @param privateKey 32 bytes.
 */
export function keyWallet(privateKey: Uint8Array): AccountWallet {
  return Object.freeze({
    address: addressOf(nobleCurve.publicKey(privateKey)),
    signMessage({ message }: { message: string }) {
      const { bytes, recovery } = nobleCurve.sign(hashPersonalMessage(message), privateKey);
      return toHex(Uint8Array.of(...bytes, 27 + recovery));
    },
  });
}
