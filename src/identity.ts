/** Who is calling: the proven facts of one verified token. Frozen. In JSON the identity key is `0x` and hex digits. */
export interface WalletIdentity {
  /** The wallet's address in EIP-55 case, recovered from its signature, never copied from what the caller sent. */
  readonly wallet: `0x${string}`;
  /** The device: `<wallet>/<first 32 hex digits of SHA-256 of the identity key>`. It survives token refresh. */
  readonly deviceId: string;
  /** The device's identity key: 65 bytes, `0x04 ‖ X ‖ Y`. Each read returns a fresh copy. */
  readonly identityKey: Uint8Array;
  /** When the token was made, in milliseconds since the Unix epoch. */
  readonly issuedAtMs: number;
  /** The last millisecond at which this node accepts the token, since the Unix epoch. */
  readonly expiresAtMs: number;
  /** When the wallet signed the device's certificate, in milliseconds since the Unix epoch; `undefined` if the certificate does not tell. */
  readonly certifiedAtMs?: number | undefined;
}

/** Makes a frozen identity with a copy of the key bytes. */
export function walletIdentity(facts: WalletIdentity): WalletIdentity {
  return new FrozenIdentity(facts);
}

/** The gate's result for an admitted call: its caller, or `undefined` for an anonymous one. */
export interface Admission {
  readonly identity: WalletIdentity | undefined;
  /** Of a stream that ends with tokens. */
  readonly lease?: StreamLease | undefined;
  /** Whether it was counted by its address, as a call that may bring a statement of a wallet in place of a token. */
  readonly isCounted?: boolean | undefined;
}

/** The lease of a stream: what its handler may know of the end to come. */
export class StreamLease {
  readonly #listeners = new Set<() => unknown>();

  /**
   * Has a function called when the newest token of the stream's device has ended and the grace period begins: for a last word.
   * What it throws or rejects with is dropped.
   * @returns what ends that.
   */
  onLapsing(listener: () => unknown): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Calls the listeners. */
  announce(): void {
    // a copy: one that listens anew as it is called would never let the loop end
    for (const listener of Array.from(this.#listeners)) {
      if (!this.#listeners.has(listener)) continue;
      try {
        Promise.resolve(listener()).catch(() => undefined);
      } catch {
        // as promised
      }
    }
  }
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
  declare readonly certifiedAtMs: number | undefined;
  readonly #key: string;
  #device: object | undefined = undefined;

  constructor({ wallet, deviceId, identityKey, issuedAtMs, expiresAtMs, certifiedAtMs }: WalletIdentity) {
    this.wallet = wallet;
    this.deviceId = deviceId;
    Object.defineProperty(this, 'identityKey', FrozenIdentity.#identityKey);
    this.issuedAtMs = issuedAtMs;
    this.expiresAtMs = expiresAtMs;
    this.certifiedAtMs = certifiedAtMs;
    this.#key = Reflect.apply(String.fromCharCode, undefined, identityKey);
    Object.freeze(this);
  }

  /** What a registry keeps of the device, so that a cached token needs no look-up. */
  static deviceOf(identity: WalletIdentity): object | undefined {
    return #device in identity ? identity.#device : undefined;
  }

  static setDevice(identity: WalletIdentity, device: object): void {
    if (#device in identity) identity.#device = device;
  }

  /** What `JSON.stringify` prints. */
  toJSON(): object {
    const { wallet, deviceId, issuedAtMs, expiresAtMs, certifiedAtMs } = this;
    return { wallet, deviceId, identityKey: hexOf(this.#key), issuedAtMs, expiresAtMs, certifiedAtMs };
  }
}

/** What a registry attached to an identity; `undefined` if nothing. */
export function deviceOfIdentity(identity: WalletIdentity): object | undefined {
  return FrozenIdentity.deviceOf(identity);
}

/** Attaches what a registry keeps of the device. */
export function attachDevice(identity: WalletIdentity, device: object): void {
  FrozenIdentity.setDevice(identity, device);
}

/** A byte string, one character a byte, as `0x` and lower-case hex digits. */
function hexOf(bytes: string): string {
  let hex = '0x';
  for (let i = 0; i < bytes.length; i++) hex += bytes.charCodeAt(i).toString(16).padStart(2, '0');
  return hex;
}
