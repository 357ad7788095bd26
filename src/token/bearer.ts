import { refusal } from '../errors.js';

const SCHEME = 'bearer';
const SPACE = 0x20;

/** An `authorization` value as a transport hands it over: one text, a list, or nothing. */
export type AuthorizationValue = string | readonly unknown[] | null | undefined;

/**
 * The token of an `authorization` value, PROTOCOL.md section 3: scheme in any letter case, one or more spaces, the
 * token, any number of trailing spaces.
 * @param maxLength longest token accepted, in characters.
 * @throws AuthError MISSING_CREDENTIALS, MULTIPLE_CREDENTIALS, MALFORMED_HEADER, UNSUPPORTED_SCHEME or TOKEN_TOO_LARGE.
 */
export function bearerToken(authorization: AuthorizationValue, maxLength: number): string {
  const value = singleValue(authorization);
  const gap = value.indexOf(' ');
  if (gap <= 0) throw refusal('MALFORMED_HEADER');
  if (gap !== SCHEME.length || value.slice(0, gap).toLowerCase() !== SCHEME) throw refusal('UNSUPPORTED_SCHEME');
  let start = gap;
  while (value.charCodeAt(start) === SPACE) start++;
  let end = value.length;
  while (end > start && value.charCodeAt(end - 1) === SPACE) end--;
  const length = end - start;
  if (length === 0) throw refusal('MALFORMED_HEADER');
  if (length > maxLength) throw refusal('TOKEN_TOO_LARGE', { cause: { length, maxLength } });
  return value.slice(start, end);
}

/** The `authorization` value that carries a token. */
export function bearerValue(token: string): string {
  return `Bearer ${token}`;
}

function singleValue(authorization: AuthorizationValue): string {
  if (typeof authorization === 'string') return authorization;
  if (authorization === undefined || authorization === null) throw refusal('MISSING_CREDENTIALS');
  if (!Array.isArray(authorization)) throw refusal('MALFORMED_HEADER');
  if (authorization.length === 0) throw refusal('MISSING_CREDENTIALS');
  if (authorization.length > 1) throw refusal('MULTIPLE_CREDENTIALS', { cause: { values: authorization.length } });
  const value: unknown = authorization[0];
  if (typeof value !== 'string') throw refusal('MALFORMED_HEADER');
  return value;
}
