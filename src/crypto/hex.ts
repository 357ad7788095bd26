import { bytesToHex } from '@noble/hashes/utils.js';

/** Bytes as `0x` and lower-case hex digits. */
export function toHex(bytes: Uint8Array): `0x${string}` {
  return `0x${bytesToHex(bytes)}`;
}

/**
 * Reads `0x` and an even number of hex digits of either case.
 * @returns `undefined` where the text is not that.
 */
export function fromHex(text: string): Uint8Array | undefined {
  if (!/^0x(?:[0-9a-fA-F]{2})*$/.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2 - 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 + 2 * i, 4 + 2 * i), 16);
  return bytes;
}
