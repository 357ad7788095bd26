import { decodeBase64 } from './base64.js';
import type { Base64, Bytes } from './bytes.js';

/** Every byte as two hex digits. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const utf8 = new TextEncoder();

/** The way that every runtime has, and the yardstick for any other. */
export const bytes: Bytes = Object.freeze({
  readBase64(text: string): Base64 | undefined {
    const decoded = decodeBase64(text);
    return decoded && { bytes: decoded, text: ` ${text}`.slice(1) };
  },

  toHex(of: Uint8Array): string {
    let text = '';
    for (const byte of of) text += HEX[byte];
    return text;
  },

  toLatin1: (of: Uint8Array): string => Reflect.apply(String.fromCharCode, undefined, of),

  encodeUtf8: (text: string): Uint8Array => utf8.encode(text),

  utf8Length: (text: string): number => utf8.encode(text).length,
});
