import type { Base64, Bytes } from './bytes.js';
import { bytes as portable } from './portable-bytes.js';

/** Node's way, by Buffer. */
export const bytes: Bytes = Object.freeze({
  /**
   * Buffer reads anything that looks a little like base64. A text that it writes again letter by letter was strict, with
   * padding and of the standard alphabet; any other is read the portable way.
   */
  readBase64(text: string): Base64 | undefined {
    const decoded = Buffer.from(text, 'base64');
    const again = decoded.toString('base64');
    return again === text ? { bytes: plain(decoded), text: again } : portable.readBase64(text);
  },

  toHex: (of: Uint8Array): string => asBuffer(of).toString('hex'),

  toLatin1: (of: Uint8Array): string => asBuffer(of).toString('latin1'),

  encodeUtf8: (text: string): Uint8Array => Buffer.from(text, 'utf8'),

  utf8Length: (text: string): number => Buffer.byteLength(text, 'utf8'),
});

/** The same memory as a plain array: slices of a Buffer are no copies, which curves of others may not expect. */
function plain({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

function asBuffer(of: Uint8Array): Buffer {
  return of instanceof Buffer ? of : Buffer.from(of.buffer, of.byteOffset, of.length);
}
