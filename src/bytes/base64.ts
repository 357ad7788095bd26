const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** What each ASCII character stands for: 0 to 63, or 64 for "not in the alphabet". */
const VALUES = new Uint8Array(128).fill(64);
for (let i = 0; i < 64; i++) VALUES[STANDARD.charCodeAt(i)] = i;
VALUES[0x2d] = 62; // - of the URL-safe alphabet
VALUES[0x5f] = 63; // _ of the URL-safe alphabet

/** Standard base64 with padding (RFC 4648 section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const bits = (a << 16) | (b << 8) | c;
    text += STANDARD.charAt(bits >> 18) + STANDARD.charAt((bits >> 12) & 63);
    text += i + 1 < bytes.length ? STANDARD.charAt((bits >> 6) & 63) : '=';
    text += i + 2 < bytes.length ? STANDARD.charAt(bits & 63) : '=';
  }
  return text;
}

/**
 * Strict base64, PROTOCOL.md section 3: the standard or the URL-safe alphabet but not both, padding right or absent, no
 * other character, no bits left over.
 * @returns `undefined` where the text is none of that.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const digits = withoutPadding(text);
  if (digits === undefined || digits % 4 === 1) return undefined;
  const bytes = new Uint8Array((digits * 3) >> 2);
  let bits = 0;
  let held = 0;
  let at = 0;
  let alphabets = 0;
  for (let i = 0; i < digits; i++) {
    const code = text.charCodeAt(i);
    const value = VALUES[code] ?? 64;
    if (value === 64) return undefined;
    if (value >= 62) alphabets |= code === 0x2b || code === 0x2f ? 1 : 2;
    bits = (bits << 6) | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at++] = bits >> held;
      bits &= (1 << held) - 1;
    }
  }
  return bits === 0 && alphabets !== 3 ? bytes : undefined;
}

/** The number of characters before the padding; `undefined` if the padding is wrong. */
function withoutPadding(text: string): number | undefined {
  const length = text.length;
  if (!text.endsWith('=')) return length;
  if (length % 4 !== 0) return undefined;
  return text.charCodeAt(length - 2) === 0x3d ? length - 2 : length - 1;
}
