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
}

/** The auth data of a token: what its identity key signed. */
export interface AuthDataFields {
  /** The wallet address as the client wrote it. A claim, not yet a fact. */
  readonly walletAddress: string;
  /** When the token was made, in nanoseconds since the Unix epoch. */
  readonly createdNs: bigint;
}

/** The fields of a token, read but not judged. */
export interface TokenFields {
  readonly identityKey: IdentityKeyFields | undefined;
  /** The exact bytes that were signed. */
  readonly authDataBytes: Uint8Array;
  readonly authDataSignature: SignatureFields | undefined;
}
