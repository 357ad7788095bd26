import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';
import { expect, it } from 'vitest';

import { portable } from '../../support/fast-under-node.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

it('a browser that attaches tokens gets nothing of the server, and no Node module', async () => {
  const { metafile, outputFiles } = await build({
    stdin: { contents: `export { attachToken, authReasonOf } from './src/connect/index.js';`, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    alias: portable,
    external: ['@connectrpc/*', '@bufbuild/*'],
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const [output] = Object.values(metafile.outputs);
  const used = Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  expect(used.map(([path]) => path).filter((path) => /gate|devices|curves|connect\/server|noble/.test(path))).toEqual(
    [],
  );
  expect(outputFiles[0]!.text).not.toMatch(/["']node:|\bBuffer\.|\brequire\(/);
  expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThan(7_000);
});
