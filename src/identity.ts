/** Who is calling: the proven facts of one verified token. Frozen. */
export interface WalletIdentity {
  /** The wallet's address in EIP-55 case, recovered from its signature, never taken from what the caller wrote. */
  readonly wallet: `0x${string}`;
  /** The device: `<wallet>/<first 32 hex digits of SHA-256 of the identity key>`. It survives token refresh. */
  readonly deviceId: string;
  /** The device's identity key: 65 bytes, `0x04 ‖ X ‖ Y`. Each read gives a fresh copy. */
  readonly identityKey: Uint8Array;
  /** When the token was made, in milliseconds since the Unix epoch. */
  readonly issuedAtMs: number;
  /** The last millisecond at which this node takes the token, since the Unix epoch. */
  readonly expiresAtMs: number;
}

/** Makes a frozen identity that does not share its key bytes with anybody. */
export function walletIdentity(facts: WalletIdentity): WalletIdentity {
  return new FrozenIdentity(facts);
}

/** The gate's result for an admitted call: its caller, or `undefined` for an anonymous one. */
export interface Admission {
  readonly identity: WalletIdentity | undefined;
}

/** No entry exports the key, so no other code can write an identity into a context. */
const ADMISSION = Symbol('wallet identity');

/** A copy of a call's context that carries its admission. */
export function withAdmission<C extends object>(context: C, admission: Admission): C {
  return { ...context, [ADMISSION]: admission };
}

/** The admission of a call by its context; `undefined` where no gate admitted it. */
export function admissionOf(context: object): Admission | undefined {
  return (context as { readonly [ADMISSION]?: Admission })[ADMISSION];
}

/**
 * A node caches many of these, so they are kept small: one getter for all of them, not one each, and the key as a text
 * of as many characters, which takes a third of a byte array's memory.
 */
class FrozenIdentity implements WalletIdentity {
  static readonly #identityKey: PropertyDescriptor & ThisType<FrozenIdentity> = {
    enumerable: true,
    get() {
      return Uint8Array.from(this.#key, (character) => character.charCodeAt(0));
    },
  };

  declare readonly wallet: `0x${string}`;
  declare readonly deviceId: string;
  declare readonly identityKey: Uint8Array;
  declare readonly issuedAtMs: number;
  declare readonly expiresAtMs: number;
  readonly #key: string;

  constructor({ wallet, deviceId, identityKey, issuedAtMs, expiresAtMs }: WalletIdentity) {
    this.wallet = wallet;
    this.deviceId = deviceId;
    Object.defineProperty(this, 'identityKey', FrozenIdentity.#identityKey);
    this.issuedAtMs = issuedAtMs;
    this.expiresAtMs = expiresAtMs;
    this.#key = Reflect.apply(String.fromCharCode, undefined, identityKey);
    Object.freeze(this);
  }
}
