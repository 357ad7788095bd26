/** A signature in the shape that tokens carry. */
export interface RecoverableSignature {
  /** `R ‖ S`, 64 bytes, both big-endian. */
  readonly bytes: Uint8Array;
  /** The recovery id, 0 to 3. */
  readonly recovery: number;
}

/**
 * The secp256k1 operations that tokens need. All are synchronous and take raw bytes; digests are signed as they are.
 * `verify` and `recover` are total: bytes that make no sense return `false` or `undefined`, never an exception.
 */
export interface Curve {
  /** Which implementation this is, such as `noble`. */
  readonly name: string;

  /**
   * ECDSA verification. A high S is refused, as libsecp256k1 does.
   * @param signature `R ‖ S`, 64 bytes.
   * @param digest 32 bytes.
   * @param publicKey uncompressed point, 65 bytes starting with 4; checked to lie on the curve.
   */
  verify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean;

  /**
   * The public key whose owner made the signature. High S is accepted: it decides nothing here.
   * @param signature `R ‖ S`, 64 bytes.
   * @param recovery recovery id, 0 to 3.
   * @param digest 32 bytes.
   * @returns the uncompressed point, 65 bytes, or `undefined` if there is none.
   */
  recover(signature: Uint8Array, recovery: number, digest: Uint8Array): Uint8Array | undefined;

  /**
   * Deterministic ECDSA (RFC 6979), low S.
   * @param digest 32 bytes.
   * @param privateKey 32 bytes.
   * @throws Error if the private key is not one.
   */
  sign(digest: Uint8Array, privateKey: Uint8Array): RecoverableSignature;

  /**
   * The uncompressed public key of a private key, 65 bytes.
   * @throws Error if the private key is not one.
   */
  publicKey(privateKey: Uint8Array): Uint8Array;
}
