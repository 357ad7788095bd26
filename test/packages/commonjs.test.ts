import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { testWallets } from '../../src/testing/test-wallets.js';
import { scaffold } from './support/scaffold.js';
import { snippetsOf } from './support/snippets.js';

const VERSIONS = ['5.7.3', '5.8.3', '5.9.3', '6.0.3', '7.0.2'] as const;

const folder = scaffold('commonjs', [
  '@grpc/grpc-js@1.14.7',
  '@connectrpc/connect@2.2.0',
  '@opentelemetry/api@1.9.1',
  '@types/node@20.19.43',
  ...VERSIONS.map((version) => `typescript-${version}@npm:typescript@${version}`),
]);

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  exports: Record<string, string | object>;
};
const entries = Object.entries(manifest.exports).flatMap(([entry, target]) =>
  typeof target === 'string' ? [] : [join('grpc-wallet-auth', entry)],
);

/** Imports every entry and uses three of them. */
const PROGRAM = `
${entries.map((entry, i) => `import * as entry${i} from '${entry}';`).join('\n')}
import { createVerifier, type WalletIdentity } from 'grpc-wallet-auth';
import { walletAuth } from 'grpc-wallet-auth/grpc';
import { mintToken } from 'grpc-wallet-auth/testing';

const found = [${entries.map((_, i) => `entry${i}`).join(', ')}].every((entry) => Object.keys(entry).length > 0);
const identity: WalletIdentity = createVerifier().verify(\`Bearer \${mintToken()}\`);
console.log(found, walletAuth().curve, identity.wallet);`;

const DYNAMIC_PROGRAM = `
async function main() {
  const { createVerifier } = await import('grpc-wallet-auth');
  const { walletAuth } = await import('grpc-wallet-auth/grpc');
  const { mintToken } = await import('grpc-wallet-auth/testing');
  const { wallet } = createVerifier().verify(\`Bearer \${mintToken()}\`);
  console.log(true, walletAuth().curve, wallet);
}
void main();`;

const PRINTED = `true wasm ${testWallets.alice.address}\n`;

beforeAll(() => folder.write({ 'main.ts': PROGRAM, 'dynamic.ts': DYNAMIC_PROGRAM }));

/** Compiles both programs. */
function compile(version: (typeof VERSIONS)[number], settings: object) {
  const common = { target: 'es2022', strict: true, skipLibCheck: true, types: ['node'], rootDir: '.', outDir: 'out' };
  const compilerOptions = { ...common, ...settings };
  folder.write({ 'tsconfig.json': JSON.stringify({ compilerOptions, files: ['main.ts', 'dynamic.ts'] }) });
  rmSync(join(folder.dir, 'out'), { recursive: true, force: true });
  return folder.run('node', [`node_modules/typescript-${version}/bin/tsc`]);
}

const node10 = { module: 'commonjs', moduleResolution: 'node10' };
const nodenext = { module: 'nodenext' };
const node16 = { module: 'node16' };

describe('TypeScript compiled to CommonJS', () => {
  it.each([
    ['5.7.3', node10],
    ['6.0.3', { ...node10, ignoreDeprecations: '6.0' }],
    ['6.0.3', { module: 'commonjs' }],
    ['7.0.2', { module: 'commonjs' }],
    ['5.8.3', nodenext],
    ['6.0.3', nodenext],
    ['7.0.2', nodenext],
    ['5.9.3', { module: 'node20' }],
    ['6.0.3', { module: 'node20' }],
  ] as const)('%s with %j finds the types of every entry, and the output runs', async (version, settings) => {
    expect(await compile(version, settings)).toEqual({ code: 0, output: '' });
    expect(await folder.run('node', ['out/main.js'])).toEqual({ code: 0, output: PRINTED });
  });

  it.each([
    ['5.7.3', nodenext],
    ['5.8.3', node16],
    ['6.0.3', { module: 'node18' }],
  ] as const)('%s with %j is an error without await import(), and works with it', async (version, settings) => {
    const { code, output } = await compile(version, settings);
    expect(code).not.toBe(0);
    expect(output.match(/^\S+ error \w+/gm)?.every((line) => /^main\.ts.* error TS1479$/.test(line))).toBe(true);
    expect(await folder.run('node', ['out/dynamic.js'])).toEqual({ code: 0, output: PRINTED });
  });

  it('7.0.2 knows node10 no more', async () => {
    expect((await compile('7.0.2', node10)).output).toContain('has been removed');
  });

  it.each(['5.7.3', '6.0.3'] as const)(
    '%s with preserve and bundler finds the types of every entry',
    async (version) => {
      const settings = { module: 'preserve', moduleResolution: 'bundler' };
      expect(await compile(version, settings)).toEqual({ code: 0, output: '' });
    },
  );
});

describe('TypeScript compiled to ESM', () => {
  it.each([
    ['5.7.3', { ...nodenext, skipLibCheck: false }],
    ['6.0.3', { ...node16, skipLibCheck: false }],
  ] as const)('%s with %j finds the types of every entry, and the output runs', async (version, settings) => {
    folder.write({ 'package.json': JSON.stringify({ private: true, type: 'module' }) });
    try {
      expect(await compile(version, settings)).toEqual({ code: 0, output: '' });
      expect(await folder.run('node', ['out/main.js'])).toEqual({ code: 0, output: PRINTED });
    } finally {
      folder.write({ 'package.json': JSON.stringify({ private: true, type: 'commonjs' }) });
    }
  });
});

it('require() of a plain install gets the WASM curve and prints no warning', async () => {
  const { 'server.cjs': program = '' } = snippetsOf('docs/commonjs.md');
  folder.write({ 'server.cjs': program });
  expect(await folder.run('node', ['server.cjs'])).toEqual({ code: 0, output: 'noble wasm\n' });
});
