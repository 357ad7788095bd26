// npm run generate: makes the files of vectors/ but captured.json, which is kept by hand.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { build } from 'esbuild';

const dir = mkdtempSync(join(tmpdir(), 'vectors-'));
try {
  const outfile = join(dir, 'make-vectors.mjs');
  const entry = fileURLToPath(new URL('make-vectors.ts', import.meta.url));
  await build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'error' });
  const { vectorFiles } = await import(pathToFileURL(outfile).href);
  for (const [name, text] of vectorFiles()) writeFileSync(new URL(`../../vectors/${name}`, import.meta.url), text);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
