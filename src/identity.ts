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
  return new GivenIdentity(facts);
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

/** What the handler of a stream may know of the end to come. */
export interface CallLease {
  /**
   * Has a function called when the newest token of the stream's device has ended and the grace period begins: time for a last
   * word. If a newer token comes in that period the stream goes on, and the function is called again the next time. Where the
   * method is `until-expiry` there is no grace period: what the function writes at once still goes out.
   * @param listener what it throws or rejects with is dropped.
   * @returns what ends that.
   */
  onLapsing(listener: () => unknown): () => void;
}

/** The lease of calls that no token ends. */
export const ENDLESS: CallLease = Object.freeze({ onLapsing: () => () => undefined });

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

/** What all identities have in common: how they print, and a place for what a registry keeps of the device. */
export abstract class BaseIdentity implements WalletIdentity {
  abstract readonly wallet: `0x${string}`;
  abstract readonly deviceId: string;
  abstract readonly identityKey: Uint8Array;
  abstract readonly issuedAtMs: number;
  abstract readonly expiresAtMs: number;
  abstract readonly certifiedAtMs: number | undefined;
  #device: object | undefined = undefined;

  /** What a registry keeps of the device, so that a cached token needs no look-up. */
  static deviceOf(identity: WalletIdentity): object | undefined {
    return #device in identity ? identity.#device : undefined;
  }

  static setDevice(identity: WalletIdentity, device: object): void {
    if (#device in identity) identity.#device = device;
  }

  /** What `JSON.stringify` prints. */
  toJSON(): object {
    const { wallet, deviceId, identityKey, issuedAtMs, expiresAtMs, certifiedAtMs } = this;
    return { wallet, deviceId, identityKey: hexOf(identityKey), issuedAtMs, expiresAtMs, certifiedAtMs };
  }

  /** What Node's console prints: the same, for it would print what is computed as `[Getter]`. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return this.toJSON();
  }
}

/** A property that is computed at each read. Those of many objects share one descriptor, so that no object is larger for it. */
export function computed<T extends object>(read: (object: T) => unknown): PropertyDescriptor & ThisType<T> {
  return {
    enumerable: true,
    get() {
      return read(this);
    },
  };
}

/** An identity of given facts. */
class GivenIdentity extends BaseIdentity {
  static readonly #identityKey = computed<GivenIdentity>((identity) => Uint8Array.from(identity.#key));

  declare readonly wallet: `0x${string}`;
  declare readonly deviceId: string;
  declare readonly identityKey: Uint8Array;
  declare readonly issuedAtMs: number;
  declare readonly expiresAtMs: number;
  declare readonly certifiedAtMs: number | undefined;
  readonly #key: Uint8Array;

  constructor({ wallet, deviceId, identityKey, issuedAtMs, expiresAtMs, certifiedAtMs }: WalletIdentity) {
    super();
    this.wallet = wallet;
    this.deviceId = deviceId;
    Object.defineProperty(this, 'identityKey', GivenIdentity.#identityKey);
    this.issuedAtMs = issuedAtMs;
    this.expiresAtMs = expiresAtMs;
    this.certifiedAtMs = certifiedAtMs;
    this.#key = Uint8Array.from(identityKey);
    Object.freeze(this);
  }
}

/** What a registry attached to an identity; `undefined` if nothing. */
export function deviceOfIdentity(identity: WalletIdentity): object | undefined {
  return BaseIdentity.deviceOf(identity);
}

/** Attaches what a registry keeps of the device. */
export function attachDevice(identity: WalletIdentity, device: object): void {
  BaseIdentity.setDevice(identity, device);
}

/** Bytes as `0x` and lower-case hex digits. */
function hexOf(bytes: Uint8Array): string {
  let hex = '0x';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return hex;
}
