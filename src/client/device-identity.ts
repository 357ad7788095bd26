import { deviceIdOf, type Address } from '../crypto/address.js';
import type { IdentityKeyFields, SignatureFields } from '../token/fields.js';
import { nsToMs } from '../token/times.js';

/** One device of one wallet: an identity key that the wallet certified. Frozen; the private key cannot be read from it. */
export interface DeviceIdentity {
  /** The wallet's address in EIP-55 case. */
  readonly wallet: Address;
  /** The name under which nodes know this device: `<wallet>/<first 32 hex digits of SHA-256 of the identity key>`. */
  readonly deviceId: string;
  /** The public identity key: 65 bytes, `0x04 ‖ X ‖ Y`. Each read gives a fresh copy. */
  readonly identityKey: Uint8Array;
  /** The last millisecond at which its certificate is good, since the Unix epoch; `undefined` for no end. */
  readonly certificateExpiresAtMs?: number | undefined;
}

/** The public half of an identity key with the wallet's signature; nothing is missing. */
export interface CertifiedKey extends IdentityKeyFields {
  /** When the key was made, in milliseconds since the Unix epoch. */
  readonly timestamp: bigint;
  /** 65 bytes, `0x04 ‖ X ‖ Y`. */
  readonly bytes: Uint8Array;
  /** The wallet's signature of the identity statement about this key. */
  readonly signature: SignatureFields;
}

/** What an identity is made of, its secret included. Never handed out. */
export interface DeviceSecrets {
  /** The wallet's address in EIP-55 case. */
  readonly wallet: Address;
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
  /** The public half, certified. */
  readonly key: CertifiedKey;
}

/** Reachable only in this library, and only with the identity itself in hand. */
const secrets = new WeakMap<object, DeviceSecrets>();

/** Makes an identity of parts that were checked. From then on their bytes are its own. */
export function deviceIdentity(parts: DeviceSecrets): DeviceIdentity {
  const { wallet, key } = parts;
  const identity = Object.freeze({
    wallet,
    deviceId: deviceIdOf(wallet, key.bytes),
    ...(key.notAfterNs !== undefined && { certificateExpiresAtMs: nsToMs(key.notAfterNs) }),
    get identityKey() {
      return Uint8Array.from(key.bytes); // a curve may have made a Buffer, whose slices are no copies
    },
  });
  secrets.set(identity, parts);
  return identity;
}

/** @throws TypeError if this is no identity, or a copy of one. */
export function secretsOf(identity: DeviceIdentity): DeviceSecrets {
  const parts = secrets.get(identity);
  if (parts === undefined) throw new TypeError('not an identity made by createIdentity or importIdentity');
  return parts;
}
