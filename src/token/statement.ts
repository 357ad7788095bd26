import type { Bytes } from '../bytes/bytes.js';
import { bytes as portable } from '../bytes/portable-bytes.js';
import { encodeUnsignedKey } from './encode-token.js';
import type { IdentityKeyFields } from './fields.js';

/** The words of the identity statement: its first and its last line. Part of a network's contract, on both sides. */
export interface IdentityStatement {
  /** The first line, such as `XMTP : Create Identity`. */
  readonly title: string;
  /** The last line, such as `For more info: https://xmtp.org/signatures/`. */
  readonly closing: string;
}

/** The words that every XMTP wallet has signed since 2022. */
export const xmtpStatement: IdentityStatement = Object.freeze({
  title: 'XMTP : Create Identity',
  closing: 'For more info: https://xmtp.org/signatures/',
});

/** The text that a wallet signs to certify an identity key, PROTOCOL.md section 2. The only text it is ever shown. */
export function statementText(
  key: Pick<IdentityKeyFields, 'timestamp' | 'bytes'>,
  { title, closing }: IdentityStatement,
  { toHex }: Pick<Bytes, 'toHex'> = portable,
): string {
  return `${title}\n${toHex(encodeUnsignedKey(key))}\n\n${closing}`;
}

/** How the titles of this library's own statements begin: a certificate must not read as one of them. */
const RESERVED = 'grpc-wallet-auth :';

/**
 * Checks the words of a statement and freezes them.
 * @throws TypeError unless both are texts of one line, not empty, without lone surrogates, and the title does not begin with
 *   `grpc-wallet-auth :`.
 */
export function validateStatement(statement: IdentityStatement): IdentityStatement {
  if (typeof statement !== 'object' || statement === null) throw new TypeError('statement must be { title, closing }');
  const { title, closing } = statement;
  for (const [name, line] of Object.entries({ title, closing })) {
    if (typeof line !== 'string' || line === '' || /[\r\n\p{Surrogate}]/u.test(line)) {
      throw new TypeError(`statement.${name} must be one line of well-formed text`);
    }
  }
  if (title.startsWith(RESERVED)) throw new TypeError(`statement.title must not begin with "${RESERVED}"`);
  return Object.freeze({ title, closing });
}
