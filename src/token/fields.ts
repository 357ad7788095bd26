/** The number of `PublicKey.Secp256k1Uncompressed.not_after_ns`. */
export const NOT_AFTER = 1600;
/** The number of `AuthData.restrictions`. */
export const RESTRICTIONS = 1600;

/** A signature as a token carries it. Nothing about it is checked yet. */
export interface SignatureFields {
  /** The kind that the token declares; `undefined` for none or one unknown to this version. */
  readonly kind: 'ecdsa_compact' | 'wallet_ecdsa_compact' | undefined;
  /** `R ‖ S`; 64 bytes in a good token. */
  readonly bytes: Uint8Array;
  /** 0 to 3 in a good token. */
  readonly recovery: number;
}

/** An identity key as a token carries it. */
export interface IdentityKeyFields {
  /** When the key was made; milliseconds or nanoseconds, depending on the client. */
  readonly timestamp: bigint;
  /** The uncompressed point, 65 bytes in a good token; `undefined` for no key or one of an unknown type. */
  readonly bytes: Uint8Array | undefined;
  /** The wallet's signature of the identity statement. */
  readonly signature: SignatureFields | undefined;
  /** The last nanosecond at which the certificate is good, since the Unix epoch; `undefined` for no end. */
  readonly notAfterNs?: bigint | undefined;
  /** `true` if the message around the key is not in the one form that a good token has. */
  readonly isMisshapen?: true | undefined;
}

/** What a token may not do, as it carries it. The shapes are right; nothing is compared yet. What is not set restricts nothing. */
export interface RestrictionFields {
  /** Names of the nodes where it may be used; none for everywhere. */
  readonly audience: readonly string[];
  /** The last nanosecond at which it is good, since the Unix epoch. */
  readonly expiresNs: bigint | undefined;
  /** The challenge of a node: 16 bytes. */
  readonly challenge: Uint8Array | undefined;
  /** `package.Service/Method` or `package.Service/*`; none for all methods. */
  readonly methods: readonly string[];
  /** Whether it is good only with a proof of possession. */
  readonly proofRequired: boolean;
  /** Whether it was signed in the form that nodes refuse which ignore restrictions. */
  readonly strict: boolean;
  /** The number of a field that this version does not know: the token is refused. */
  readonly unknownField: number | undefined;
}

/** The auth data of a token: what its identity key signed. */
export interface AuthDataFields {
  /** The wallet address as the client wrote it. A claim, not yet a fact. */
  readonly walletAddress: string;
  /** When the token was made, in nanoseconds since the Unix epoch. */
  readonly createdNs: bigint;
  /** What the token may not do; `undefined` for one without restrictions. */
  readonly restrictions?: RestrictionFields | undefined;
}

/** The fields of a token, read but not judged. */
export interface TokenFields {
  readonly identityKey: IdentityKeyFields | undefined;
  /** The exact bytes that were signed. */
  readonly authDataBytes: Uint8Array;
  readonly authDataSignature: SignatureFields | undefined;
}
