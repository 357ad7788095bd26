import type { Bytes } from '../bytes/bytes.js';
import { decodeAuthData, decodeTokenBytes } from './decode-token.js';
import { encodeUnsignedKey } from './encode-token.js';
import type { IdentityKeyFields } from './fields.js';
import type { TokenReader } from './token-reader.js';
import { usualAuthData, usualToken } from './usual-layout.js';

/** Reads tokens in the layout that clients write in one pass, and all others as the general reader does. */
export function quickReader(bytes: Bytes): TokenReader {
  return {
    token(text) {
      const base64 = bytes.readBase64(text);
      const fields = (base64 && usualToken(base64.bytes)) ?? decodeTokenBytes(base64?.bytes);
      return { fields, text: base64?.text ?? text };
    },
    authData: (message) => usualAuthData(message, bytes.toLatin1) ?? decodeAuthData(message),
    statementText: (key, { title, closing }) => `${title}\n${unsignedKeyHex(key, bytes)}\n\n${closing}`,
  };
}

const KEY_LENGTH = 65;

/** The hex digits of `encodeUnsignedKey`, put together of the key's own. */
function unsignedKeyHex(key: Pick<IdentityKeyFields, 'timestamp' | 'bytes'>, bytes: Bytes): string {
  if (key.bytes?.length !== KEY_LENGTH || key.timestamp > Number.MAX_SAFE_INTEGER)
    return bytes.toHex(encodeUnsignedKey(key));
  const time = key.timestamp === 0n ? '' : `08${varintHex(Number(key.timestamp))}`;
  return `${time}1a430a41${bytes.toHex(key.bytes)}`;
}

function varintHex(value: number): string {
  let text = '';
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) text += ((rest % 128) + 128).toString(16);
  return text + rest.toString(16).padStart(2, '0');
}
