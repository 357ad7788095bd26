import type { Bytes } from '../bytes/bytes.js';
import type { Keccak256 } from '../crypto/hash.js';
import { portableTools, type CryptoTools } from '../crypto/tools.js';
import { quickReader } from '../token/quick-reader.js';
import { generalReader, type TokenReader } from '../token/token-reader.js';

/** What a verifier works with, beside a curve. It decides how fast the answers come, never which they are. */
export interface VerifierTools extends CryptoTools {
  readonly reader: TokenReader;
}

/** Those of `createVerifier`: plain JavaScript, and the yardstick for any others. */
export const portableVerifierTools: VerifierTools = Object.freeze({ ...portableTools, reader: generalReader });

/** Those of a server, from what is fast in its runtime. */
export function serverTools(keccak256: Keccak256, bytes: Bytes): VerifierTools {
  return Object.freeze({ keccak256, bytes, reader: quickReader(bytes) });
}
