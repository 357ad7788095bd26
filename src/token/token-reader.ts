import { bytes } from '../bytes/portable-bytes.js';
import { decodeAuthData, decodeTokenBytes } from './decode-token.js';
import type { UnsignedKey } from './encode-token.js';
import type { AuthDataFields, TokenFields } from './fields.js';
import { statementText, type Statement } from './statement.js';
import type { StatementSigner } from './written-statement.js';

/** A token that was read. */
export interface ReadToken {
  readonly fields: TokenFields;
  /** Its text, in memory of its own. */
  readonly text: string;
}

/** How a verifier reads tokens. There is one right answer; readers differ in how fast they find it. */
export interface TokenReader {
  /** @throws AuthError MALFORMED_TOKEN */
  token(text: string): ReadToken;
  /**
   * The signed part of a token.
   * @throws AuthError MALFORMED_AUTH_DATA
   */
  authData(bytes: Uint8Array): AuthDataFields;
  /** The text that a wallet signed to certify an identity key. */
  statementText(key: UnsignedKey, statement: Statement, signer?: StatementSigner): string;
}

/** The reader that takes every layout alike, and the yardstick for any other. */
export const generalReader: TokenReader = Object.freeze({
  token(text: string): ReadToken {
    const base64 = bytes.readBase64(text);
    return { fields: decodeTokenBytes(base64?.bytes), text: base64?.text ?? text };
  },
  authData: decodeAuthData,
  statementText: (key: UnsignedKey, statement: Statement, signer?: StatementSigner) =>
    statementText(key, statement, bytes, signer),
});
