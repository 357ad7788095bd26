import type { RecoverableSignature } from '../../crypto/curve.js';
import { fromHex } from '../../crypto/hex.js';
import { AuthError } from '../../errors.js';

/**
 * Reads a signature as wallets return it: 65 bytes `R ‖ S ‖ v` with v 0, 1, 27 or 28, or 64 bytes in the compact form of
 * EIP-2098; as bytes or as hex with `0x`. Whose it is has to be found out afterwards.
 * @throws AuthError INVALID_WALLET_SIGNATURE for anything else.
 */
export function readWalletSignature(answer: unknown): RecoverableSignature {
  const given = typeof answer === 'string' ? fromHex(answer) : answer;
  if (!(given instanceof Uint8Array)) throw unusable('it is neither bytes nor hex with 0x');
  const bytes = Uint8Array.from(given); // the slices of a Buffer are no copies
  if (bytes.length === 64) return fromCompact(bytes);
  if (bytes.length !== 65) throw unusable(`it has ${bytes.length} bytes, not 65 or 64; is this a contract wallet?`);
  const v = bytes[64];
  if (v === 0 || v === 1) return { bytes: bytes.slice(0, 64), recovery: v };
  if (v === 27 || v === 28) return { bytes: bytes.slice(0, 64), recovery: v - 27 };
  throw unusable(`its v is ${v}, not 0, 1, 27 or 28`);
}

/** EIP-2098: the top bit of S, which a low S never needs, holds the recovery id. */
function fromCompact(compact: Uint8Array): RecoverableSignature {
  const bytes = compact.slice();
  const top = bytes[32] ?? 0;
  bytes[32] = top & 0x7f;
  return { bytes, recovery: top >> 7 };
}

function unusable(why: string): AuthError {
  return new AuthError('INVALID_WALLET_SIGNATURE', { message: `the wallet gave no usable signature: ${why}` });
}
