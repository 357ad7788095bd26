import type { Bytes } from '../bytes/bytes.js';
import { decodeAuthData, decodeTokenBytes } from './decode-token.js';
import { encodeUnsignedKey, type UnsignedKey } from './encode-token.js';
import { isSiwe, statementText } from './statement.js';
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
    statementText(key, statement, signer) {
      if (isSiwe(statement)) return statementText(key, statement, bytes, signer);
      return `${statement.title}\n${unsignedKeyHex(key, bytes)}\n\n${statement.closing}`;
    },
  };
}

const KEY_LENGTH = 65;

/** The hex digits of `encodeUnsignedKey`, put together of the key's own. */
function unsignedKeyHex(key: UnsignedKey, bytes: Bytes): string {
  const { timestamp, notAfterNs } = key;
  if (key.bytes?.length !== KEY_LENGTH || timestamp > Number.MAX_SAFE_INTEGER || notAfterNs !== undefined)
    return bytes.toHex(encodeUnsignedKey(key));
  const time = timestamp === 0n ? '' : `08${varintHex(Number(timestamp))}`;
  return `${time}1a430a41${bytes.toHex(key.bytes)}`;
}

function varintHex(value: number): string {
  let text = '';
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) text += ((rest % 128) + 128).toString(16);
  return text + rest.toString(16).padStart(2, '0');
}
