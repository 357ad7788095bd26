import { dropPromise } from '../options.js';
import { addressOf, type Address } from './address.js';
import type { Curve } from './curve.js';
import { keccak256 } from './hash.js';

const encoder = new TextEncoder();

/** The digest that `personal_sign` signs for a text (EIP-191, version 0x45): 32 bytes. */
export function hashPersonalMessage(text: string): Uint8Array {
  const body = encoder.encode(text);
  const head = encoder.encode(`\x19Ethereum Signed Message:\n${body.length}`);
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return keccak256(whole);
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
): Address | undefined {
  const publicKey = curve.recover(signature, recovery, hashPersonalMessage(text));
  if (publicKey === undefined) return undefined;
  if (publicKey.length === 65) return addressOf(publicKey);
  dropPromise(publicKey);
  throw new Error(`curve ${curve.name} recovered ${publicKey.length} bytes, not 65`);
}
