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
  const { wallet, deviceId, issuedAtMs, expiresAtMs } = facts;
  const key = facts.identityKey.slice();
  return Object.freeze({
    wallet,
    deviceId,
    get identityKey() {
      return key.slice();
    },
    issuedAtMs,
    expiresAtMs,
  });
}
