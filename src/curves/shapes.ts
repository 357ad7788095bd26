/** What verification needs before a library is called: all lengths right, and an uncompressed key, not a hybrid one. */
export function isVerifiable(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean {
  return signature.length === 64 && digest.length === 32 && publicKey.length === 65 && publicKey[0] === 4;
}

/** What recovery needs before a library is called. */
export function isRecoverable(signature: Uint8Array, recovery: number, digest: Uint8Array): boolean {
  return (
    signature.length === 64 &&
    digest.length === 32 &&
    (recovery === 0 || recovery === 1 || recovery === 2 || recovery === 3)
  );
}

/** The order of the group, big-endian. */
const ORDER = Uint8Array.from(
  'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'.match(/../g) ?? [],
  (byte) => Number.parseInt(byte, 16),
);

/**
 * A digest as RFC 6979 feeds it to the nonce: modulo the order. libsecp256k1 leaves this step out, which matters for one
 * digest in 2^127.
 * @throws Error unless the digest has 32 bytes.
 */
export function signableDigest(digest: Uint8Array): Uint8Array {
  if (digest.length !== 32) throw new Error('a digest has 32 bytes');
  const reduced = new Uint8Array(32);
  let borrow = 0;
  for (let i = 31; i >= 0; i--) {
    const difference = (digest[i] ?? 0) - (ORDER[i] ?? 0) - borrow;
    reduced[i] = difference;
    borrow = difference < 0 ? 1 : 0;
  }
  return borrow === 1 ? digest : reduced;
}
