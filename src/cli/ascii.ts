import { toHex } from '../crypto/hex.js';

/**
 * Any value as one line of JSON in plain ASCII, so that no content of a token can control a terminal. Numbers too big for
 * JSON become decimal texts, bytes become hex with `0x`, and `undefined` becomes `null`: a key is never missing.
 */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value, portable).replaceAll(/[^ -~]/g, escaped);
}

/** A text in printable ASCII; all other characters are escaped as in JSON. */
export function asciiText(text: string): string {
  return text.replaceAll(/[^ -~]/g, escaped);
}

/** One UTF-16 unit. */
function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function portable(_key: string, value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Uint8Array ? toHex(value) : value;
}
