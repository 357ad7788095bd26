import type { Bytes } from '../bytes/bytes.js';
import { bytes as portable } from '../bytes/portable-bytes.js';
import { encodeUnsignedKey, type UnsignedKey } from './encode-token.js';
import type { SiweStatement } from './siwe-statement.js';
import { TEXT, type StatementSigner } from './written-statement.js';

/** The words of the identity statement: its first and its last line. Part of a network's contract, on both sides. */
export interface IdentityStatement {
  /** The first line, such as `XMTP : Create Identity`. */
  readonly title: string;
  /** The last line, such as `For more info: https://xmtp.org/signatures/`. */
  readonly closing: string;
}

/** What a wallet signs on a network: a statement of two lines and the key, or one with a domain. */
export type Statement = IdentityStatement | SiweStatement;

/** The words that every XMTP wallet has signed since 2022. */
export const xmtpStatement: IdentityStatement = Object.freeze({
  title: 'XMTP : Create Identity',
  closing: 'For more info: https://xmtp.org/signatures/',
});

/** Whether a statement has a domain: it is one of `siweStatement`. */
export function isSiwe(statement: Statement): statement is SiweStatement {
  return TEXT in statement;
}

/**
 * The text that a wallet signs to certify an identity key, PROTOCOL.md section 2.
 * @param signer needed where the statement has a domain.
 * @throws RangeError if the statement has a domain and the key a time that it cannot name.
 */
export function statementText(
  key: UnsignedKey,
  statement: Statement,
  { toHex }: Pick<Bytes, 'toHex'> = portable,
  signer?: StatementSigner,
): string {
  if (!isSiwe(statement)) return `${statement.title}\n${toHex(encodeUnsignedKey(key))}\n\n${statement.closing}`;
  if (signer === undefined) throw new TypeError('a statement with a domain names the wallet');
  return statement[TEXT](key, signer, toHex);
}

/** How the titles of this library's own statements begin: a certificate must not read as one of them. */
const RESERVED = 'grpc-wallet-auth :';

/**
 * Checks a statement and freezes it.
 * @throws TypeError unless it is one of `siweStatement`, or two texts of one line, not empty, without lone surrogates, of
 *   which the title does not begin with `grpc-wallet-auth :`.
 */
export function validateStatement(statement: IdentityStatement): IdentityStatement;
export function validateStatement(statement: Statement): Statement;
export function validateStatement(statement: Statement): Statement {
  if (typeof statement !== 'object' || statement === null) throw new TypeError('statement must be { title, closing }');
  if (isSiwe(statement)) return statement;
  const { title, closing } = statement;
  for (const [name, line] of Object.entries({ title, closing })) {
    if (typeof line !== 'string' || line === '' || /[\r\n\p{Surrogate}]/u.test(line)) {
      throw new TypeError(`statement.${name} must be one line of well-formed text`);
    }
  }
  if (title.startsWith(RESERVED)) throw new TypeError(`statement.title must not begin with "${RESERVED}"`);
  return Object.freeze({ title, closing });
}

/** How many statements a node may accept. */
const MAX_STATEMENTS = 4;

/**
 * The statements that a node accepts, in the order in which they are tried.
 * @param value one, or a list of 1 to 4.
 * @throws TypeError as `validateStatement` does.
 */
export function validateStatements(value: Statement | readonly Statement[]): readonly Statement[] {
  if (!Array.isArray(value)) return Object.freeze([validateStatement(value as Statement)]);
  if (value.length === 0 || value.length > MAX_STATEMENTS) {
    throw new TypeError(`statement must be one or a list of 1 to ${MAX_STATEMENTS}`);
  }
  return Object.freeze(value.map((each: Statement) => validateStatement(each)));
}
