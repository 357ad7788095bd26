/** A copy with one bit changed, counted from the first byte's highest. */
export function flipped(content: Uint8Array, bit: number): Uint8Array {
  const at = bit >> 3;
  return content.with(at, (content[at] ?? 0) ^ (0x80 >> (bit & 7)));
}
