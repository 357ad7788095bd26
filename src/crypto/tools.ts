import type { Bytes } from '../bytes/bytes.js';
import { bytes } from '../bytes/portable-bytes.js';
import { keccak256, type Keccak256 } from './hash.js';

/** What the mathematics is done with, beside a curve. Runtimes differ in what is fast, and in nothing else. */
export interface CryptoTools {
  readonly keccak256: Keccak256;
  readonly bytes: Bytes;
}

/** Those that every runtime has, and the yardstick for any others. */
export const portableTools: CryptoTools = Object.freeze({ keccak256, bytes });
