import { fromHex } from '../crypto/hex.js';
import { encodeIdentityKey } from '../token/encode-token.js';
import { secretsOf, type DeviceIdentity } from './device-identity.js';

/** The version of the bytes that `exportIdentity` writes. */
export const EXPORT_VERSION = 1;

/**
 * An identity as bytes that survive a restart: version (1 byte), wallet address (20), private key (32), and the
 * certified key as a serialized `PublicKey`. Whoever has them is this device: store them as you would a password.
 * @throws TypeError if this is no identity.
 */
export function exportIdentity(identity: DeviceIdentity): Uint8Array {
  const { wallet, privateKey, key } = secretsOf(identity);
  return Uint8Array.of(EXPORT_VERSION, ...(fromHex(wallet) ?? []), ...privateKey, ...encodeIdentityKey(key));
}
