// node scripts/keccak/main.mjs [FILE]: writes the WebAssembly of Keccak-256 as the TypeScript file that src/keccak/ loads.
import { writeFileSync } from 'node:fs';

import { DIGEST_AT, INPUT_AT, keccakModule } from './keccak.mjs';

const [file = new URL('../../src/keccak/keccak-module.ts', import.meta.url)] = process.argv.slice(2);
const lines = Buffer.from(keccakModule())
  .toString('base64')
  .match(/.{1,110}/g);

writeFileSync(
  file,
  `// Made by scripts/keccak/main.mjs from the steps in scripts/keccak/keccak.mjs; a test makes it again and compares.

/** Where the function reads its blocks, and where it writes the digest. */
export const INPUT_AT = ${INPUT_AT};
export const DIGEST_AT = ${DIGEST_AT};

/** The module in base64. It exports \`hash(blocks)\` and \`memory\`. */
export const KECCAK_MODULE = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`,
);
