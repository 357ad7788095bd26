import { isDeepStrictEqual } from 'node:util';

import { AuthError } from '../../src/errors.js';
import { bearerToken } from '../../src/token/bearer.js';
import { decodeToken } from '../../src/token/decode-token.js';
import { encodeToken } from '../../src/token/encode-token.js';
import { usualToken } from '../../src/token/usual-layout.js';
import { planToken } from '../support/token-workshop.js';
import { referenceFields } from './reference-reader.js';

const MAX_LENGTH = 400;

/** What to start from: inputs for each of the two readers. */
export function seeds(): Uint8Array[] {
  const { token } = planToken();
  const headers = ['', 'Bearer', 'Bearer x', 'Basic abc', `bearer  ${Buffer.from(token).toString('base64')}  `];
  return [Buffer.from([0, ...token]), ...headers.map((header) => Buffer.from(`\x01${header}`, 'latin1'))];
}

/** Reads bytes as a token or, if the first one is odd, as a header; throws where the answer is not the reference's. */
export function check(input: Uint8Array): void {
  const [first = 0, ...rest] = input;
  if (first % 2 === 0) checkToken(Uint8Array.from(rest));
  else checkHeader(Buffer.from(rest).toString('latin1'));
}

function checkToken(bytes: Uint8Array): void {
  const fields = outcome(() => decodeToken(Buffer.from(bytes).toString('base64')));
  const expected = referenceFields(bytes) ?? 'MALFORMED_TOKEN';
  if (!isDeepStrictEqual(fields, expected)) throw new Error('another token than the generated code reads');
  const inOnePass = usualToken(bytes);
  if (inOnePass !== undefined && !isDeepStrictEqual(inOnePass, fields)) throw new Error('another token in one pass');
  if (typeof fields === 'string') return;
  const again = outcome(() => decodeToken(encodeToken(fields)));
  if (!isDeepStrictEqual(again, fields)) throw new Error('it changes when it is written again');
}

function checkHeader(value: string): void {
  const token = outcome(() => bearerToken(value, MAX_LENGTH));
  const expected = expectedToken(value);
  if (token !== expected) throw new Error(`${JSON.stringify(token)}, not ${JSON.stringify(expected)}`);
  const bytes = outcome(() => decodeToken(token));
  if (bytes === 'MALFORMED_TOKEN') return;
  const canonical = token.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  const written = Buffer.from(token, 'base64').toString('base64').replace(/=+$/, '');
  if (canonical !== written || !/^[^=]*={0,2}$/.test(token)) throw new Error('base64 that Node writes in another way');
}

/** PROTOCOL.md section 3 as two regular expressions. */
function expectedToken(value: string): string {
  const [, scheme, rest] = /^([^ ]+) ([^]*)$/.exec(value) ?? [];
  if (scheme === undefined || rest === undefined) return 'MALFORMED_HEADER';
  if (scheme.toLowerCase() !== 'bearer') return 'UNSUPPORTED_SCHEME';
  const token = rest.replace(/^ +/, '').replace(/ +$/, '');
  if (token === '') return 'MALFORMED_HEADER';
  return token.length > MAX_LENGTH ? 'TOKEN_TOO_LARGE' : token;
}

function outcome<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    if (error instanceof AuthError) return error.reason;
    throw error;
  }
}
