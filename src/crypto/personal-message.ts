import { dropPromise } from '../options.js';
import { addressOf, type Address } from './address.js';
import type { Curve } from './curve.js';
import { portableTools, type CryptoTools } from './tools.js';

/** The digest that `personal_sign` signs for a text (EIP-191, version 0x45): 32 bytes. */
export function hashPersonalMessage(text: string, { keccak256, bytes } = portableTools): Uint8Array {
  const length = bytes.utf8Length(text);
  return keccak256(bytes.encodeUtf8(`\x19Ethereum Signed Message:\n${length}${text}`));
}

/**
 * The wallet that signed a text with `personal_sign`. Nearly every signature recovers to some address, so the answer
 * means something only beside the address that is expected.
 * @param signature `R ‖ S`, 64 bytes.
 * @param recovery recovery id, 0 to 3.
 * @returns `undefined` if no key can have made the signature.
 */
export function recoverSigner(
  text: string,
  signature: Uint8Array,
  recovery: number,
  curve: Curve,
  tools: CryptoTools = portableTools,
): Address | undefined {
  const publicKey = curve.recover(signature, recovery, hashPersonalMessage(text, tools));
  if (publicKey === undefined) return undefined;
  if (publicKey.length === 65) return addressOf(publicKey, tools);
  dropPromise(publicKey);
  throw new Error(`curve ${curve.name} recovered ${publicKey.length} bytes, not 65`);
}
