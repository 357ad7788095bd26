import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { expect, it } from 'vitest';

import { WASM_FILE } from '../../src/curves/libsecp256k1.js';

const require = createRequire(import.meta.url);
const { dependencies } = require('../../package.json') as { dependencies: Record<string, string> };

/** SHA-256 of the WebAssembly build of libsecp256k1 that @bitauth/libauth 3.0.0 was published with, 180 069 bytes. */
const SHA_256 = '7b0c1694b325e3a9754be669514295372260f6853698518fca3a869b0031a98b';

it('the bytes of the pinned WASM build of libsecp256k1 have the hash of the published build', () => {
  const binary = readFileSync(require.resolve(WASM_FILE));
  expect(createHash('sha256').update(binary).digest('hex')).toBe(SHA_256);
});

it('the package with the WASM build is pinned to one exact version', () => {
  expect(dependencies['@bitauth/libauth']).toMatch(/^\d+\.\d+\.\d+$/);
});
