import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { fastestCurve, nativeCurve, wasmCurve } from '../../src/curves/index.js';
import { createVerifier } from '../../src/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const WASM_PACKAGE = '@bitauth/libauth';
const NATIVE_PACKAGE = 'secp256k1';

const [captured] = JSON.parse(readFileSync(join(root, 'vectors/captured.json'), 'utf8')) as {
  authorization: [string];
  nowMs: number;
  expected: { wallet: string };
}[];

/** Prints the curve in use and the wallet of a captured token. */
const PROGRAM = `
  import { fastestCurve } from './src/curves/index.ts';
  import { createVerifier } from './src/index.ts';
  const now = () => new Date(${captured!.nowMs});
  const verifier = createVerifier({ curve: fastestCurve(), now });
  console.log(verifier.curve, verifier.verify(${JSON.stringify(captured!.authorization[0])}).wallet);
`;

describe('fastestCurve where packages are really absent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wallet-auth-'));
  const program = join(folder, 'program.mjs');

  beforeAll(() =>
    build({
      stdin: { contents: PROGRAM, resolveDir: root },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    }),
  );
  afterAll(() => rmSync(folder, { recursive: true }));

  function run(installed: string[], pinned?: string): string {
    rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
    for (const name of installed) {
      const link = join(folder, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(root, 'node_modules', name), link);
    }
    const { WALLET_AUTH_CURVE: _, ...env } = process.env;
    if (pinned !== undefined) env['WALLET_AUTH_CURVE'] = pinned;
    const { stdout, stderr } = spawnSync(process.execPath, [program], { env, encoding: 'utf8' });
    return stdout + stderr;
  }

  it.each([
    ['native', [NATIVE_PACKAGE, WASM_PACKAGE]],
    ['native', [NATIVE_PACKAGE]],
    ['wasm', [WASM_PACKAGE]],
  ])('is %s with %j, without a word', (name, installed) => {
    expect(run(installed)).toBe(`${name} ${captured!.expected.wallet}\n`);
  });

  it('leaves noble with neither, and warns why', () => {
    const output = run([]);
    expect(output).toContain(`noble ${captured!.expected.wallet}`);
    expect(output).toContain('[WALLET_AUTH_SLOW_CURVE] Warning: tokens are verified in JavaScript');
    expect(output).toContain('the native curve needs the package secp256k1');
    expect(output).toContain('the WASM curve needs the package @bitauth/libauth');
  });

  it.each([
    ['native', [WASM_PACKAGE], 'the native curve needs the package secp256k1'],
    ['wasm', [NATIVE_PACKAGE], 'the WASM curve needs the package @bitauth/libauth'],
  ])('fails if %s is pinned and only %j is there', (pinned, installed, message) => {
    const output = run(installed, pinned);
    expect(output).toContain(`Error: ${message}`);
    expect(output).not.toContain(captured!.expected.wallet);
  });

  it('is noble with noble pinned, without a word', () => {
    expect(run([], 'noble')).toBe(`noble ${captured!.expected.wallet}\n`);
  });
});

describe('WALLET_AUTH_CURVE', () => {
  const pin = (value: string) => vi.stubEnv('WALLET_AUTH_CURVE', value);

  it.each([
    ['native', nativeCurve()],
    ['wasm', wasmCurve()],
    ['noble', undefined],
  ])('pins %s', (name, curve) => {
    pin(name);
    expect(fastestCurve()).toBe(curve);
    expect(createVerifier({ curve: fastestCurve() }).curve).toBe(name);
    vi.unstubAllEnvs();
  });

  it.each(['', 'Native', 'elliptic', 'toString', '__proto__'])('refuses %j', (name) => {
    pin(name);
    expect(fastestCurve).toThrow(new TypeError('WALLET_AUTH_CURVE must be one of native, wasm, noble'));
    vi.unstubAllEnvs();
  });
});

describe.each(['src/index.ts', 'src/client/index.ts'])('%s', (entry) => {
  it('reaches no fast curve', async () => {
    const { metafile } = await build({
      entryPoints: [join(root, entry)],
      absWorkingDir: root,
      bundle: true,
      format: 'esm',
      write: false,
      metafile: true,
      logLevel: 'error',
    });
    const inputs = Object.keys(metafile.inputs);
    expect(inputs).toContain('src/crypto/noble-curve.ts');
    expect(inputs.filter((path) => /^src\/curves|libauth|node_modules\/secp256k1/.test(path))).toEqual([]);
  });
});
