import { parseAddress, type Address } from '../crypto/address.js';
import { fromHex, toHex } from '../crypto/hex.js';
import { isPrivateKey } from '../crypto/private-key.js';
import { AuthError } from '../errors.js';
import { decodeIdentityKey } from '../token/decode-token.js';
import { encodeIdentityKey } from '../token/encode-token.js';
import type { IdentityKeyFields } from '../token/fields.js';
import { checkCertificate } from './check-certificate.js';
import { deviceIdentity, secretsOf, type CertifiedKey, type DeviceIdentity } from './device-identity.js';
import { clientSettings, type ClientOptions } from './options.js';

/** The first byte of an exported identity. */
const EXPORT_VERSION = 1;

/**
 * An identity as bytes that survive a restart: version (1 byte), wallet address (20), private key (32), and the
 * certified key as a serialized `PublicKey`. Whoever has them is this device: store them as you would a password.
 * @throws TypeError if this is no identity.
 * @example
 * import { writeFile } from 'node:fs/promises';
 * import { exportIdentity } from 'grpc-wallet-auth/client';
 *
 * await writeFile('device.id', exportIdentity(identity), { mode: 0o600 });
 */
export function exportIdentity(identity: DeviceIdentity): Uint8Array {
  const { wallet, privateKey, key } = secretsOf(identity);
  return Uint8Array.of(EXPORT_VERSION, ...(fromHex(wallet) ?? []), ...privateKey, ...encodeIdentityKey(key));
}

/** How an exported identity is checked: by the network's statement, with which curve. */
export type ImportIdentityOptions = Pick<ClientOptions, 'statement' | 'curve'>;

/**
 * Reads what `exportIdentity` wrote and checks all of it, so that no identity comes back that a node would refuse.
 * @throws TypeError if an option is wrong or these are no bytes.
 * @throws AuthError INVALID_IDENTITY_KEY if the bytes are damaged, of another version, or their private key belongs to
 *   another key; INVALID_WALLET_SIGNATURE or WALLET_MISMATCH if the certificate is not good under this statement.
 * @example
 * import { readFile } from 'node:fs/promises';
 * import { createTokenSource, importIdentity } from 'grpc-wallet-auth/client';
 *
 * const source = createTokenSource(importIdentity(await readFile('device.id')));
 */
export function importIdentity(bytes: Uint8Array, options: ImportIdentityOptions = {}): DeviceIdentity {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('an exported identity must be a Uint8Array');
  const settings = clientSettings(options, ['statement', 'curve']);
  const own = Uint8Array.from(bytes); // the slices of a Buffer are no copies
  const [version] = own;
  if (version === undefined) throw damaged('it is empty');
  if (version !== EXPORT_VERSION) throw damaged(`its version is ${version}, not ${EXPORT_VERSION}`);

  const wallet = walletOf(own.subarray(1, 21));
  const privateKey = own.slice(21, 53);
  if (!isPrivateKey(privateKey)) throw damaged('its private key is none');
  const key = certifiedKey(own.slice(53));
  if (!sameBytes(settings.curve.publicKey(privateKey), key.bytes)) throw damaged('its private key is of another key');
  checkCertificate(key, wallet, settings);
  return deviceIdentity({ wallet, privateKey, key });
}

function walletOf(bytes: Uint8Array): Address {
  const wallet = parseAddress(toHex(bytes));
  if (wallet === undefined) throw damaged('it is too short');
  return wallet;
}

/** Only the encoding that `exportIdentity` writes is accepted: nothing missing, nothing added, nothing after it. */
function certifiedKey(stored: Uint8Array): CertifiedKey {
  const { timestamp, bytes, signature, notAfterNs } = decoded(stored);
  if (bytes === undefined || signature?.kind !== 'ecdsa_compact') throw damaged('its key is not certified');
  const key = { timestamp, bytes, signature, ...(notAfterNs !== undefined && { notAfterNs }) };
  if (!sameBytes(encodeIdentityKey(key), stored)) throw damaged('its key is not in canonical form');
  return key;
}

function decoded(stored: Uint8Array): IdentityKeyFields {
  try {
    return decodeIdentityKey(stored);
  } catch (cause) {
    throw damaged('its key cannot be read', cause);
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function damaged(why: string, cause?: unknown): AuthError {
  return new AuthError('INVALID_IDENTITY_KEY', { message: `not a usable exported identity: ${why}`, cause });
}
