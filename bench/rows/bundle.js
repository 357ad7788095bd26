import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

import { line } from '../table.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The imports with which each library proves a wallet to a node. */
const PROGRAMS = {
  './client': `export { createIdentity, createToken, createTokenSource } from 'grpc-wallet-auth/client'`,
  'viem/siwe + wallet client': `export { createSiweMessage } from 'viem/siwe';
    export { createWalletClient, custom } from 'viem'`,
  'siwe + ethers': `export { SiweMessage } from 'siwe'; export { BrowserProvider } from 'ethers'`,
  'xmtp-js': `export { LocalAuthenticator, PrivateKey } from '@xmtp/xmtp-js'`,
};

/** Kilobytes that a browser loads, minified and gzipped. */
export const rows = {
  async bundle() {
    const sizes = {};
    for (const [name, contents] of Object.entries(PROGRAMS)) sizes[name] = await gzippedSize(contents);
    return Object.entries(sizes).map(([name, bytes]) =>
      line(
        `browser bundle: ${name}`,
        'browser bundle: ./client',
        { ratio: bytes / sizes['./client'], amount: bytes / 1000, unit: 'kB' },
        name === './client' ? { amountAtMost: 15.5 } : {},
      ),
    );
  },
};

async function gzippedSize(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    loader: { '.wasm': 'binary' },
    external: ['crypto', 'buffer', 'stream', 'util'],
    logLevel: 'error',
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}
