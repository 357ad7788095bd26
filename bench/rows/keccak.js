import { keccak_256 } from '@noble/hashes/sha3.js';

import { fastestKeccak } from '#keccak';

import { pairs } from '../pairs.js';
import { line } from '../table.js';

/** What a token has hashed: its auth data, a public key and the statement of its certificate. */
const LENGTHS = [54, 64, 250];

/** The hash that gates use, compared with noble's. */
export const rows = {
  async keccak() {
    const lines = [];
    for (const length of LENGTHS) {
      const message = new Uint8Array(length).fill(7);
      const { fastest } = await pairs({
        noble: () => keccak_256(message),
        fastest: () => fastestKeccak()(message),
      });
      lines.push(line(`keccak-256 of ${length} bytes`, 'noble', fastest, { ratioAtMost: 0.2 }));
    }
    return lines;
  },
};
