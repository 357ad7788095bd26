import { beforeAll, describe, expect, it } from 'vitest';

import { scaffold } from './support/scaffold.js';
import { snippetsOf } from './support/snippets.js';

const folder = scaffold('commonjs', [
  '@grpc/grpc-js@1.14.7',
  '@swc/core@1.16.22',
  '@swc/jest@0.2.39',
  '@types/jest@30.0.0',
  '@types/node@20.19.43',
  'jest@30.5.2',
  'ts-jest@29.4.15',
  'typescript@6.0.3',
]);

const BODY = `
test('an entry with and one without Node modules', () => {
  const { wallet } = createVerifier().verify('Bearer ' + mintToken());
  expect([wallet, walletAuth().curve]).toEqual([testWallets.alice.address, 'wasm']);
});`;
const STATIC = `
import { createVerifier } from 'grpc-wallet-auth';
import { walletAuth } from 'grpc-wallet-auth/grpc';
import { mintToken, testWallets } from 'grpc-wallet-auth/testing';
${BODY}`;
const REQUIRED = STATIC.replaceAll(/import (.*) from (.*);/g, 'const $1 = require($2);');
const DYNAMIC = `
test('by await import()', async () => {
  const { createVerifier } = await import('grpc-wallet-auth');
  expect(createVerifier().curve).toBe('noble');
});`;

beforeAll(() => {
  const compilerOptions = { target: 'es2022', module: 'commonjs', strict: true, types: ['node', 'jest'] };
  const { 'jest.config.cjs': swc = '', 'jest.ts-jest.config.cjs': tsJest = '' } = snippetsOf('docs/commonjs.md');
  folder.write({
    'required.test.js': REQUIRED,
    'typed.test.ts': STATIC,
    'esm.test.mjs': STATIC,
    'dynamic.test.js': DYNAMIC,
    'swc.cjs': swc,
    'ts-jest.cjs': tsJest,
    'none.cjs': "module.exports = { testMatch: ['**/*.test.*'] };",
    'tsconfig.json': JSON.stringify({ compilerOptions }),
  });
});

const jest = (config: string, test: string, env = {}) => folder.run('jest', ['-c', config, test], env);
const vmModules = { NODE_OPTIONS: '--experimental-vm-modules' };

describe('Jest', () => {
  it.each([
    ['@swc/jest', 'swc.cjs', 'required.test.js'],
    ['@swc/jest', 'swc.cjs', 'typed.test.ts'],
    ['ts-jest and @swc/jest', 'ts-jest.cjs', 'typed.test.ts'],
  ])('loads the package with %s as the page configures it (%s, %s)', async (_, config, test) => {
    const { code, output } = await jest(config, test);
    expect(output).toContain('1 passed, 1 total');
    expect(code).toBe(0);
  });

  it.each(['esm.test.mjs', 'dynamic.test.js'])(
    'loads the package by import with --experimental-vm-modules (%s)',
    async (test) => {
      const { code, output } = await jest('none.cjs', test, vmModules);
      expect(output).toContain('1 passed, 1 total');
      expect(code).toBe(0);
    },
  );

  it.each([
    ['without a transform', 'none.cjs', {}],
    ['with --experimental-vm-modules', 'none.cjs', vmModules],
  ])('cannot require() the package %s', async (_, config, env) => {
    const { code, output } = await jest(config, 'required.test.js', env);
    expect(output).toContain('Must use import to load ES Module');
    expect(code).toBe(1);
  });
});
