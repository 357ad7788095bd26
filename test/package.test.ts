import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  name: string;
  exports: Record<string, string | { types: string; default: string }>;
  peerDependencies: Record<string, string>;
};
const entries = Object.entries(manifest.exports).flatMap(([entry, target]) =>
  typeof target === 'string' ? [] : [{ entry: join(manifest.name, entry), ...target }],
);

const IMPORT = /^(?:import|export) (?:[^;]* from )?"([^"]+)";$/gm;

/** A built file and the files of this package that it imports. */
function filesFrom(entry: string): string[] {
  const files = new Set([entry]);
  for (const file of files)
    for (const [, to = ''] of readFileSync(file, 'utf8').matchAll(IMPORT))
      if (to.startsWith('.')) files.add(join(dirname(file), to));
  return [...files];
}

/** Whether a built file holds more than imports and exports. */
function hasCode(file: string): boolean {
  const rest = readFileSync(file, 'utf8')
    .replaceAll(IMPORT, '')
    .replaceAll(/^export \{[^}]*\};$/gm, '');
  return rest.trim() !== '';
}

it('was built: run `npm run build` before this file', () => {
  expect(existsSync(join(root, 'dist/src/index.js'))).toBe(true);
});

describe.each(entries)('$entry', ({ entry, types, default: file }) => {
  it('exports what the snapshot says, to import() and to require() alike', () => {
    const script = `
      const required = require(${JSON.stringify(entry)});
      import(${JSON.stringify(entry)}).then((imported) => {
        const names = (namespace) => Object.keys(namespace).filter((name) => name !== '__esModule').sort();
        console.log(JSON.stringify([names(imported), names(required)]));
      });`;
    const printed = execFileSync(process.execPath, ['--input-type=commonjs', '-e', script], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [imported, required] = JSON.parse(printed) as [string[], string[]];
    expect(required).toEqual(imported);
    expect(imported).toMatchSnapshot();
  });

  it('has its declarations and source maps, of what it re-exports too', () => {
    const declared = [types, types.replace('.d.ts', '.d.ts.map')];
    expect(declared.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const files = filesFrom(join(root, file));
    expect(files.filter((path) => hasCode(path) && !existsSync(`${path}.map`))).toEqual([]);
    for (const path of files.filter(hasCode)) {
      const { sources } = JSON.parse(readFileSync(`${path}.map`, 'utf8')) as { sources: string[] };
      expect(sources.filter((source) => !existsSync(join(dirname(path), source)))).toEqual([]);
    }
  });
});

it('takes grpc-js from 1.14.2 on: servers of older versions do not drop dead peers', () => {
  expect(manifest.peerDependencies['@grpc/grpc-js']).toBe('^1.14.2');
});

describe('bundles for browsers', () => {
  it.each(['.', './client', './storage', './proto', './testing'])(
    '%s needs no Node module and no grpc-js',
    async (entry) => {
      const target = manifest.exports[entry] as { default: string };
      const { metafile, outputFiles } = await build({
        entryPoints: [join(root, target.default)],
        bundle: true,
        format: 'esm',
        platform: 'browser',
        write: false,
        metafile: true,
        logLevel: 'silent',
      });
      expect(Object.keys(metafile.inputs).filter((path) => /@grpc|\/(grpc|gate|curves|cli)[/.]/.test(path))).toEqual(
        [],
      );
      expect(outputFiles[0]?.text).not.toMatch(/["']node:|\bBuffer\.|\brequire\(/);
    },
  );
});

/** What a page loads that logs in by hand, and one that has sessions; kilobytes, minified and gzipped. */
describe('bundles of pages', () => {
  it.each([
    [
      'an identity and a token source',
      `export { createIdentity, createTokenSource } from 'grpc-wallet-auth/client'`,
      17.5,
    ],
    [
      'with storage and session',
      `export { createIdentity, createTokenSource } from 'grpc-wallet-auth/client';
        export { createSession, indexedDbStorage } from 'grpc-wallet-auth/storage'`,
      23.5,
    ],
  ])('%s', async (_, contents, atMostKb) => {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: root },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      write: false,
      logLevel: 'silent',
    });
    expect(gzipSync(outputFiles[0]!.contents, { level: 9 }).length / 1_000).toBeLessThanOrEqual(atMostKb);
  });
});

it('./gate bundled for a runtime without Node takes what is portable of #bytes, #curves and #keccak', async () => {
  const { metafile, outputFiles } = await build({
    entryPoints: [join(root, 'dist/src/gate/index.js')],
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const fast = /^dist\/(src\/(bytes|curves|keccak)\/(?!portable)|chunks\/curves)/;
  expect(Object.keys(metafile.inputs).filter((path) => fast.test(path))).toEqual([]);
  expect(outputFiles[0]?.text).not.toMatch(/["']node:|\bBuffer\.|\bWebAssembly\b/);
});

describe('the packed package', () => {
  let dir: string;
  let packed: { filename: string; files: { path: string }[] };
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'pack-'));
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', dir];
    [packed] = JSON.parse(
      execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }, 30_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('has the files that users need and no others', () => {
    const tops = new Set(packed.files.map(({ path }) => path.split('/')[0]));
    expect([...tops].toSorted()).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'PROTOCOL.md',
      'README.md',
      'SECURITY.md',
      'dist',
      'docs',
      'examples',
      'gen',
      'package.json',
      'proto',
      'src',
      'vectors',
    ]);
  });

  it('has the vectors, which can be imported as JSON by their names', () => {
    const vectors = packed.files.map(({ path }) => path).filter((path) => path.startsWith('vectors/'));
    expect(vectors.toSorted()).toMatchSnapshot();
    const script = `
      const read = ${JSON.stringify(vectors)}.map((path) => require(${JSON.stringify(`${manifest.name}/`)} + path));
      console.log(read.every((each) => Array.isArray(each) && each.length > 0));`;
    const printed = execFileSync(process.execPath, ['--input-type=commonjs', '-e', script], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(printed).toBe('true\n');
  });

  it('leaves publint nothing to say', () => {
    const publint = join(root, 'node_modules/.bin/publint');
    execFileSync(publint, ['--strict', join(dir, packed.filename)], { stdio: 'pipe' });
  });
});
